/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What versions before the record kept: <user>.totp (profile), <user>.state and <user>.lock (lock and mark). It is read
 * where there is no record, and turned over to one at the first login or change.
 */
#ifndef PAM_MFA_EARLIER_H
#define PAM_MFA_EARLIER_H

#include "store/store_files.h"

#define EARLIER_COUNT 3

/* What the files' names end with, in the order in which they go. */
extern const char *const earlier_suffixes[EARLIER_COUNT];

/* What is assumed of a state that is broken: see store_reset. */
struct earlier_worst {
    long long now;
    int window;
};

/* The state that WORST says, of PROFILE. */
struct totp_state earlier_assume(const struct earlier_worst *worst, const struct profile *profile);

/* Reads OWNER's entry. FOUND_NOTHING: nothing is kept of them in this form, and ENTRY is all zero. */
__attribute__((warn_unused_result)) enum found earlier_read(const struct files *files, const struct store_owner *owner,
                                                            struct store_entry *entry, struct fault *fault);

/*
 * Makes OWNER's record of it; where the profile can be believed and its state is broken, with WORST (NULL: then it is a
 * fault). FOUND: there is a record now, from here or from another process. FOUND_NOTHING: there was nothing to turn over.
 */
__attribute__((warn_unused_result)) enum found earlier_turn_over(const struct files *files,
                                                                 const struct store_owner *owner,
                                                                 const struct earlier_worst *worst, struct fault *fault);

/* Removes what is left of it, durably. */
__attribute__((warn_unused_result)) int earlier_remove(const struct files *files, const char *user, struct fault *fault);

#endif
