/* SPDX-License-Identifier: BSD-2-Clause */
/* Who must have a verification code, who is never asked for one, and until when those without may pass. */
#ifndef PAM_MFA_DUTY_H
#define PAM_MFA_DUTY_H

#include "config/account.h"
#include "config/svm.h"

/* What becomes of a login of somebody who has nothing to be asked for. */
enum duty_kind {
    DUTY_REFUSED = 0, /* nothing lets them pass */
    DUTY_REQUIRED,    /* they are in one of required_groups, which `nullok` does not change */
    DUTY_NULLOK,      /* `nullok` lets them pass */
    DUTY_UNTIL        /* they may pass up to enrol_by */
};

struct duty {
    enum duty_kind kind;
    int days_left; /* of DUTY_UNTIL: after today */
};

/*
 * FOUND: exempt_groups of SVM cover ACCOUNT, so it is not asked for a code, enrolled or not. Where that is not known (a
 * fault) it must be asked: that is never kinder.
 */
__attribute__((warn_unused_result)) enum found duty_is_exempt(const struct svm *svm, const struct account *account,
                                                              struct fault *fault);

/* What becomes of ACCOUNT, not exempt and not enrolled in SVM, at NOW (Unix seconds). -1: fault, and it must be refused. */
__attribute__((warn_unused_result)) int duty_of_unenrolled(const struct svm *svm, const struct account *account,
                                                           bool nullok, long long now, struct duty *duty,
                                                           struct fault *fault);

/* The last second (Unix) of the day TEXT, YYYY-MM-DD, in UTC; -1: that is no day. */
long long duty_day_end(const char *text);

#endif
