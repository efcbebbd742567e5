/* SPDX-License-Identifier: BSD-2-Clause */
/* Looking at everything the module would trust, without changing anything. */
#ifndef MFA_ADMIN_CHECK_H
#define MFA_ADMIN_CHECK_H

#include "base/report.h"

/*
 * REPORT hears of every problem: the file, the line if there is one, what is wrong, what to do. CONF_PATH is
 * pam_mfa.conf, ENROLL_PATH the installed mfa-enroll. No problem: report->count stays as it was.
 */
void check_run(const char *conf_path, const char *enroll_path, struct report *report);

#endif
