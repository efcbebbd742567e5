/* SPDX-License-Identifier: BSD-2-Clause */
/* Which groups of the host an account is in: by primary or supplementary membership, whichever source knows of it. */
#ifndef PAM_MFA_MEMBER_H
#define PAM_MFA_MEMBER_H

#include "base/conf.h"
#include "base/fault.h"
#include "config/account.h"

#define GROUP_NAME_SIZE 65

/* An account with the ids of its groups. */
struct membership {
    const struct account *account;
    gid_t *groups;
    int count;
};

/* -1: fault. The caller ends with membership_close in either case. */
__attribute__((warn_unused_result)) int membership_open(struct membership *membership, const struct account *account,
                                                        struct fault *fault);
void membership_close(struct membership *membership);

/*
 * FOUND: the account is in GROUP; FOUND_NOTHING: it is not. *EXISTS becomes whether there is such a group at all. The
 * group's own list of members counts too: getgrouplist does not say when one of its sources failed.
 */
__attribute__((warn_unused_result)) enum found membership_in(const struct membership *membership, const char *group,
                                                             bool *exists, struct fault *fault);

/*
 * FOUND: ACCOUNT is in one of the groups in NAMES, an array of char[GROUP_NAME_SIZE]; FOUND_NOTHING: in none, or NAMES is
 * empty. A group that does not exist is a fault, unless another one settles it, and so is a database that does not answer.
 * SETTING is what lists them, for the fault.
 */
__attribute__((warn_unused_result)) enum found membership_in_any(const struct account *account,
                                                                 const struct conf_array *names, const char *setting,
                                                                 struct fault *fault);

#endif
