/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verdict on a login. It is a type of its own so that no library's return
 * value can be mistaken for it, and zero, what forgotten memory holds, denies.
 */
#ifndef PAM_MFA_VERDICT_H
#define PAM_MFA_VERDICT_H

enum verdict {
    VERDICT_DENIED = 0,  /* wrong or reused code, refused, not enrolled */
    VERDICT_ERROR,       /* configuration, permissions, state that cannot be written, the unexpected */
    VERDICT_NO_ANSWER,   /* the conversation failed, or an empty answer where one is needed */
    VERDICT_THROTTLED,   /* too many failures, or the prompts are used up */
    VERDICT_INCOMPLETE,  /* the application brings the answer with its next call: nothing is decided yet */
    VERDICT_UNAVAILABLE, /* the factor's service cannot be reached */
    VERDICT_IGNORED,     /* nothing to ask this user, and `nullok` permits that */
    VERDICT_ACCEPTED
};

/* The word for VERDICT in a log line; never NULL. */
const char *verdict_word(enum verdict verdict);

#endif
