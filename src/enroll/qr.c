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

int qr_draw(FILE *out, const char *text, enum qr_style style, bool colour, int columns, struct fault *fault)
{
    QRcode *code;
    bool blanks = style == QR_ANSI && colour; /* blanks without colours would be nothing at all */
    int width;

    if (style == QR_NONE)
        return 0;
    code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L);
    if (code == NULL)
        return fault_set(fault, "the QR code cannot be made: %s", strerror(errno));
    width = (code->width + 2 * QUIET) * (blanks ? 2 : 1);
    if (columns > 0 && width > columns) {
        QRcode_free(code);
        return fault_set(fault, "the QR code needs %d columns and the terminal has %d", width, columns);
    }
    for (int y = -QUIET; y < code->width + QUIET; y += blanks ? 1 : 2) {
        if (blanks)
            draw_blanks(out, code, y);
        else
            draw_half_blocks(out, code, y, colour);
    }
    QRcode_free(code);
    return 0;
}
