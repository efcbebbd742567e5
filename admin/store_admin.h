/* SPDX-License-Identifier: BSD-2-Clause */
/* The store as an administrator needs it: also where accounts are gone and files are broken. */
#ifndef MFA_ADMIN_STORE_H
#define MFA_ADMIN_STORE_H

#include "report.h"
#include "store.h"

/*
 * Called with a user who has a profile. ACCOUNT has the name and, as uid, whose files they are: of an account that is
 * gone from the passwd database, the owner of the profile's file. 0 goes on, anything else ends the walk.
 */
typedef int store_visit(void *context, const struct account *account);

/*
 * Calls VISIT with every user who has a profile, in no particular order, in memory that does not grow with their
 * number. 0 all visited; -1 fault; else what VISIT returned. Users who enrol or leave meanwhile may be missed.
 */
__attribute__((warn_unused_result)) int store_walk(const struct store *store, store_visit *visit, void *context,
                                                   struct fault *fault);

/*
 * The account of USER for this store: from the passwd database, or, if it is gone from there, the owner of the files it
 * left. FOUND_NOTHING: neither.
 */
__attribute__((warn_unused_result)) enum found store_account(const struct store *store, const char *user,
                                                             struct account *account, struct fault *fault);

/*
 * Removes all that is kept of USER, under the user's lock, without believing a byte of it: for what is broken or whose
 * account is gone. FOUND_NOTHING: there was no profile (and whatever else there was is gone).
 */
__attribute__((warn_unused_result)) enum found store_discard(const struct store *store, const char *user,
                                                             struct fault *fault);

/* Removes the store of SVM, which nobody may be enrolled in. What else is in its directory is removed with it. */
__attribute__((warn_unused_result)) int store_remove(const struct host *host, const char *svm, struct fault *fault);

/* REPORT hears of every problem with what is in STORE; with HAS_KEY also of profiles that do not unseal. */
void store_check(const struct store *store, bool has_key, struct report *report);

#endif
