/* SPDX-License-Identifier: BSD-2-Clause */
/* An enrolment that follows its account to a new name (usermod -l). */
#ifndef MFA_ADMIN_TOTP_RENAME_H
#define MFA_ADMIN_TOTP_RENAME_H

#include "admin/result.h"
#include "config/host.h"

/*
 * Gives the profile kept under FROM, an account that there is no more, to the account TO, which must have its user id and
 * no other profile. All codes up to NOW (Unix seconds) count as used, and emergency codes as used stay so. Killed and run
 * again, it completes.
 */
__attribute__((warn_unused_result)) enum result totp_rename(const struct host *host, const char *svm, const char *from,
                                                            const char *to, long long now, struct fault *fault);

#endif
