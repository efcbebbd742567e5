/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define VALUE_MAX 320 /* characters of a value in a log line */

static bool is_plain(const char *value)
{
    for (const char *c = value; *c != '\0'; c++)
        if (*c <= ' ' || *c >= 0x7f || *c == '"' || *c == '\\' || *c == '=')
            return false;
    return value[0] != '\0' && strcmp(value, "-") != 0;
}

/* Appends PIECE, or nothing if it does not fit whole. */
static void add(char *line, size_t size, const char *piece)
{
    size_t used = strlen(line), length = strlen(piece);

    if (used + length < size)
        memcpy(line + used, piece, length + 1);
}

/* BYTE as it stands in a log line, in OUT; returns its length, 1 to 4. Not by printf: a line has hundreds of bytes. */
static size_t escape(unsigned char byte, char out[4])
{
    static const char digits[] = "0123456789abcdef";

    out[0] = '\\';
    if (byte == '"' || byte == '\\') {
        out[1] = (char)byte;
        return 2;
    }
    if (byte < ' ' || byte >= 0x7f) {
        out[1] = 'x';
        out[2] = digits[byte >> 4];
        out[3] = digits[byte & 15];
        return 4;
    }
    out[0] = (char)byte;
    return 1;
}

void text_add_field(char *line, size_t size, const char *key, const char *value)
{
    char escaped[VALUE_MAX + 8], piece[4];
    size_t used = 0;
    bool plain = value == NULL || is_plain(value);

    if (line[0] != '\0')
        add(line, size, " ");
    add(line, size, key);
    add(line, size, plain ? "=" : "=\"");
    for (const char *c = value != NULL ? value : "-"; *c != '\0'; c++) {
        size_t length = escape((unsigned char)*c, piece);

        if (used + length > VALUE_MAX) {
            memcpy(escaped + used, "...", 3);
            used += 3;
            break;
        }
        memcpy(escaped + used, piece, length);
        used += length;
    }
    escaped[used] = '\0';
    add(line, size, escaped);
    if (!plain)
        add(line, size, "\"");
}

/* Decodes the character at TEXT (RFC 3629) and returns its length, or 0 if it is none: bad, overlong, a surrogate. */
static size_t utf8_decode(const unsigned char *text, uint32_t *character)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length;

    if (text[0] < 0x80) {
        *character = text[0];
        return 1;
    }
    if ((text[0] & 0xe0) == 0xc0)
        length = 2;
    else if ((text[0] & 0xf0) == 0xe0)
        length = 3;
    else if ((text[0] & 0xf8) == 0xf0)
        length = 4;
    else
        return 0;
    *character = text[0] & (0x7fU >> length);
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        *character = *character << 6 | (text[i] & 0x3f);
    }
    if (*character < smallest[length] || *character > 0x10ffff || (*character >= 0xd800 && *character <= 0xdfff))
        return 0;
    return length;
}

/* Controls, and the invisible characters that reorder what a person reads. */
static bool steers_terminal(uint32_t character)
{
    return character < 0x20 || (character >= 0x7f && character < 0xa0) || character == 0x061c ||
           (character >= 0x200b && character <= 0x200f) || (character >= 0x2028 && character <= 0x202e) ||
           (character >= 0x2060 && character <= 0x206f) || character == 0xfeff;
}

void text_for_terminal(char *out, size_t size, const char *foreign)
{
    const unsigned char *in = (const unsigned char *)foreign;
    size_t used = 0;

    if (size == 0)
        return;
    while (*in != '\0') {
        uint32_t character = 0;
        size_t length = utf8_decode(in, &character);
        bool blank = length == 1 && (character == '\n' || character == '\t');
        bool bad = length == 0 || steers_terminal(character);
        size_t needed = bad ? 1 : length;

        if (used + needed >= size)
            break;
        if (bad)
            out[used] = blank ? ' ' : '?';
        else
            memcpy(out + used, in, length);
        used += needed;
        in += length == 0 ? 1 : length;
    }
    out[used] = '\0';
}

size_t text_character(const unsigned char *text)
{
    uint32_t character;

    return utf8_decode(text, &character);
}

int text_trim(char *out, size_t size, const char *text)
{
    size_t length;

    text += strspn(text, " \t\r\n");
    for (length = strlen(text); length > 0 && strchr(" \t\r\n", text[length - 1]) != NULL; length--)
        ;
    if (length >= size) {
        out[0] = '\0';
        return -1;
    }
    memmove(out, text, length); /* OUT may be TEXT */
    out[length] = '\0';
    return 0;
}
