/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One-time tickets: root's leave for one user to make a key in one SVM, whatever self_enrolment says. The user gets the
 * ticket; of it a hash is kept, with the user id, the SVM's uuid and an end, in a file that is root's alone:
 * STATE_DIR/.tickets/SVM/USER. Only processes of root's work on it.
 */
#ifndef PAM_MFA_TICKET_H
#define PAM_MFA_TICKET_H

#include "base/base32.h"
#include "config/account.h"
#include "config/svm.h"

#define TICKET_BYTES 20
#define TICKET_SIZE (BASE32_SIZE(TICKET_BYTES) + (BASE32_SIZE(TICKET_BYTES) - 2) / 4)
#define TICKET_VALID_MAX (90LL * 24 * 3600) /* seconds */

/* Where they are, in the host's state_dir. */
#define TICKET_DIRECTORY ".tickets"

/* Makes a ticket for ACCOUNT in SVM, good from NOW on for VALID seconds, in the place of one they had. Only OUT knows it. */
__attribute__((warn_unused_result)) int ticket_make(const struct host *host, const struct svm *svm,
                                                    const struct account *account, long long now, long long valid,
                                                    char out[TICKET_SIZE], struct fault *fault);

/*
 * Whether TEXT, as a person types it, is a ticket for ACCOUNT in SVM that is good at NOW. With USE it is used up by this, durably:
 * of any number that ask at once, one is told FOUND. FOUND_NOTHING: it is none, and FAULT has one word why.
 */
__attribute__((warn_unused_result)) enum found ticket_take(const struct host *host, const struct svm *svm,
                                                           const struct account *account, const char *text, bool use,
                                                           long long now, struct fault *fault);

/* Takes USER's ticket in SVM back. FOUND_NOTHING: there was none. */
__attribute__((warn_unused_result)) enum found ticket_withdraw(const struct host *host, const char *svm,
                                                               const char *user, struct fault *fault);

/* Takes all tickets of SVM back. */
__attribute__((warn_unused_result)) int ticket_withdraw_all(const struct host *host, const char *svm,
                                                            struct fault *fault);

#endif
