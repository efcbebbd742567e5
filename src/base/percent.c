/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/percent.h"

#include <stdbool.h>
#include <string.h>

static const char digits[] = "0123456789ABCDEF";

/* Not isalnum(): that asks the host program's locale. */
static bool is_unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

int percent_encode(char *out, size_t size, const char *text)
{
    size_t used = 0;

    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        bool plain = is_unreserved(*text);

        if (used + (plain ? 1 : 3) >= size) {
            if (size > 0)
                out[0] = '\0';
            return -1;
        }
        if (plain)
            out[used++] = *text;
        else {
            out[used++] = '%';
            out[used++] = digits[byte >> 4];
            out[used++] = digits[byte & 15];
        }
    }
    if (used >= size)
        return -1;
    out[used] = '\0';
    return 0;
}

static int digit_value(char c)
{
    const char *found = c != '\0' ? strchr(digits, c) : NULL;

    return found != NULL ? (int)(found - digits) : -1;
}

int percent_decode(char *out, size_t size, const char *encoded, size_t length)
{
    size_t used = 0;

    for (size_t i = 0; i < length; used++) {
        int high, low;

        if (used + 1 >= size)
            return -1;
        if (is_unreserved(encoded[i])) {
            out[used] = encoded[i++];
            continue;
        }
        if (encoded[i] != '%' || length - i < 3)
            return -1;
        high = digit_value(encoded[i + 1]);
        low = digit_value(encoded[i + 2]);
        /* A byte that need not be encoded has one spelling only, and NUL has none. */
        if (high < 0 || low < 0 || (high | low) == 0 || is_unreserved((char)(high << 4 | low)))
            return -1;
        out[used] = (char)(high << 4 | low);
        i += 3;
    }
    if (used >= size)
        return -1;
    out[used] = '\0';
    return 0;
}
