/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The enrolments of one SVM: who has which TOTP profile, and what logins change about it. Nothing above this face knows how
 * they are kept: no file, lock, mark, directory, and not the seal's key. There can be several kinds of store; each is a file
 * of its own behind the table in store_table.h.
 *
 * What every store promises:
 *  - a profile and its state change together or not at all, whatever process is killed and whatever fails;
 *  - of changes and attempts at one owner, each sees what the one before has left, on whatever host it ran;
 *  - what was reported as done is durable. What was not is either done whole or not at all, and nothing may rest on it;
 *  - nobody is kept waiting for longer than a bounded, short time by a process that does not go on: then a fault says busy.
 *
 * The class of a fault says what may be done about it: busy: try again, nothing is wrong with what is kept; broken: what is
 * kept was read and cannot be believed, see store_reset and store_discard; refused: an owner or a mode is not as it must
 * be, or the caller may not; unavailable: nothing was begun, another factor may be asked; else an administrator must look.
 */
#ifndef PAM_MFA_STORE_H
#define PAM_MFA_STORE_H

#include "base/fault.h"
#include "base/found.h"
#include "config/account.h"
#include "config/host.h"
#include "totp/profile.h"
#include "totp/state.h"

struct store;

/* Whose entry it is. The name is borrowed. */
struct store_owner {
    const char *name;
    uid_t uid;
};

static inline struct store_owner store_owner(const struct account *account)
{
    return (struct store_owner){account->name, account->uid};
}

/* All that is kept of an owner, as it was at one instant. */
struct store_entry {
    bool enrolled;          /* whether there is a profile; without one, PROFILE and TOTP are all zero */
    struct profile profile;
    struct totp_state totp; /* of that profile; which one it is of is the store's to keep */
    struct push_state pushes; /* with or without a profile */
    char host[65];          /* that wrote the state last; "": this one, or nobody knows */
    bool halted;            /* nothing of the SVM is accepted: that there is no profile says nothing of its owner */
};

/*
 * Opens the store of SVM, and the seal. NULL: fault. The caller ends with store_close, which takes NULL as well.
 */
__attribute__((warn_unused_result)) struct store *store_open(const struct host *host, const char *svm,
                                                             struct fault *fault);
void store_close(struct store *store);

/* Likewise the store in this host's files, whatever the SVM's own is: for what is kept while a fleet cannot be reached. */
__attribute__((warn_unused_result)) struct store *store_open_local(const struct host *host, const char *svm,
                                                                   struct fault *fault);

/*
 * The comment of what was made for this host alone. Whatever else is in its files may be in the fleet too, as after a
 * migration: a code of it could be good in both.
 */
#define STORE_LOCAL_COMMENT "codes for this host alone"

/* The SVM's name, borrowed. */
const char *store_svm(const struct store *store);

/* Opens, or makes, what is sealed in PROFILE: see profile_unseal and profile_seal. A store without the key cannot. */
__attribute__((warn_unused_result)) int store_unseal(const struct store *store, const struct profile *profile,
                                                     struct secrets *secrets, struct fault *fault);
__attribute__((warn_unused_result)) int store_seal(const struct store *store, struct profile *profile,
                                                   const struct secrets *secrets, struct fault *fault);

/*
 * Reads OWNER's entry, as it is at this instant. An owner of whom nothing is kept has an entry of zeros. 0 done, -1 fault:
 * then ENTRY is all zero, and that must not be taken for "not enrolled".
 */
__attribute__((warn_unused_result)) int store_read(const struct store *store, const struct store_owner *owner,
                                                   struct store_entry *entry, struct fault *fault);

/*
 * Whether a profile is kept for OWNER's user id under another name: after usermod -l, or that of an account which had the id
 * before. It is nobody's then, and OWNER is not to be taken for somebody who has never enrolled. FOUND: FAULT says so, and
 * what to do. FOUND_FAULT: it is not known. Looks at the owner of every entry.
 */
__attribute__((warn_unused_result)) enum found store_find_renamed(const struct store *store,
                                                                  const struct store_owner *owner,
                                                                  struct fault *fault);

/* The reason of a fault of a shared store, as a word for the log that lasts; NULL: it is none of one. */
const char *store_reason(const struct fault *fault);

/* What a decision wants done. */
enum store_decision {
    STORE_FAIL = -1, /* nothing is done; FAULT was filled */
    STORE_KEEP = 0,  /* nothing is to be written */
    STORE_WRITE,     /* ENTRY is to be written as it is now */
    STORE_REMOVE     /* the profile and its state are to go; the pushes stay */
};

/*
 * Called with an entry as it is, nobody else able to change it; may change *ENTRY. It is pure: it may be called again, with
 * an entry that is newer, and then what it has said before counts for nothing. A profile that is put in place of another
 * brings its own TOTP state; an entry that has no profile afterwards has no state either.
 */
typedef enum store_decision store_decide(void *context, struct store_entry *entry, struct fault *fault);

/*
 * Reads the entry afresh, lets DECIDE decide, and does what it says, as one step. Not for attempts. An attempt that never
 * ended stays to be counted, unless the profile or its TOTP state is changed. 0: what was decided is durable. -1: fault;
 * nothing has changed that anything may rest on, and no decision may be believed.
 */
__attribute__((warn_unused_result)) int store_change(const struct store *store, const struct store_owner *owner,
                                                     store_decide *decide, void *context, struct fault *fault);

/* The steps of an attempt, in their order. Each may be called again from the first on. */
struct store_guess {
    /*
     * Counts in ENTRY an attempt that was begun AT, in Unix seconds (or up to a second later), and never ended. What it did
     * is written before all else.
     */
    void (*count)(void *context, struct store_entry *entry, long long at);
    /* Whether DECIDE is going to look at a response. Nothing of the response may be evaluated before. */
    bool (*looks)(void *context, const struct store_entry *entry);
    store_decide *decide; /* called in any case; STORE_FAIL ends the attempt without a charge */
};

/*
 * store_change for an attempt at OWNER's profile, which costs even if its process ends before it is written down: whoever
 * runs su or mfa-enroll can kill or stop that process, or keep it from writing. If LOOKS says so, the attempt is charged
 * before DECIDE is called, durably against any end of the process, and the charge is settled by what DECIDE decides, once
 * that is durable. A charge that is found, unsettled, is an attempt that never ended: COUNT is called for it, once. A
 * process that is stopped in between keeps nobody out for long: others go on without it, and its own result is lost.
 */
__attribute__((warn_unused_result)) int store_attempt(const struct store *store, const struct store_owner *owner,
                                                      const struct store_guess *guess, void *context,
                                                      struct fault *fault);

/* The process that the last change or attempt had to end, since it did not go on and kept OWNER's entry; 0: none. */
pid_t store_ended(const struct store *store);

#endif
