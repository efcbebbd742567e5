/* SPDX-License-Identifier: BSD-2-Clause */
#include "module/ask.h"

#include "base/crypto.h"
#include "totp/response.h"

#include <stdio.h>

void ask_unanswered(const struct login *login, struct outcome *outcome)
{
    outcome->verdict = VERDICT_NO_ANSWER;
    outcome->reason = "no_answer";
    switch (login->heard.last) {
    case HEARD_NOTHING:
    case HEARD_ANSWER: break;
    case HEARD_LATER: outcome->verdict = VERDICT_INCOMPLETE; break;
    case HEARD_DUMMY:
    case HEARD_PASSWORD:
        outcome->verdict = VERDICT_DENIED;
        outcome->reason = "not_a_code";
        break;
    }
    heard_explain(&login->heard, login->account.uid, login->request->ssh_connection != NULL, &outcome->fault);
}

int ask_code(const struct login *login, const char *notice, char **response, struct outcome *outcome)
{
    char text[256], code[RESPONSE_CODE_SIZE];
    enum response_kind kind = RESPONSE_EMPTY;

    snprintf(text, sizeof text, "%s%sVerification code: ", notice != NULL ? notice : "",
             notice != NULL && notice[0] != '\0' ? "\n" : "");
    if (conversation_prompt(login->conversation, text, login->options->echo, response) == 0) {
        kind = response_read(*response, code);
        crypto_wipe(code, sizeof code);
    }
    if (kind != RESPONSE_EMPTY)
        return 0;
    conversation_forget(response);
    ask_unanswered(login, outcome);
    return -1;
}
