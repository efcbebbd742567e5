/* SPDX-License-Identifier: BSD-2-Clause */
/* What logins change about a user: the last accepted step, failures, used emergency codes, pushes nobody approved. */
#ifndef PAM_MFA_STATE_H
#define PAM_MFA_STATE_H

#include "base/conf.h"
#include "base/fault.h"
#include "base/name.h"

#define STATE_FREE_FAILURES 3      /* consecutive failures before the first wait */
#define STATE_FAILURES_MAX 100     /* then nothing is accepted until an administrator unlocks */
#define STATE_WAIT_FIRST 30        /* seconds, doubled with every further failure */
#define STATE_WAIT_MAX 3600
#define STATE_PUSHES_MAX 3         /* pushes in STATE_PUSH_WINDOW seconds for a user who approves none */
#define STATE_PUSH_WINDOW 600

/* The largest time or time step that files may hold: arithmetic on it cannot overflow, and no clock gets there. */
#define STATE_TIME_MAX (1LL << 48)

/* The state of one profile, which it names, so that a new profile never starts with an old one's state. */
struct totp_state {
    char profile_id[33];
    long long last_step;    /* the last accepted time step: this one and all before it are used up */
    int failures;           /* consecutive wrong codes */
    long long last_failure; /* Unix seconds */
    int used_codes;         /* bit i: emergency code i is used up */
};

/* A push that was sent and has not been followed by an approved one. */
struct push {
    long long at; /* Unix seconds */
};

/* Oldest first. Independent of any TOTP profile: a user may have none. */
struct push_state {
    struct push pushes[STATE_PUSHES_MAX];
    size_t count;
};

struct state {
    char svm[NAME_SIZE];
    char user[NAME_SIZE];
    /*
     * Of struct totp_state. Two while a profile is being replaced, so that profile and state change over in the one
     * instant in which the profile is renamed; else one, or none without a profile.
     */
    struct conf_array totp;
    struct conf_array pushes; /* of struct push, at most STATE_PUSHES_MAX */
};

/* Reads the content of <user>.state; PATH is for messages. It must be the state of USER in SVM. Free with state_free. */
__attribute__((warn_unused_result)) int state_parse(const char *path, const char *text, size_t length, const char *svm,
                                                    const char *user, struct state *state, struct fault *fault);

/* The text for <user>.state: malloc'ed, for the caller to free. NULL: out of memory. */
__attribute__((warn_unused_result)) char *state_text(const struct state *state, size_t *length);

void state_free(struct state *state);

/* The state of the profile with PROFILE_ID, borrowed; NULL if there is none. */
struct totp_state *state_totp(const struct state *state, const char *profile_id);

/* Whether A and B say the same. */
bool totp_state_equals(const struct totp_state *a, const struct totp_state *b);

/* Whether failures have disabled the profile for good. */
bool totp_state_is_locked(const struct totp_state *totp);

/*
 * Seconds to wait at NOW before another code is looked at; 0: none. A clock that was moved back to before the last
 * failure would make the wait endless: then it begins anew, *RESTARTED is set and the state must be written.
 */
int totp_state_wait(struct totp_state *totp, long long now, bool *restarted);

void totp_state_fail(struct totp_state *totp, long long now);
void totp_state_clear(struct totp_state *totp); /* no failures */

/*
 * Whether another push may be sent at NOW, and then it is counted. With false, *CHANGED says whether PUSHES must be
 * written all the same: a push that a clock moved back has put into the future counts from now, once, and so never
 * locks anyone out for good.
 */
bool push_state_take(struct push_state *pushes, long long now, bool *changed);

#endif
