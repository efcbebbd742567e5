/* SPDX-License-Identifier: BSD-2-Clause */
/* The store as an administrator needs it: also where accounts are gone, the seal's key is lost, and entries are broken. */
#ifndef PAM_MFA_STORE_ADMIN_H
#define PAM_MFA_STORE_ADMIN_H

#include "base/report.h"
#include "config/svm.h"
#include "store/store.h"

/* store_open, for what follows as well. Opens also where the seal's key cannot be read: then what needs it fails. */
__attribute__((warn_unused_result)) struct store *store_open_admin(const struct host *host, const char *svm,
                                                                   struct fault *fault);

/*
 * Likewise of the kind KIND, whatever the SVM's settings say that it is: for moving from one to the other, and with NEEDS_SEAL
 * only with the seal's key.
 */
__attribute__((warn_unused_result)) struct store *store_open_kind(const struct host *host, const struct svm *svm,
                                                                  enum svm_store kind, bool needs_seal, struct fault *fault);

/* Seals SECRETS of PROFILE anew, as the store seals; the profile_id stays. */
__attribute__((warn_unused_result)) int store_reseal(const struct store *store, struct profile *profile,
                                                     const struct secrets *secrets, struct fault *fault);

/* Whether PROFILE is sealed with the key that STORE seals with. */
bool store_seals_newest(const struct store *store, const struct profile *profile);

/* Whether STORE has the seal's key. */
bool store_has_seal(const struct store *store);

/* Called with somebody who is enrolled. 0 goes on, anything else ends the walk. */
typedef int store_visit(void *context, const struct store_owner *owner, struct fault *fault);

/*
 * Calls VISIT with every owner that is enrolled, or may be as their entry cannot be read, behind the name AFTER ("" for
 * all), ordered by name. Their uid is the one that the entry is kept for, whoever the passwd database says that is by now.
 * 0 all visited; -1 fault; else what VISIT returned. Users who enrol or leave meanwhile may be missed.
 */
__attribute__((warn_unused_result)) int store_list(const struct store *store, const char *after, store_visit *visit,
                                                   void *context, struct fault *fault);

/* The user id that something is kept for under NAME: for accounts that are gone. FOUND_NOTHING: nothing is. */
__attribute__((warn_unused_result)) enum found store_find(const struct store *store, const char *name, uid_t *uid,
                                                          struct fault *fault);

/*
 * Removes all that is kept under NAME, without believing a byte of it: for what is broken or whose account is gone. FOUND:
 * there was a profile, or what may have been one. FOUND_NOTHING: there was none, and whatever else there was is gone.
 */
__attribute__((warn_unused_result)) enum found store_discard(const struct store *store, const char *name,
                                                             struct fault *fault);

/*
 * Where OWNER's profile can be believed and its state was found broken while nobody else could change it: replaces the state
 * by one that assumes the worst: all codes up to WINDOW steps after NOW (Unix seconds) and every emergency code are used
 * up. FOUND_NOTHING: it is not broken, or there is no profile, and nothing has changed.
 */
__attribute__((warn_unused_result)) enum found store_reset(const struct store *store, const struct store_owner *owner,
                                                           long long now, int window, struct fault *fault);

/*
 * Brings what an earlier version has kept into the present form: for all at once, where logins and changes do it one by one.
 * REPORT hears of each, and of what cannot be. Needs the seal's key.
 */
__attribute__((warn_unused_result)) int store_upgrade(const struct store *store, struct report *report,
                                                      struct fault *fault);

/*
 * Removes the store of SVM with everything in it, if nobody is enrolled or with FORCE. *ENROLLED becomes how many users
 * are, and if that is not 0, everything is still there. A store that does not exist is removed.
 */
__attribute__((warn_unused_result)) int store_remove(const struct host *host, const char *svm, bool force,
                                                     long long *enrolled, struct fault *fault);

/* REPORT hears of every problem with what is in STORE; without the seal's key, not of what does not unseal. */
void store_check(const struct store *store, struct report *report);

/* Whether anything is kept on HOST that a seal's key was needed for, in whatever SVM; OUT then says where. */
__attribute__((warn_unused_result)) bool store_find_any(const struct host *host, char *out, size_t size);

#endif
