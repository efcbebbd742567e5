/* SPDX-License-Identifier: BSD-2-Clause */
/* The sources of the group database (nsswitch.conf), one by one: what getgrouplist does not say is when one has failed. */
#ifndef PAM_MFA_GROUP_SOURCES_H
#define PAM_MFA_GROUP_SOURCES_H

#include "base/fault.h"
#include "config/account.h"

/*
 * Asks each source for ACCOUNT's groups, but for files, whose failures other look-ups show. 0: all have answered, whatever
 * they know. -1: fault, which names the one that has not. A source that is not installed is none.
 */
__attribute__((warn_unused_result)) int group_sources_answer(const struct account *account, struct fault *fault);

#endif
