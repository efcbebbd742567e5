/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Leave to make a TOTP key of one's own, as svm.conf's self_enrolment says: for mfa-enroll and the REST API alike, whose
 * processes are the user's and may not see duo.conf. Where Duo has to approve, mfa-approve asks it, see
 * approve/mfa_approve.c. Nothing is enrolled without a permit.
 */
#ifndef PAM_MFA_PERMIT_H
#define PAM_MFA_PERMIT_H

#include "config/account.h"
#include "config/svm.h"

#include <string.h>

#define PERMIT_APPROVE_PATH PAM_MFA_LIBEXEC_DIR "/mfa-approve"

/* For one account in one SVM. All zero it permits nothing. */
struct permit {
    bool granted;
    char svm[NAME_SIZE];
    uid_t uid;
};

enum permit_answer { PERMIT_FAULT = -1, PERMIT_REFUSED = 0, PERMIT_GRANTED = 1 };

/*
 * Asks leave for ACCOUNT, which must be the real user id's, to enrol in SVM where they have no profile. TALK is the
 * descriptor that a person reads at, who answers at standard input; -1: nobody, then Duo sends a push by itself. May take
 * as long as the person and Duo do. Not granted: FAULT has a sentence for the person.
 */
__attribute__((warn_unused_result)) enum permit_answer permit_ask(const struct host *host, const struct svm *svm,
                                                                  const struct account *account, int talk,
                                                                  struct permit *permit, struct fault *fault);

#define PERMIT_TICKET_SIZE 128

/*
 * Likewise for who has TICKET (see enrol/ticket.h), as typed, whatever self_enrolment says. Without USE it is but looked at,
 * and PERMIT stays none: so a person learns at once that it is not good. With USE it is used up, and PERMIT granted.
 */
__attribute__((warn_unused_result)) enum permit_answer permit_with_ticket(const struct svm *svm,
                                                                          const struct account *account,
                                                                          const char *ticket, bool use,
                                                                          struct permit *permit, struct fault *fault);

/* Likewise for who has just redeemed a code of the profile that the new key is to replace. Asks nobody. */
__attribute__((warn_unused_result)) enum permit_answer permit_with_code(const struct svm *svm,
                                                                        const struct account *account,
                                                                        struct permit *permit, struct fault *fault);

/* Whether PERMIT (NULL: none) is one for user id UID in SVM. */
static inline bool permit_holds(const struct permit *permit, const char *svm, uid_t uid)
{
    return permit != NULL && permit->granted && permit->uid == uid && strcmp(permit->svm, svm) == 0;
}

#endif
