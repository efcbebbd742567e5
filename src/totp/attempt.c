/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold:
 *  - a step is accepted once: only later steps than the last accepted one count, and where a code stands for two steps
 *    of the window both are used up (otp_match);
 *  - an emergency code is accepted once;
 *  - during a wait, or once disabled, nothing about the response is evaluated, so nothing can be learned;
 *  - every wrong code costs: it is counted before anyone is told. So does one that is known to be no code of the
 *    app, where memory for the emergency codes cannot be had: whoever runs su or mfa-enroll can see to that.
 *  - what cannot be a code of this profile is no guess and costs nothing, or whatever answers in the owner's place (sshd,
 *    a forwarded password) would lock the owner out.
 * What MUST NOT happen: a result that accepts without a state that has changed; anyone but the log learning that a wrong
 * code is right at another time.
 */
#include "totp/attempt.h"

#include "totp/otp.h"

#include <string.h>

bool attempt_is_code(const struct profile *profile, const char *response)
{
    size_t length = strlen(response);

    return (length == (size_t)profile->digits || length == PROFILE_CODE_DIGITS) &&
           strspn(response, "0123456789") == length;
}

bool attempt_accepts(enum attempt_result result)
{
    return result == ATTEMPT_CODE || result == ATTEMPT_EMERGENCY;
}

const char *attempt_word(enum attempt_result result)
{
    switch (result) {
    case ATTEMPT_WRONG: return "wrong_code";
    case ATTEMPT_NOT_A_CODE: return "not_a_code";
    case ATTEMPT_REUSED: return "reused_code";
    case ATTEMPT_CLOCK_BEHIND: return "clock_behind";
    case ATTEMPT_THROTTLED: return "too_many_failures";
    case ATTEMPT_LOCKED: return "disabled_by_failures";
    case ATTEMPT_ERROR: return "error";
    case ATTEMPT_CODE: return "code";
    case ATTEMPT_EMERGENCY: return "emergency_code";
    }
    return "invalid";
}

int attempt_codes_left(const struct secrets *secrets, const struct totp_state *totp)
{
    int left = 0;

    for (size_t i = 0; i < secrets->code_count; i++)
        left += (totp->used_codes >> i & 1) == 0;
    return left;
}

static struct attempt failed_check(bool state_changed, struct fault *fault)
{
    fault_set(fault, "the cryptographic library cannot compute codes");
    return (struct attempt){.result = ATTEMPT_ERROR, .state_changed = state_changed};
}

static struct attempt accept(struct totp_state *totp, enum attempt_result result)
{
    totp_state_clear(totp);
    return (struct attempt){.result = result, .state_changed = true};
}

/* When a wrong code is right, in seconds from now, if that is near: 0 if not. The same work whatever the code is. */
static int find_off(const struct otp *otp, int64_t present, const char *code)
{
    int64_t step = present;

    if (otp_match(otp, present, ATTEMPT_FAR / otp->period, code, &step) != 1)
        return 0;
    return (int)((step - present) * (int64_t)otp->period);
}

struct attempt attempt_check(const struct profile *profile, const struct secrets *secrets, unsigned int window,
                             struct totp_state *totp, const char *response, const struct code_hash *hash, long long now,
                             struct fault *fault)
{
    struct otp otp = profile_otp(profile, secrets);
    int64_t present = otp_step(&otp, now), step = 0;
    bool behind = totp->last_step > present + (int64_t)window;
    bool restarted, is_current;
    unsigned int index = 0;
    struct attempt attempt;
    int wait, matches;

    if (totp_state_is_locked(totp))
        return (struct attempt){.result = ATTEMPT_LOCKED};
    wait = totp_state_wait(totp, now, &restarted);
    if (wait > 0)
        return (struct attempt){.result = ATTEMPT_THROTTLED, .wait = wait, .state_changed = restarted};

    if (!attempt_is_code(profile, response))
        return (struct attempt){.result = ATTEMPT_NOT_A_CODE};
    matches = otp_match(&otp, present, window, response, &step);
    if (matches < 0)
        return failed_check(false, fault);
    if (matches > 0 && step > totp->last_step) {
        totp->last_step = step;
        return accept(totp, ATTEMPT_CODE);
    }
    is_current = matches > 0;
    if (is_current && !behind)
        return (struct attempt){.result = ATTEMPT_REUSED};

    /* An emergency code does not depend on the clock, so it is the way in when the clock is wrong. */
    matches = secrets_find_code(secrets, hash, &index);
    if (matches < 0) {
        totp_state_fail(totp, now);
        return failed_check(true, fault);
    }
    if (matches > 0 && (totp->used_codes >> index & 1) != 0)
        return (struct attempt){.result = ATTEMPT_REUSED};
    if (matches > 0) {
        totp->used_codes |= 1 << index;
        attempt = accept(totp, ATTEMPT_EMERGENCY);
        attempt.codes_left = attempt_codes_left(secrets, totp);
        return attempt;
    }
    /* Said only now, so that it takes as long as where there are codes. */
    if (strlen(response) != otp.digits && secrets->code_count == 0)
        return (struct attempt){.result = ATTEMPT_NOT_A_CODE};
    if (!is_current)
        totp_state_fail(totp, now);
    return (struct attempt){
        .result = behind ? ATTEMPT_CLOCK_BEHIND : ATTEMPT_WRONG,
        .state_changed = !is_current,
        .off = behind ? 0 : find_off(&otp, present, response),
        .behind = behind ? (totp->last_step - (int64_t)window) * profile->period - now : 0,
    };
}
