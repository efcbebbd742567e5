/* SPDX-License-Identifier: BSD-2-Clause */
/* Where PAM's own files, or sshd's settings, defeat the module: it is there and is not asked, or not listened to. */
#ifndef MFA_ADMIN_CHECK_PAM_H
#define MFA_ADMIN_CHECK_PAM_H

#include "base/report.h"
#include "config/host.h"

#include <stdbool.h>

/* Every service in /etc/pam.d that asks pam_mfa.so. HOST is what the module reads without `conf=`. */
void check_pam(const struct host *host, struct report *report);

/* What sshd says of its settings (`sshd -T`), if its PAM service asks pam_mfa.so. Match blocks are not seen. */
void check_sshd(struct report *report);

/* Whether SERVICE asks pam_mfa.so. */
bool check_pam_asks(const char *service);

#endif
