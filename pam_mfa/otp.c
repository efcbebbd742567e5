/* SPDX-License-Identifier: BSD-2-Clause */
#include "otp.h"

#include <stdio.h>
#include <string.h>

int64_t otp_step(const struct otp *otp, int64_t now)
{
    return now / (int64_t)otp->period;
}

int otp_code(const struct otp *otp, int64_t step, char out[OTP_CODE_SIZE])
{
    static const uint32_t modulus[OTP_DIGITS_MAX + 1] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
    unsigned char counter[8], digest[CRYPTO_DIGEST_MAX];
    size_t length, offset;
    uint32_t binary;

    out[0] = '\0';
    if (otp->digits == 0 || otp->digits > OTP_DIGITS_MAX)
        return -1;
    for (unsigned int i = 0; i < sizeof counter; i++)
        counter[i] = (unsigned char)((uint64_t)step >> (56 - 8 * i));
    if (crypto_hmac(otp->algorithm, otp->key, otp->key_length, counter, sizeof counter, digest, &length) != 0)
        return -1;
    /* Dynamic truncation: the last nibble says where the four bytes start; their top bit is dropped. */
    offset = digest[length - 1] & 15;
    binary = (uint32_t)(digest[offset] & 127) << 24 | (uint32_t)digest[offset + 1] << 16 |
             (uint32_t)digest[offset + 2] << 8 | digest[offset + 3];
    snprintf(out, OTP_CODE_SIZE, "%0*u", (int)otp->digits, binary % modulus[otp->digits]);
    crypto_wipe(digest, sizeof digest);
    return 0;
}

int otp_match(const struct otp *otp, int64_t centre, unsigned int window, const char *code, int64_t *step)
{
    char expected[OTP_CODE_SIZE];
    int found = 0;

    if (strlen(code) != otp->digits)
        return 0;
    /* Every step is computed, whichever matches: the time taken says nothing about the code. */
    for (int64_t candidate = centre - (int64_t)window; candidate <= centre + (int64_t)window; candidate++) {
        if (candidate < 0)
            continue;
        if (otp_code(otp, candidate, expected) != 0) {
            found = -1;
            break;
        }
        if (crypto_equal(expected, code, otp->digits)) {
            *step = candidate;
            found = 1;
        }
    }
    crypto_wipe(expected, sizeof expected);
    return found;
}
