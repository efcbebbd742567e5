/* SPDX-License-Identifier: BSD-2-Clause */
/* The factor TOTP: a code from the user's authenticator app, or an emergency code, checked on this host. */
#ifndef PAM_MFA_FACTOR_TOTP_H
#define PAM_MFA_FACTOR_TOTP_H

#include "module/login.h"

/* Runs the factor for LOGIN, whose SVM and account are known. OUTCOME is filled with FACTOR_DECIDED. */
__attribute__((warn_unused_result)) enum factor_answer factor_totp_run(const struct login *login,
                                                                       struct outcome *outcome);

/*
 * Whether LOGIN's user, who has no profile, has one under another name. FOUND and FOUND_FAULT: OUTCOME says why nobody may
 * be let in for want of a profile.
 */
__attribute__((warn_unused_result)) enum found factor_totp_find_renamed(const struct login *login,
                                                                        struct outcome *outcome);

/*
 * Whether LOGIN's user, who was not asked for a code, has a profile that would have been asked for elsewhere: enabled or
 * not, under this name or another. FOUND and FOUND_FAULT: as above.
 */
__attribute__((warn_unused_result)) enum found factor_totp_find_any(const struct login *login, struct outcome *outcome);

#endif
