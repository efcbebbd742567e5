/* SPDX-License-Identifier: BSD-2-Clause */
/* Making the directories that the module trusts. */
#ifndef MFA_ADMIN_DIRECTORY_H
#define MFA_ADMIN_DIRECTORY_H

#include "base/file.h"
#include "base/report.h"

/*
 * Makes directory NAME in PARENT (with PARENT NULL: the absolute path NAME, and the directories above it), or sets
 * right what is not as asked for: owner root, GROUP, MODE. Opens it as DIR. A directory of another owner is a fault:
 * somebody must look at what is in it. REPORT (or NULL) hears of every change.
 */
__attribute__((warn_unused_result)) int directory_make(struct dir *dir, const struct dir *parent, const char *name,
                                                       gid_t group, mode_t mode, struct report *report,
                                                       struct fault *fault);

/* Locks for administrators' work. No SVM's name starts with a dot. */
#define LOCK_INIT ".init.lock" /* in the directory of pam_mfa.conf */
#define LOCK_SVMS ".lock"      /* in svm_dir: whatever changes below it */

/* Takes the lock NAME in DIR, waiting for others. The descriptor, to be closed; -1: fault. */
__attribute__((warn_unused_result)) int directory_lock(const struct dir *dir, const char *name, struct fault *fault);

#endif
