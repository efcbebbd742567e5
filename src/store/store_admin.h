/* SPDX-License-Identifier: BSD-2-Clause */
/* The store as an administrator needs it: also where accounts are gone and files are broken. */
#ifndef MFA_ADMIN_STORE_H
#define MFA_ADMIN_STORE_H

#include "base/report.h"
#include "store/store.h"

/*
 * Called with a user who has a profile. ACCOUNT has the name, and as uid the owner of the profile's file, whoever the
 * passwd database says that is by now. 0 goes on, anything else ends the walk.
 */
typedef int store_visit(void *context, const struct account *account, struct fault *fault);

/*
 * Calls VISIT with every user who has a profile, ordered by name. Only the names are held in memory. 0 all visited; -1
 * fault; else what VISIT returned. Users who enrol or leave meanwhile may be missed.
 */
__attribute__((warn_unused_result)) int store_walk(const struct store *store, store_visit *visit, void *context,
                                                   struct fault *fault);

/*
 * The account of USER for this store: from the passwd database, or, if it is gone from there, the owner of the files it
 * left. FOUND_NOTHING: neither. *IS_GONE becomes whether the files had to tell.
 */
__attribute__((warn_unused_result)) enum found store_account(const struct store *store, const char *user,
                                                             struct account *account, bool *is_gone,
                                                             struct fault *fault);

/*
 * Removes all that is kept of USER, under the user's lock, without believing a byte of it: for what is broken or whose
 * account is gone. FOUND: there was a profile. FOUND_NOTHING: there was none, and whatever else there was is gone. With
 * UNLESS_ENROLLED, FOUND says that there is a profile, and nothing was removed.
 */
__attribute__((warn_unused_result)) enum found store_discard(const struct store *store, const char *user,
                                                             bool unless_enrolled, struct fault *fault);

/*
 * Replaces a state that cannot be read or does not know ACCOUNT's profile by one that assumes the worst: all codes up
 * to LAST_STEP and every emergency code are used up. FOUND_NOTHING: there is no profile.
 */
__attribute__((warn_unused_result)) enum found store_renew_state(const struct store *store,
                                                                 const struct account *account, long long last_step,
                                                                 struct fault *fault);

/*
 * Removes the store of SVM with everything in it, if nobody is enrolled or with FORCE. *ENROLLED becomes how many users
 * are, and if that is not 0, everything is still there. A store that does not exist is removed.
 */
__attribute__((warn_unused_result)) int store_remove(const struct host *host, const char *svm, bool force,
                                                     long long *enrolled, struct fault *fault);

/* REPORT hears of every problem with what is in STORE; with HAS_KEY also of profiles that do not unseal. */
void store_check(const struct store *store, bool has_key, struct report *report);

#endif
