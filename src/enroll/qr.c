/* SPDX-License-Identifier: BSD-2-Clause */
#include "enroll/qr.h"

#include <errno.h>
#include <qrencode.h>
#include <string.h>

#define QUIET 4 /* modules, ISO/IEC 18004 */

/* Terminals that do not know bright white (107) keep white (47). */
#define BLACK_ON_WHITE "\033[30;47;107m"
#define WHITE "\033[47;107m"
#define BLACK "\033[40m"
#define RESET "\033[0m"

static bool is_dark(const QRcode *code, int x, int y)
{
    return x >= 0 && y >= 0 && x < code->width && y < code->width && (code->data[y * code->width + x] & 1) != 0;
}

/* One line of text for the rows Y and Y + 1. */
static void draw_half_blocks(FILE *out, const QRcode *code, int y, bool colour)
{
    /* Indexed by upper + 2 * lower, each 1 where ink is. */
    static const char *const block[] = {" ", "\u2580", "\u2584", "\u2588"};

    if (colour)
        fputs(BLACK_ON_WHITE, out);
    for (int x = -QUIET; x < code->width + QUIET; x++) {
        bool inside = y + 1 < code->width + QUIET; /* the last line of an odd number of rows is half a line */
        bool upper = is_dark(code, x, y), lower = is_dark(code, x, y + 1);

        /* With colour, ink is black and dark modules are drawn; without, ink is the terminal's light text. */
        if (colour)
            fputs(block[upper + 2 * lower], out);
        else
            fputs(block[!upper + 2 * (inside && !lower)], out);
    }
    fputs(colour ? RESET "\n" : "\n", out);
}

static void draw_blanks(FILE *out, const QRcode *code, int y)
{
    int dark = -1;

    for (int x = -QUIET; x < code->width + QUIET; x++) {
        if (is_dark(code, x, y) != dark) {
            dark = is_dark(code, x, y);
            fputs(dark ? BLACK : WHITE, out);
        }
        fputs("  ", out);
    }
    fputs(RESET "\n", out);
}

/* Whether CODE fits PLACE, in half blocks or in blanks. */
static int check_size(const QRcode *code, bool blanks, const struct qr_place *place, struct fault *fault)
{
    const int modules = code->width + 2 * QUIET;
    const int width = blanks ? 2 * modules : modules, height = blanks ? modules : (modules + 1) / 2;

    if (place->columns > 0 && width > place->columns)
        return fault_set(fault, "the QR code needs %d columns and the terminal has %d", width, place->columns);
    if (place->rows > 0 && height + 1 > place->rows)
        return fault_set(fault, "the QR code needs %d rows and the terminal has %d", height + 1, place->rows);
    return 0;
}

int qr_draw(FILE *out, const char *text, enum qr_style style, const struct qr_place *place, struct fault *fault)
{
    bool blanks = style == QR_ANSI || (style == QR_BEST && !place->utf8);
    QRcode *code;
    int result;

    if (blanks && !place->colour)
        return fault_set(fault, "a QR code needs colours or a UTF-8 locale");
    /* The key in it is of an alphabet that takes less room than bytes, which this makes use of. */
    code = QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
    if (code == NULL)
        return fault_set(fault, "the QR code cannot be made: %s", strerror(errno));
    result = check_size(code, blanks, place, fault);
    for (int y = -QUIET; result == 0 && y < code->width + QUIET; y += blanks ? 1 : 2) {
        if (blanks)
            draw_blanks(out, code, y);
        else
            draw_half_blocks(out, code, y, place->colour);
    }
    QRcode_free(code);
    return result;
}
