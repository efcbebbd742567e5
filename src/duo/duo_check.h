/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether an SVM's Duo account works: reaches the service, proves both keys and the clock. Nobody is logged in. */
#ifndef PAM_MFA_DUO_CHECK_H
#define PAM_MFA_DUO_CHECK_H

#include "base/fault.h"
#include "config/host.h"

enum duo_check_result {
    DUO_CHECK_FAILED = 0, /* something is wrong */
    DUO_CHECK_NO_PROFILE, /* neither SVM nor the cluster has a duo.conf */
    DUO_CHECK_OK
};

/*
 * Asks Duo with the profile that logins to SVM meet, through the same helper and under the same identity. Takes up to
 * the profile's timeout. WORDS becomes one sentence for a person in every case: what is wrong and what to do, or what
 * was found in order; parts of it are Duo's own text, so text_for_terminal() it before it is shown.
 */
__attribute__((warn_unused_result)) enum duo_check_result duo_check(const struct host *host, const char *svm,
                                                                    struct fault *words);

#endif
