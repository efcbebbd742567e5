/* SPDX-License-Identifier: BSD-2-Clause */
/* The factor Duo: a push, a call or a passcode that the Duo service decides on, asked by way of the helper. */
#ifndef PAM_MFA_FACTOR_DUO_H
#define PAM_MFA_FACTOR_DUO_H

#include "module/login.h"

/*
 * Runs the factor for LOGIN, whose SVM and account are known. OUTCOME is filled with FACTOR_DECIDED, and with
 * FACTOR_UNAVAILABLE: then it is what fail_mode says, to be used if no other factor decides.
 */
__attribute__((warn_unused_result)) enum factor_answer factor_duo_run(const struct login *login,
                                                                      struct outcome *outcome);

#endif
