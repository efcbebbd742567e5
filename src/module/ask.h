/* SPDX-License-Identifier: BSD-2-Clause */
/* Asking for a code: the same prompt for everybody, enrolled or not. */
#ifndef PAM_MFA_ASK_H
#define PAM_MFA_ASK_H

#include "module/login.h"

/*
 * Asks for a code of DIGITS, below NOTICE unless that is NULL or "", or takes the password that there is already, as the
 * module's arguments say; with forward_pass what is before the code goes to the modules behind. 0 with a *RESPONSE that is
 * not blank, for conversation_forget; -1 there is none, and OUTCOME's verdict, reason and fault say why.
 */
__attribute__((warn_unused_result)) int ask_code(const struct login *login, const char *notice, int digits,
                                                 char **response, struct outcome *outcome);

/* Sets OUTCOME's verdict, reason and fault to what it means that a prompt has brought no answer. */
void ask_unanswered(const struct login *login, struct outcome *outcome);

#endif
