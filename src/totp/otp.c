/* SPDX-License-Identifier: BSD-2-Clause */
#include "totp/otp.h"

#include <string.h>

const char *const otp_algorithm_words[] = {"SHA1", "SHA256", "SHA512", NULL};

const char *otp_expect_digits(int value)
{
    return value == 6 || value == 8 ? NULL : "6 or 8";
}

int64_t otp_step(const struct otp *otp, int64_t now)
{
    return now / (int64_t)otp->period;
}

/* Opens HMAC with OTP's key. */
static int open_key(struct crypto_hmac *hmac, const struct otp *otp)
{
    *hmac = (struct crypto_hmac){0};
    if (otp->digits == 0 || otp->digits > OTP_DIGITS_MAX)
        return -1;
    return crypto_hmac_open(hmac, otp->algorithm, otp->key, otp->key_length);
}

static int code_of(const struct crypto_hmac *hmac, unsigned int digits, int64_t step, char out[OTP_CODE_SIZE])
{
    unsigned char counter[8], digest[CRYPTO_DIGEST_MAX];
    size_t length, offset;
    uint32_t binary;

    out[0] = '\0';
    for (unsigned int i = 0; i < sizeof counter; i++)
        counter[i] = (unsigned char)((uint64_t)step >> (56 - 8 * i));
    if (crypto_hmac_run(hmac, counter, sizeof counter, digest, &length) != 0)
        return -1;
    /* Dynamic truncation: the last nibble says where the four bytes start; their top bit is dropped. */
    offset = digest[length - 1] & 15;
    binary = (uint32_t)(digest[offset] & 127) << 24 | (uint32_t)digest[offset + 1] << 16 |
             (uint32_t)digest[offset + 2] << 8 | digest[offset + 3];
    out[digits] = '\0';
    for (unsigned int i = digits; i > 0; binary /= 10)
        out[--i] = (char)('0' + binary % 10);
    crypto_wipe(digest, sizeof digest);
    return 0;
}

int otp_code(const struct otp *otp, int64_t step, char out[OTP_CODE_SIZE])
{
    struct crypto_hmac hmac;
    int result = open_key(&hmac, otp);

    out[0] = '\0';
    if (result == 0)
        result = code_of(&hmac, otp->digits, step, out);
    crypto_hmac_close(&hmac);
    return result;
}

int otp_match(const struct otp *otp, int64_t centre, unsigned int window, const char *code, int64_t *step)
{
    char expected[OTP_CODE_SIZE] = "";
    struct crypto_hmac hmac;
    int found = 0;

    if (strlen(code) != otp->digits)
        return 0;
    if (open_key(&hmac, otp) != 0)
        found = -1;
    /* Every step is computed, whichever matches: the time taken says nothing about the code. */
    for (int64_t candidate = centre - (int64_t)window; found >= 0 && candidate <= centre + (int64_t)window;
         candidate++) {
        if (candidate < 0)
            continue;
        if (code_of(&hmac, otp->digits, candidate, expected) != 0)
            found = -1;
        else if (crypto_equal(expected, code, otp->digits)) {
            *step = candidate;
            found = 1;
        }
    }
    crypto_hmac_close(&hmac);
    crypto_wipe(expected, sizeof expected);
    return found;
}
