/* SPDX-License-Identifier: BSD-2-Clause */
/* The PAM conversation as a struct conversation. */
#ifndef PAM_MFA_PAM_CONVERSATION_H
#define PAM_MFA_PAM_CONVERSATION_H

#include "base/conversation.h"

#include <security/pam_modules.h>

struct pam_conversation {
    const struct pam_conv *conv; /* borrowed from the PAM handle */
    bool silent;                 /* PAM_SILENT: prompts, but no info texts */
};

/* CONTEXT must outlive the result. -1: the application has set no conversation. */
__attribute__((warn_unused_result)) int pam_conversation_open(pam_handle_t *pamh, int flags,
                                                              struct pam_conversation *context,
                                                              struct conversation *conversation);

#endif
