/* SPDX-License-Identifier: BSD-2-Clause */
/* What comes back from prompts: whether a person has answered, or a program in the person's place. */
#ifndef PAM_MFA_HEARD_H
#define PAM_MFA_HEARD_H

#include "base/conversation.h"
#include "base/fault.h"

#include <stdbool.h>
#include <sys/types.h>

enum heard_kind {
    HEARD_NOTHING = 0, /* no prompt yet, or one that failed */
    HEARD_LATER,       /* the application brings the answer with its next call */
    HEARD_DUMMY,       /* sshd's answer for whom it will not let in, whatever is typed */
    HEARD_PASSWORD,    /* the password that this login was begun with */
    HEARD_ANSWER
};

struct heard {
    const struct conversation *conversation; /* with the application; borrowed */
    const char *password;                    /* that another module has asked for; NULL: none; borrowed */
    enum heard_kind last;                    /* what the last prompt brought */
};

/*
 * HEARD's conversation, for everybody who asks something. A prompt fails unless its answer is HEARD_ANSWER: what nobody
 * typed is looked at by no factor, and goes to no service. HEARD must outlive the result.
 */
struct conversation heard_conversation(struct heard *heard);

/*
 * Why the last prompt brought no answer, and what to do, for the log; FAULT stays if there is nothing to say. UID: who logs in.
 * SSH: whether through sshd.
 */
void heard_explain(const struct heard *heard, uid_t uid, bool ssh, struct fault *fault);

#endif
