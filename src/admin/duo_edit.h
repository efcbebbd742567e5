/* SPDX-License-Identifier: BSD-2-Clause */
/* One change to an SVM's duo.conf: locked, read, changed, proven, replaced. */
#ifndef MFA_ADMIN_DUO_EDIT_H
#define MFA_ADMIN_DUO_EDIT_H

#include "admin/place.h"
#include "admin/result.h"
#include "config/duo_profile.h"

struct duo_edit {
    struct place place;
    struct duo_profile profile;
    enum found found; /* whether there was a profile; else PROFILE has the defaults */
};

/* Begins. End it in either case. */
__attribute__((warn_unused_result)) enum result duo_edit_begin(struct duo_edit *edit, const struct host *host,
                                                               const char *svm, struct fault *fault);
/* Likewise without a lock and without a place: what is then written is proven, and no more. The SVM need not be there. */
__attribute__((warn_unused_result)) enum result duo_edit_try(struct duo_edit *edit, const struct host *host,
                                                             const char *svm, struct fault *fault);
/* duo_edit_begin for a change to a profile that must be there. */
__attribute__((warn_unused_result)) enum result duo_edit_begin_existing(struct duo_edit *edit, const struct host *host,
                                                                        const char *svm, struct fault *fault);
/* Writes the profile as it is now. */
__attribute__((warn_unused_result)) enum result duo_edit_write(struct duo_edit *edit, struct fault *fault);
/*
 * Whether the certificates that a profile names are there: "" is the system's. That they are no certificates is found by
 * `mfactl duo check`.
 */
__attribute__((warn_unused_result)) int duo_check_ca_file(const char *path, struct fault *fault);

void duo_edit_end(struct duo_edit *edit);

#endif
