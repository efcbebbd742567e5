/* SPDX-License-Identifier: BSD-2-Clause */
/* Talking with the person who logs in, through whatever carries it: PAM, a terminal, a test. */
#ifndef PAM_MFA_CONVERSATION_H
#define PAM_MFA_CONVERSATION_H

#include <stdbool.h>

#define CONVERSATION_LATER 1

struct conversation {
    /*
     * Shows TEXT and waits for a line. *RESPONSE becomes a malloc'ed string (may be empty) that the caller wipes with
     * conversation_forget. 0 done; -1 the conversation failed or nothing came back (*RESPONSE is NULL); CONVERSATION_LATER
     * likewise, but the application will bring the answer with another call.
     */
    int (*prompt)(void *context, const char *text, bool echo, char **response);
    /* Shows TEXT without waiting. 0 done, -1 failed. */
    int (*inform)(void *context, const char *text);
    void *context;
};

__attribute__((warn_unused_result)) int conversation_prompt(const struct conversation *conversation, const char *text,
                                                            bool echo, char **response);
int conversation_inform(const struct conversation *conversation, const char *text);

/* Wipes, frees and NULLs a response. */
void conversation_forget(char **response);

#endif
