/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The helper process mfa-duo as the module sees it: started for one request, listened to until its verdict, and gone
 * afterwards. The only place in the module that starts a process.
 */
#ifndef PAM_MFA_DUO_HELPER_H
#define PAM_MFA_DUO_HELPER_H

#include "base/conversation.h"
#include "base/found.h"
#include "wire/duo_request.h"
#include "wire/duo_verdict.h"

struct duo_relay {
    const struct conversation *conversation; /* NULL: nobody to talk with, as in a check */
    /*
     * Counts durably that a person is rung by KIND: `push`, `phone` or `sms`. FOUND: it may be; FOUND_NOTHING: too often
     * already. NULL: nobody may be rung.
     */
    enum found (*count_ring)(void *context, const char *kind, struct fault *fault);
    void *context;
};

/*
 * Runs the program at PATH with REQUEST and relays what it says. Returns within REQUEST's timeout and one second, not
 * counting the time the person takes at prompts. Whatever goes wrong with the helper is DUO_HELPER.
 */
void duo_helper_run(const char *path, const struct duo_request *request, const struct duo_relay *relay,
                    struct duo_verdict *verdict);

#endif
