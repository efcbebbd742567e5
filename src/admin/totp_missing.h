/* SPDX-License-Identifier: BSD-2-Clause */
/* Accounts that a login would ask for a verification code, and that have none. */
#ifndef MFA_ADMIN_TOTP_MISSING_H
#define MFA_ADMIN_TOTP_MISSING_H

#include "admin/result.h"
#include "admin/show.h"

#define MISSING_GROUPS_MAX 64

struct missing_scope {
    const char *svm;
    const char *groups[MISSING_GROUPS_MAX]; /* whose members are looked at; none: all accounts there are */
    size_t group_count;
    bool all; /* also those without a login shell */
};

/* Of a record: `is_required` is whether nothing but enrolling lets them in, from enrol_by on. */
extern const struct record_field totp_missing_fields[];

/* Offers the record of every such account, ordered by name. -1: fault. */
__attribute__((warn_unused_result)) int totp_missing_show(const struct show *show, const struct missing_scope *scope,
                                                          struct fault *fault);

#endif
