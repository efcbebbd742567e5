/* SPDX-License-Identifier: BSD-2-Clause */
/* Setting a host up: account, directories, seal key, the first SVM. */
#ifndef MFA_ADMIN_INIT_H
#define MFA_ADMIN_INIT_H

#include "base/report.h"

/*
 * Makes what is missing of what pam_mfa needs, and sets right what init made and somebody changed; keeps every file
 * that is there. CONF_PATH is pam_mfa.conf, ENROLL_PATH the installed mfa-enroll. Killed at any point and run again, it
 * completes. REPORT hears of every change.
 */
__attribute__((warn_unused_result)) int init_run(const char *conf_path, const char *enroll_path,
                                                 struct report *report, struct fault *fault);

#endif
