/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The pam_mfa authors */
/* Base32 by our encoder and a decoder written for this test: there and back, and in the length that was promised. */
#include "base/base32.h"
#include "fuzz.h"
#include "base/percent.h"

#define BYTES_MAX 256

static void check_percent(const char *text)
{
    char encoded[3 * BYTES_MAX + 1], decoded[BYTES_MAX + 1], small[8];

    if (percent_encode(encoded, sizeof encoded, text) == 0) {
        MUST(percent_decode(decoded, sizeof decoded, encoded, strlen(encoded)) == 0 && strcmp(decoded, text) == 0);
        MUST(strspn(encoded, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%") == strlen(encoded));
    }
    /* Whatever it makes of the text itself: only what encodes back to the same. */
    if (percent_decode(decoded, sizeof decoded, text, strlen(text)) == 0)
        MUST(percent_encode(encoded, sizeof encoded, decoded) == 0 && strcmp(encoded, text) == 0);
    if (percent_encode(small, sizeof small, text) != 0)
        MUST(small[0] == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    char text[BASE32_SIZE(BYTES_MAX)], *copy;
    unsigned char decoded[BYTES_MAX + 1];
    unsigned int buffer = 0, bits = 0;
    size_t length = 0;

    if (size > BYTES_MAX)
        size = BYTES_MAX;
    base32_encode(data, size, text);
    MUST(strlen(text) == BASE32_SIZE(size) - 1);
    for (const char *c = text; *c != '\0'; c++) {
        const char *digit = strchr(alphabet, *c);

        MUST(digit != NULL);
        buffer = buffer << 5 | (unsigned int)(digit - alphabet);
        bits += 5;
        if (bits >= 8) {
            bits -= 8;
            decoded[length++] = (unsigned char)(buffer >> bits);
        }
    }
    MUST(length == size && memcmp(decoded, data, size) == 0);
    MUST((buffer & ((1U << bits) - 1)) == 0);
    copy = fuzz_text(data, size);
    check_percent(copy);
    free(copy);
    return 0;
}
