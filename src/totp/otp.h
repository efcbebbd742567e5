/* SPDX-License-Identifier: BSD-2-Clause */
/* One-time passwords: HOTP (RFC 4226) and the time steps of TOTP (RFC 6238). */
#ifndef PAM_MFA_OTP_H
#define PAM_MFA_OTP_H

#include "base/crypto.h"

#include <stddef.h>
#include <stdint.h>

#define OTP_DIGITS_MAX 8
#define OTP_CODE_SIZE (OTP_DIGITS_MAX + 1)

/* The words for enum crypto_digest, ended by NULL, indexed by value. */
extern const char *const otp_algorithm_words[];

/* A rule for struct conf_field: 6 or 8, since no authenticator app shows seven digits. */
const char *otp_expect_digits(int value);

struct otp {
    enum crypto_digest algorithm;
    unsigned int digits; /* 6 to OTP_DIGITS_MAX */
    unsigned int period; /* seconds in a time step, over 0 */
    const unsigned char *key; /* borrowed */
    size_t key_length;
};

/* The time step that holds NOW, in Unix seconds, 0 or later (RFC 6238, 4.2, with T0 = 0). */
int64_t otp_step(const struct otp *otp, int64_t now);

/* The code of counter or time step STEP, as digits and a NUL (RFC 4226, 5.3). 0 done, -1 failed. */
__attribute__((warn_unused_result)) int otp_code(const struct otp *otp, int64_t step, char out[OTP_CODE_SIZE]);

/*
 * Looks for CODE among the steps from CENTRE - WINDOW to CENTRE + WINDOW. Returns 1 with the step in *STEP,
 * 0 if there is none (wrong length and non-digits included), -1 if a code could not be computed. Where a code
 * stands for two steps of the window, *STEP is the later one: whoever records it has then used up both.
 */
__attribute__((warn_unused_result)) int otp_match(const struct otp *otp, int64_t centre, unsigned int window,
                                                  const char *code, int64_t *step);

#endif
