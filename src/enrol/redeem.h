/* SPDX-License-Identifier: BSD-2-Clause */
/* Redeeming a code: the one step, for logins and for enrolment alike, in which a stored profile accepts a response. */
#ifndef PAM_MFA_REDEEM_H
#define PAM_MFA_REDEEM_H

#include "store/store.h"
#include "totp/attempt.h"

struct redeemed {
    bool disabled;   /* by an administrator: nothing was looked at, and ATTEMPT says wrong */
    bool unfinished; /* the attempt before never ended, and was counted as a wrong code */
    char host[65];   /* with a code that is used up, in a store that is shared: the host that it was used on; else "" */
    pid_t ended;     /* a process that had to be ended, since it kept the profile and did not go on; 0: none */
    struct attempt attempt;
};

/*
 * Checks RESPONSE, with or without blanks, WINDOW steps on either side, against OWNER's profile, and writes what changes, as
 * one step among all attempts. NOW tells the time in Unix seconds; it is asked within that step, since waiting for it can
 * take long. FOUND: *REDEEMED is durable and may be acted on. FOUND_NOTHING: no profile (what is nobody's code is FOUND all
 * the same). FOUND_FAULT: *REDEEMED says wrong. A check that does not come to its end counts as a wrong code, whatever it
 * would have said.
 */
__attribute__((warn_unused_result)) enum found redeem_code(const struct store *store, const struct store_owner *owner,
                                                           unsigned int window, const char *response,
                                                           long long (*now)(void), struct redeemed *redeemed,
                                                           struct fault *fault);

/* Does with RESPONSE what redeem_code does that can be felt outside, for someone who has no profile. */
void redeem_nothing(const char *response);

/* What the person should be told about REDEEMED, in TEXT of SIZE bytes; "" where the result speaks for itself. */
void redeemed_text(const struct redeemed *redeemed, char *text, size_t size);

#endif
