/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The enrolments of one SVM: profiles and their states. Nothing above this face
 * knows how they are kept (today: files and locks). A profile and its state change
 * together or not at all, whatever process is killed and whatever fails.
 */
#ifndef PAM_MFA_STORE_H
#define PAM_MFA_STORE_H

#include "base/crypto.h"
#include "base/fault.h"
#include "base/file.h"
#include "config/account.h"
#include "config/host.h"
#include "totp/profile.h"
#include "totp/state.h"

struct store {
    struct dir dir;
    char svm[NAME_SIZE];
    unsigned char seal_key[CRYPTO_KEY_BYTES];
    struct store_seen *seen; /* the profile that was read last: a login reads its own twice, and parses it once */
};

/* Opens the store of SVM, reading the seal key. Close it in either case. */
__attribute__((warn_unused_result)) int store_open(struct store *store, const struct host *host, const char *svm,
                                                   struct fault *fault);
/* Likewise, but without the seal key: nothing can be sealed or unsealed. For work that must be possible without one. */
__attribute__((warn_unused_result)) int store_open_without_key(struct store *store, const struct host *host,
                                                               const char *svm, struct fault *fault);
/* Wipes the key. Safe on a store that is all zero or closed already. */
void store_close(struct store *store);

/* Reads ACCOUNT's profile, as it is at this instant. */
__attribute__((warn_unused_result)) enum found store_read(const struct store *store, const struct account *account,
                                                          struct profile *profile, struct fault *fault);

/* What a decision wants done with the state. */
enum store_decision { STORE_FAIL = -1, STORE_KEEP = 0, STORE_WRITE = 1 };

/*
 * Called with the profile and its state as they are, nobody else able to change either; may change *TOTP. With
 * STORE_FAIL it has filled FAULT.
 */
typedef enum store_decision store_decide(void *context, const struct profile *profile, struct totp_state *totp,
                                         struct fault *fault);

/*
 * Reads profile and state afresh, lets DECIDE decide, and writes the state back, all as one step among all processes of
 * the host. Not for attempts; with what is written here, the mark of one that never ended goes. FOUND: what was decided
 * is durable. FOUND_NOTHING: there is no profile. FOUND_FAULT: nothing has changed, and no decision may be believed.
 */
__attribute__((warn_unused_result)) enum found store_update(const struct store *store, const struct account *account,
                                                            store_decide *decide, void *context, struct fault *fault);

/*
 * Called with the state of a profile, to count in it an attempt that was begun AT, in Unix seconds (or up to a second
 * later, by the clock that files go by), and never ended. May be called for one that was counted already.
 */
typedef void store_count(void *context, struct totp_state *totp, long long at);

/* Called after that. Whether DECIDE is going to look at a response. */
typedef bool store_looks(void *context, const struct profile *profile, const struct totp_state *totp);

/*
 * store_update for an attempt, which counts even if its process ends before it is written down: whoever runs su or
 * mfa-enroll can kill that process, or keep it from writing. If LOOKS says so, the attempt is marked before DECIDE is
 * called, whatever that then says, and the mark goes with the end. A mark that is found is an attempt that never ended:
 * COUNT is called, and what it did is written, before all else. Both that and what DECIDE decides are written before the
 * mark goes, so it can be found again.
 */
__attribute__((warn_unused_result)) enum found store_attempt(const struct store *store, const struct account *account,
                                                             store_count *count, store_looks *looks,
                                                             store_decide *decide, void *context,
                                                             struct fault *fault);

/*
 * Called with the pushes that nobody has approved yet, nobody else able to change them; may change *PUSHES. With
 * STORE_FAIL it has filled FAULT.
 */
typedef enum store_decision store_decide_pushes(void *context, struct push_state *pushes, struct fault *fault);

/*
 * store_update for the pushes, which are kept with or without a TOTP profile and whatever becomes of it. 0: what was
 * decided is durable. -1: nothing has changed, and no decision may be believed.
 */
__attribute__((warn_unused_result)) int store_update_pushes(const struct store *store, const struct account *account,
                                                            store_decide_pushes *decide, void *context,
                                                            struct fault *fault);

/* The outcome of a change that expects the profile to be as it was read. */
enum store_change { STORE_CHANGE_FAULT = -1, STORE_CHANGE_CONFLICT = 0, STORE_CHANGE_DONE = 1 };

/*
 * Makes PROFILE the account's profile if the present one is still EXPECTED, as read earlier (NULL: if there is none).
 * LAST_STEP is the step up to which codes are used up; if the key stays the same and its state knows a later one, that
 * one holds. A PROFILE with the same profile_id as before keeps its state, and the mark of an attempt that never ended.
 * STORE_CHANGE_CONFLICT: somebody else was faster.
 */
__attribute__((warn_unused_result)) enum store_change store_put(const struct store *store,
                                                                const struct account *account,
                                                                const struct profile *expected,
                                                                const struct profile *profile, long long last_step,
                                                                struct fault *fault);

/* Removes the profile, and its state (but not the pushes), if it is still EXPECTED. */
__attribute__((warn_unused_result)) enum store_change store_delete(const struct store *store,
                                                                   const struct account *account,
                                                                   const struct profile *expected,
                                                                   struct fault *fault);

#endif
