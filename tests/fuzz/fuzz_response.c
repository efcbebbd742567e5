/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The pam_mfa authors */
/* What a person answers at the prompt: accepted only if it is one of the window's codes. The first bytes are the state. */
#include "totp/attempt.h"
#include "fuzz.h"
#include "totp/otp.h"
#include "totp/response.h"

#define NOW 1795380951

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct profile profile = {.digits = 6, .period = 30};
    struct secrets secrets = {.key = "12345678901234567890", .key_length = 20};
    struct totp_state totp = {0}, before;
    char code[OTP_CODE_SIZE], *response;
    struct attempt attempt;
    struct fault fault;
    struct otp otp;
    bool right = false;
    char typed[RESPONSE_CODE_SIZE];
    enum response_kind kind;
    struct code_hash hash;

    if (size < 3)
        return 0;
    otp = profile_otp(&profile, &secrets);
    totp.failures = data[0] % (STATE_FAILURES_MAX + 1);
    totp.last_failure = NOW - data[1];
    totp.last_step = otp_step(&otp, NOW) - 2 + data[2] % 5;
    before = totp;
    response = fuzz_text(data + 3, size - 3);
    for (int64_t step = otp_step(&otp, NOW) - 1; step <= otp_step(&otp, NOW) + 1; step++) {
        MUST(otp_code(&otp, step, code) == 0 && strlen(code) == 6);
        right = right || (strcmp(code, response) == 0 && step > before.last_step);
    }
    code_hash_make(&secrets, response, &hash);
    attempt = attempt_check(&profile, &secrets, 1, &totp, response, &hash, NOW, &fault);
    if (attempt_accepts(attempt.result))
        MUST(right && attempt.state_changed && totp.last_step > before.last_step && totp.failures == 0);
    else if (attempt.result == ATTEMPT_WRONG)
        MUST(!right && attempt.state_changed && totp.failures > before.failures);
    else if (attempt.result == ATTEMPT_NOT_A_CODE)
        MUST(!right && !attempt.state_changed && (strlen(response) != 6 || strspn(response, "0123456789") != 6));
    /* What is told apart before any profile is looked at: never a code, and a code without its blanks. */
    kind = response_read(response, typed);
    MUST((kind == RESPONSE_CODE) == (typed[0] != '\0') && strspn(typed, "0123456789") == strlen(typed));
    MUST(kind == RESPONSE_CODE || strlen(response) != 6 || strspn(response, "0123456789") != 6);
    MUST(totp.last_step >= before.last_step);
    free(response);
    return 0;
}
