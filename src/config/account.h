/* SPDX-License-Identifier: BSD-2-Clause */
/* The account that logs in, from the passwd database. */
#ifndef PAM_MFA_ACCOUNT_H
#define PAM_MFA_ACCOUNT_H

#include "base/fault.h"
#include "base/file.h"
#include "base/name.h"

#include <limits.h>

#define ACCOUNT_GECOS_SIZE 513

struct account {
    char name[NAME_SIZE]; /* as the passwd database spells it, which may differ in case from what was typed */
    uid_t uid;
    gid_t gid;
    char home[PATH_MAX];
    char shell[PATH_MAX];
    char gecos[ACCOUNT_GECOS_SIZE]; /* "" also where it is longer */
};

/*
 * Looks NAME up. FOUND_NOTHING: there is no such account. A database that does not answer, or an account whose
 * name can be no part of a path, is a fault: only "no such account" may be treated as such.
 */
__attribute__((warn_unused_result)) enum found account_find(const char *name, struct account *account,
                                                            struct fault *fault);

/* Likewise by user id. */
__attribute__((warn_unused_result)) enum found account_find_uid(uid_t uid, struct account *account,
                                                                struct fault *fault);

/*
 * Whose the enrolment of ACCOUNT's user is: of several accounts that share a user id, that which the passwd database names
 * for the id. An id that it does not know by number is a fault.
 */
__attribute__((warn_unused_result)) int account_owner(const struct account *account, char owner[NAME_SIZE],
                                                      struct fault *fault);

/* As account_find, but of several accounts that share a user id it is the one whose enrolment counts. */
__attribute__((warn_unused_result)) enum found account_find_owner(const char *name, struct account *account,
                                                                  struct fault *fault);

#endif
