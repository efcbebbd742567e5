/* SPDX-License-Identifier: BSD-2-Clause */
/* The helper giving up what it does not need. */
#ifndef PAM_MFA_DUO_CONFINE_H
#define PAM_MFA_DUO_CONFINE_H

#include "base/fault.h"

#define DUO_HELPER_USER PAM_MFA_ACCOUNT /* made by `mfactl init` */

/*
 * Becomes user NAME in no group that means anything, if started with any root identity; in any case gives up new
 * privileges, core files, written files, tracing, and life beyond the parent's, and sets the other resource limits, which
 * are the caller's, to what is needed to speak with Duo. -1: a part of it failed, and nothing may follow.
 */
__attribute__((warn_unused_result)) int duo_confine(const char *name, struct fault *fault);

#endif
