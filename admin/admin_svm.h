/* SPDX-License-Identifier: BSD-2-Clause */
/* SVMs, as an administrator makes, changes and removes them. Every change is one step among administrators. */
#ifndef MFA_ADMIN_SVM_H
#define MFA_ADMIN_SVM_H

#include "directory.h"
#include "host.h"
#include "service_account.h"
#include "svm.h"

/* What svm.conf starts with. */
#define ADMIN_HEADER "# Written by mfactl, which does not keep comments when it changes this file.\n"

/* A random UUID (RFC 9562, version 4). */
__attribute__((warn_unused_result)) int admin_uuid(char out[37], struct fault *fault);

/*
 * Makes SVM with its state directory. Its uuid, if "", becomes a random one. FOUND_NOTHING: there was none, and now
 * there is. FOUND: there is one of that name, whose directories have been set right and which is else untouched.
 */
__attribute__((warn_unused_result)) enum found admin_svm_create(const struct host *host, struct svm *svm,
                                                                const struct service_account *account,
                                                                struct report *report, struct fault *fault);

#endif
