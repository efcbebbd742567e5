/* SPDX-License-Identifier: BSD-2-Clause */
/* What is wrong with the rules of pam_mfa.conf, though its reader takes them. */
#ifndef MFA_ADMIN_CHECK_HOST_H
#define MFA_ADMIN_CHECK_HOST_H

#include "base/report.h"
#include "config/host.h"

/* REPORT hears of SVMs that do not exist, and of rules that can never match. HOST was read from CONF_PATH. */
void check_rules(const struct host *host, const char *conf_path, struct report *report);

#endif
