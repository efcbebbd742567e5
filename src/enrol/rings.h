/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The limit on pushes, calls and texts that a person gets without approving any: counted here, for logins and for the
 * approval of an enrolment alike.
 */
#ifndef PAM_MFA_RINGS_H
#define PAM_MFA_RINGS_H

#include "config/host.h"
#include "store/store.h"
#include "wire/duo_verdict.h"

/* Whom one talk with Duo may ring, and what it has rung them by. */
struct rings {
    const struct host *host;
    const char *svm;
    struct store_owner owner;
    long long (*now)(void); /* Unix seconds */
    bool offline;           /* where the SVM's fleet cannot be reached, they are counted on this host instead */
    bool counted;           /* any was */
    bool sms;               /* a text was sent: a passcode answers it */
};

/*
 * Counts one of KIND (`push`, `phone`, `sms`), durably: for struct duo_relay, with a struct rings as CONTEXT. FOUND: it may be
 * sent. FOUND_NOTHING: there were too many already. The store is open, and anything held, in here alone: not while a person
 * thinks.
 */
__attribute__((warn_unused_result)) enum found rings_count(void *context, const char *kind, struct fault *fault);

/* The talk has ended with REASON: forgets them all if the person has said yes to one of this talk's. */
__attribute__((warn_unused_result)) int rings_end(const struct rings *rings, enum duo_reason reason,
                                                  struct fault *fault);

#endif
