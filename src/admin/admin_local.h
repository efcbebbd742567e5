/* SPDX-License-Identifier: BSD-2-Clause */
/* Emergency codes that are good on this host alone, and only while its fleet cannot be reached. */
#ifndef MFA_ADMIN_LOCAL_H
#define MFA_ADMIN_LOCAL_H

#include "admin/result.h"
#include "config/host.h"
#include "totp/profile.h"

/* Makes new ones for USER of SVM, *COUNT of them in CODES, which the caller wipes; those made before are good no more. */
__attribute__((warn_unused_result)) enum result admin_local_codes(const struct host *host, const char *svm, const char *user,
                                                                  long long now, emergency_code codes[PROFILE_CODES_MAX],
                                                                  size_t *count, struct fault *fault);

#endif
