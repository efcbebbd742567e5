/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether Duo is asked about an account, and under which name. */
#ifndef PAM_MFA_DUO_USER_H
#define PAM_MFA_DUO_USER_H

#include "config/account.h"
#include "config/duo_profile.h"
#include "config/svm.h"

/*
 * FOUND: ACCOUNT is challenged; FOUND_NOTHING: it is not, since the profile lists groups and the account is in none of
 * them, or excluded in each that it is in. A group database that does not answer is a fault, and so is a listed group
 * that does not exist unless another one settles it: a typing error must not switch the factor off.
 */
__attribute__((warn_unused_result)) enum found duo_user_in_scope(const struct duo_profile *profile,
                                                                 const struct account *account, struct fault *fault);

/*
 * The name that Duo knows ACCOUNT by: the profile's username_format with its placeholders replaced. A placeholder that
 * is unknown, or has no value for this account, is a fault.
 */
__attribute__((warn_unused_result)) int duo_user_name(const struct duo_profile *profile, const char *svm,
                                                      const struct account *account, char out[DUO_USERNAME_SIZE],
                                                      struct fault *fault);

/* Whether every placeholder of the username_format FORMAT is one that can have a value; else FAULT lists them. */
__attribute__((warn_unused_result)) int duo_user_check_format(const char *format, struct fault *fault);

/*
 * Whether a login of ACCOUNT to SVM can come to be asked by Duo: SVM has the factor, and an enabled profile covers ACCOUNT.
 * FOUND: PROFILE is that one; free it with duo_profile_free in any case.
 */
__attribute__((warn_unused_result)) enum found duo_user_is_covered(const struct host *host, const struct svm *svm,
                                                                   const struct account *account,
                                                                   struct duo_profile *profile, struct fault *fault);

#endif
