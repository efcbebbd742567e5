/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/base32.h"

void base32_encode(const unsigned char *data, size_t length, char *out)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    unsigned int buffer = 0, bits = 0;

    for (size_t i = 0; i < length; i++) {
        buffer = buffer << 8 | data[i];
        for (bits += 8; bits >= 5; bits -= 5)
            *out++ = alphabet[buffer >> (bits - 5) & 31];
    }
    if (bits > 0)
        *out++ = alphabet[buffer << (5 - bits) & 31];
    *out = '\0';
}
