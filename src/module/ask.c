/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST NOT happen: a password, or a part of it, that is left for a code to be looked up, shown or logged; a difference
 * between the enrolled and others in what is asked and handed on.
 */
#include "module/ask.h"

#include "base/crypto.h"
#include "totp/response.h"

#include <stdio.h>
#include <string.h>

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

/* Whether the code of DIGITS that FIELD is to end in may be one. */
static bool has_code(const char *field, int digits)
{
    const size_t length = strlen(field), code = (size_t)digits;

    return length >= code && strspn(field + length - code, "0123456789") == code;
}

static bool is_code(const char *field)
{
    char code[RESPONSE_CODE_SIZE];
    bool is = response_read(field, code) == RESPONSE_CODE;

    crypto_wipe(code, sizeof code);
    return is;
}

/*
 * Leaves of FIELD the code alone, and hands on what is before it: the same whether the code is right, and whoever is asked.
 * A FIELD that ends in no code is handed on whole, and stays what it is: no code.
 */
static int forward(const struct login *login, char *field, int digits)
{
    const size_t length = strlen(field), code = (size_t)digits;
    char kept[RESPONSE_CODE_SIZE];
    int result;

    if (!has_code(field, digits))
        return login->forward(login->forward_context, field);
    memcpy(kept, field + length - code, code + 1);
    field[length - code] = '\0';
    result = login->forward(login->forward_context, field);
    crypto_wipe(field, length);
    memcpy(field, kept, code + 1);
    crypto_wipe(kept, sizeof kept);
    return result;
}

/* The password that there is already, as *FIELD, if it is to be the answer. -1: OUTCOME says why there is no answer. */
static int take_first_pass(const struct login *login, int digits, char **field, struct outcome *outcome)
{
    const struct options *options = login->options;
    const char *password = login->request->password;
    bool has = password != NULL && password[0] != '\0';

    *field = NULL;
    if (options->first_pass == FIRST_PASS_USE && !has) {
        outcome->verdict = VERDICT_NO_ANSWER;
        outcome->reason = "no_answer";
        return fault_set(&outcome->fault, "use_first_pass is given, and no module before this one has asked for a password");
    }
    if (options->first_pass == FIRST_PASS_IGNORE || !has)
        return 0;
    if (options->first_pass == FIRST_PASS_TRY && !(options->forward_pass ? has_code(password, digits) : is_code(password)))
        return 0;
    *field = strdup(password);
    if (*field != NULL)
        return 0;
    outcome->verdict = VERDICT_ERROR;
    outcome->reason = "memory";
    return -1;
}

static int prompt(const struct login *login, const char *notice, char **response)
{
    char text[256];

    snprintf(text, sizeof text, "%s%s%s", notice != NULL ? notice : "", notice != NULL && notice[0] != '\0' ? "\n" : "",
             login->options->forward_pass ? "Password & verification code: " : "Verification code: ");
    return conversation_prompt(login->conversation, text, login->options->echo, response);
}

int ask_code(const struct login *login, const char *notice, int digits, char **response, struct outcome *outcome)
{
    char code[RESPONSE_CODE_SIZE];
    bool answered;

    if (take_first_pass(login, digits, response, outcome) != 0)
        return -1;
    answered = *response != NULL || prompt(login, notice, response) == 0;
    if (answered && login->options->forward_pass && forward(login, *response, digits) != 0) {
        outcome->verdict = VERDICT_ERROR;
        outcome->reason = "memory";
        conversation_forget(response);
        return -1;
    }
    answered = answered && response_read(*response, code) != RESPONSE_EMPTY;
    crypto_wipe(code, sizeof code);
    if (answered)
        return 0;
    conversation_forget(response);
    ask_unanswered(login, outcome);
    return -1;
}
