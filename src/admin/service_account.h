/* SPDX-License-Identifier: BSD-2-Clause */
/* The system group and user `pam_mfa`: who may enter the state directories, and what the Duo helper runs as. */
#ifndef MFA_ADMIN_SERVICE_ACCOUNT_H
#define MFA_ADMIN_SERVICE_ACCOUNT_H

#include "base/file.h"
#include "base/report.h"

#define SERVICE_ACCOUNT PAM_MFA_ACCOUNT

struct service_account {
    uid_t uid;
    gid_t gid;
};

/* Looks both up. FOUND_NOTHING: the group or the user is missing. A user with rights of its own is a fault. */
__attribute__((warn_unused_result)) enum found service_account_find(struct service_account *account,
                                                                    struct fault *fault);

/* Makes what is missing of the two with the system's groupadd and useradd, and looks both up. */
__attribute__((warn_unused_result)) int service_account_make(struct service_account *account, struct report *report,
                                                             struct fault *fault);

#endif
