/* SPDX-License-Identifier: BSD-2-Clause */
/* An attempt: one response checked against one profile and its state. No files, no clock, no conversation. */
#ifndef PAM_MFA_ATTEMPT_H
#define PAM_MFA_ATTEMPT_H

#include "base/fault.h"
#include "totp/profile.h"
#include "totp/state.h"

#include <stdbool.h>

enum attempt_result {
    ATTEMPT_WRONG = 0,    /* counted as a failure */
    ATTEMPT_NOT_A_CODE,   /* no code of this profile can equal it, so it is no guess: not counted */
    ATTEMPT_REUSED,       /* a code of this profile that is used up; no guess, so not counted */
    ATTEMPT_CLOCK_BEHIND, /* the clock is before the last accepted step: no TOTP code is accepted; counted if wrong */
    ATTEMPT_THROTTLED,    /* in a wait: not looked at */
    ATTEMPT_LOCKED,       /* disabled by failures: not looked at */
    ATTEMPT_ERROR,        /* the cryptographic library failed: fault; counted if it was known to be no TOTP code */
    ATTEMPT_CODE,         /* accepted: TOTP code */
    ATTEMPT_EMERGENCY     /* accepted: emergency code */
};

struct attempt {
    enum attempt_result result;
    bool state_changed;  /* STATE must be written before the result may be believed */
    int wait;            /* with ATTEMPT_THROTTLED: seconds */
    int codes_left;      /* with ATTEMPT_EMERGENCY: unused emergency codes */
    long long behind;    /* with ATTEMPT_CLOCK_BEHIND: seconds until codes are accepted again */
    int off;             /* with ATTEMPT_WRONG: seconds from now to when the code is right, if that is near; else 0 */
};

/* How far from now, in seconds, a wrong code is looked for: how far a phone's clock may be off for the log to say so. */
#define ATTEMPT_FAR 3600

/* Whether RESPONSE has as many digits as a code of PROFILE, or an emergency code, and nothing else. */
bool attempt_is_code(const struct profile *profile, const char *response);

/*
 * Checks RESPONSE (without blanks, of any length and content) at NOW (Unix seconds) with WINDOW steps on either side, and
 * changes TOTP accordingly. The caller holds the user's lock, and writes TOTP if state_changed before it acts on a
 * result that accepts.
 */
struct attempt attempt_check(const struct profile *profile, const struct secrets *secrets, unsigned int window,
                             struct totp_state *totp, const char *response, const struct code_hash *hash, long long now,
                             struct fault *fault);

/* Whether RESULT lets the person in. */
bool attempt_accepts(enum attempt_result result);

/* RESULT as one word for the log. */
const char *attempt_word(enum attempt_result result);

/* How many of SECRETS' emergency codes TOTP has not used up. */
int attempt_codes_left(const struct secrets *secrets, const struct totp_state *totp);

#endif
