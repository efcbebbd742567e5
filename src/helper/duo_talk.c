/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold:
 *  - only `result` = allow accepts, from preauth or about the one authentication request that was sent last;
 *  - a push, a call and a text are asked leave for, and so counted, before the request for them is sent.
 * What MUST NOT happen: a choice that was not made, or an unknown word from Duo, leading anywhere but to a denial.
 */
#include "helper/duo_talk.h"

#include "helper/duo_menu.h"
#include "helper/duo_reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POLL_MIN_MS 1000    /* between polls that were answered at once with nothing new */
#define POLL_REFUSALS_MAX 3 /* of a poll with 40002, which may just mean that it ended */

struct talk {
    struct duo_api *api;
    const struct duo_request *request;
    struct duo_channel *channel;
    struct duo_preauth preauth;
    struct duo_menu menu;
    struct duo_line line;
    bool code_used;    /* preauth's verification code went out with a push */
    int extra_prompts; /* what does not use up an attempt, so far */
};

/* By enum duo_kind: what Duo calls a factor, and the module a way to ring. */
static const char *const kind_words[] = {"passcode", "push", "phone", "sms"};

/* What one attempt came to. */
enum step { STEP_END, STEP_NEXT, STEP_FREE };

static void inform(struct talk *talk, const char *text)
{
    /* The module not listening shows with the next question at the latest. */
    if (text[0] != '\0')
        (void)!duo_line_send(talk->channel, &talk->api->deadline, "info", &text, 1);
}

/* Sends WORD (with TEXT unless NULL) and waits for the answer in `line`, while the deadline stands still. */
static bool ask(struct talk *talk, const char *word, const char *text)
{
    const long long started = deadline_clock();
    bool answered = duo_line_send(talk->channel, NULL, word, &text, text != NULL ? 1 : 0) == DUO_LINE_OK &&
                    duo_line_receive(talk->channel, NULL, &talk->line) == DUO_LINE_OK;

    deadline_pause(&talk->api->deadline, started);
    return answered;
}

/* The parameters that preauth and auth share, into PARAMS. */
static size_t common_params(const struct talk *talk, struct duo_param *params)
{
    size_t count = 0;

    params[count++] = (struct duo_param){"username", talk->request->username};
    if (talk->request->ipaddr[0] != '\0')
        params[count++] = (struct duo_param){"ipaddr", talk->request->ipaddr};
    if (talk->request->hostname[0] != '\0')
        params[count++] = (struct duo_param){"hostname", talk->request->hostname};
    return count;
}

static bool preauth(struct talk *talk, enum duo_reason *reason)
{
    struct duo_param params[DUO_PARAMS_MAX];
    size_t count = common_params(talk, params);
    struct duo_api *api = talk->api;

    params[count++] = (struct duo_param){"client_supports_verified_push", "1"};
    params[count++] = (struct duo_param){"text_prompt", "1"};
    params[count++] = (struct duo_param){"failmode", talk->request->fail_mode == DUO_FAIL_SAFE ? "open" : "closed"};
    if (!duo_api_call(api, DUO_CALL_PREAUTH, params, count, reason))
        return false;
    if (duo_reply_preauth(api->reply.body, api->reply.length, &talk->preauth) != 0) {
        fault_set(&api->fault, "%s: the reply to preauth makes no sense", talk->request->api_host);
        *reason = DUO_BAD_REPLY;
        return false;
    }
    duo_menu_make(&talk->menu, &talk->preauth);
    talk->code_used = false;
    fault_set(&api->fault, "%s", talk->preauth.status_msg);
    return true;
}

/* Duo's number for this push, in a prompt: sshd before 10.3 shows a plain text only together with the next prompt. */
static bool show_code(struct talk *talk)
{
    char text[256];

    snprintf(text, sizeof text, "Duo asks for a code with this push: %s\nPress Enter to send the push, then type the "
             "code in the Duo app: ", talk->preauth.verification_code);
    return ask(talk, "prompt", text) && duo_line_is(&talk->line, "answer", 1);
}

/* Leave to ring the person by KIND. */
static enum step ask_leave(struct talk *talk, enum duo_kind kind, enum duo_reason *reason)
{
    *reason = DUO_HELPER;
    if (!ask(talk, "ring", kind_words[kind]))
        return STEP_END;
    if (duo_line_is(&talk->line, "yes", 0))
        return STEP_NEXT;
    if (!duo_line_is(&talk->line, "no", 0))
        return STEP_END;
    inform(talk, "Too many pushes, calls or texts without an approval. Enter a passcode, or wait ten minutes.");
    return STEP_FREE;
}

/* Leave to send a push, and all that comes before one. */
static enum step prepare_push(struct talk *talk, enum duo_reason *reason)
{
    enum step step;

    /* A code is good for one push; another push needs another one. */
    if (talk->preauth.verification_code[0] != '\0' && talk->code_used) {
        if (!preauth(talk, reason))
            return STEP_END;
        if (talk->preauth.result != DUO_RESULT_AUTH) {
            *reason = DUO_DENIED_BY_POLICY;
            return STEP_END;
        }
    }
    *reason = DUO_NO_ANSWER;
    if (talk->preauth.verification_code[0] != '\0' && !show_code(talk))
        return STEP_END;
    step = ask_leave(talk, DUO_KIND_PUSH, reason);
    talk->code_used = true;
    return step;
}

/* Sends the one authentication request for OPTION, or for PASSCODE. */
static bool authenticate(struct talk *talk, const struct duo_option *option, const char *passcode,
                         struct duo_status *status, enum duo_reason *reason)
{
    const enum duo_kind kind = option != NULL ? option->kind : DUO_KIND_PASSCODE;
    struct duo_param params[DUO_PARAMS_MAX];
    size_t count = common_params(talk, params);
    struct duo_api *api = talk->api;

    if (talk->menu.ready) {
        params[count++] = (struct duo_param){"factor", "prompt"};
        params[count++] = (struct duo_param){"prompt", option != NULL ? option->value : passcode};
    } else {
        params[count++] = (struct duo_param){"factor", kind_words[kind]};
        params[count++] = (struct duo_param){option != NULL ? "device" : "passcode",
                                             option != NULL ? option->value : passcode};
    }
    /* A passcode is decided at once: waiting for the answer costs one request less than asking for it afterwards. */
    if (talk->menu.ready || kind == DUO_KIND_PUSH || kind == DUO_KIND_PHONE)
        params[count++] = (struct duo_param){"async", "1"};
    if (kind == DUO_KIND_PUSH && talk->preauth.txid[0] != '\0')
        params[count++] = (struct duo_param){"txid", talk->preauth.txid};
    if (kind == DUO_KIND_PUSH && strcmp(talk->request->login_name, talk->request->username) != 0)
        params[count++] = (struct duo_param){"display_username", talk->request->login_name};
    if (kind == DUO_KIND_PUSH && talk->request->pushinfo[0] != '\0')
        params[count++] = (struct duo_param){"pushinfo", talk->request->pushinfo};
    if (!duo_api_call(api, DUO_CALL_AUTH, params, count, reason))
        return false;
    if (duo_reply_status(api->reply.body, api->reply.length, status) != 0) {
        fault_set(&api->fault, "%s: the reply to auth makes no sense", talk->request->api_host);
        *reason = DUO_BAD_REPLY;
        return false;
    }
    return true;
}

/* One poll. A refusal with code 40002 counts as "still waiting", a few times. */
static bool poll_once(struct talk *talk, const struct duo_param *txid, int *refusals, struct duo_status *status,
                      enum duo_reason *reason)
{
    struct duo_api *api = talk->api;
    struct duo_failure failure;

    if (duo_api_call(api, DUO_CALL_AUTH_STATUS, txid, 1, reason)) {
        if (duo_reply_status(api->reply.body, api->reply.length, status) == 0 && status->result != DUO_RESULT_NONE)
            return true;
        fault_set(&api->fault, "%s: the reply to auth_status makes no sense", talk->request->api_host);
        *reason = DUO_BAD_REPLY;
        return false;
    }
    if (*reason != DUO_REFUSED)
        return false;
    duo_reply_failure(api->reply.body, api->reply.length, &failure);
    if (failure.code != 40002 || ++*refusals > POLL_REFUSALS_MAX)
        return false;
    *status = (struct duo_status){.result = DUO_RESULT_WAITING};
    return true;
}

/* Polls until the result is final. STATUS is the reply to auth, with a txid. */
static bool await(struct talk *talk, struct duo_status *status, enum duo_reason *reason)
{
    char id[DUO_ID_SIZE], shown[DUO_TEXT_SIZE] = "";
    const struct duo_param txid = {"txid", id};
    struct duo_api *api = talk->api;
    int refusals = 0;

    strcpy(id, status->txid);
    for (;;) {
        const long long started = deadline_clock();

        if (!poll_once(talk, &txid, &refusals, status, reason)) {
            /* Nothing was lost if the time was simply up. */
            if (*reason == DUO_LOST && deadline_left(&api->deadline) == 0) {
                *reason = DUO_TIMED_OUT;
                fault_set(&api->fault, "nobody answered within %d s", talk->request->timeout);
            }
            return false;
        }
        if (status->result != DUO_RESULT_WAITING)
            return true;
        if (strcmp(shown, status->status_msg) != 0) {
            strcpy(shown, status->status_msg);
            inform(talk, shown);
        } else if (deadline_clock() - started < POLL_MIN_MS)
            duo_api_wait(api, POLL_MIN_MS);
        if (deadline_left(&api->deadline) == 0) {
            *reason = DUO_TIMED_OUT;
            fault_set(&api->fault, "nobody answered within %d s", talk->request->timeout);
            return false;
        }
    }
}

/* What STATUS, final, means for an attempt of KIND. */
static enum step conclude(struct talk *talk, enum duo_kind kind, const struct duo_status *status,
                          enum duo_reason *reason)
{
    static const enum duo_reason approved[] = {DUO_PASSCODE, DUO_PUSH, DUO_PHONE, DUO_PASSCODE};

    inform(talk, status->status_msg);
    fault_set(&talk->api->fault, "%s: %s", status->status, status->status_msg);
    switch (status->result) {
    case DUO_RESULT_ALLOW:
        *reason = strcmp(status->status, "bypass") == 0 ? DUO_BYPASS : approved[kind];
        talk->api->fault.text[0] = '\0';
        return STEP_END;
    case DUO_RESULT_DENY:
        if (strcmp(status->status, "sent") == 0)
            return STEP_FREE;
        *reason = strcmp(status->status, "fraud") == 0 ? DUO_FRAUD : DUO_LOCKED_OUT;
        return strcmp(status->status, "fraud") == 0 || strcmp(status->status, "locked_out") == 0 ? STEP_END : STEP_NEXT;
    case DUO_RESULT_NONE:
    case DUO_RESULT_WAITING: *reason = DUO_BAD_REPLY; return STEP_END;
    case DUO_RESULT_UNKNOWN:
    case DUO_RESULT_AUTH:
    case DUO_RESULT_ENROLL: break;
    }
    *reason = DUO_UNKNOWN_RESULT;
    return STEP_END;
}

/* Tries OPTION (a copy, since a second preauth replaces the menu), or PASSCODE. */
static enum step attempt(struct talk *talk, const struct duo_option *option, const char *passcode,
                         enum duo_reason *reason)
{
    char value[DUO_ID_SIZE];
    struct duo_option copy = {0};
    enum step step;
    struct duo_status status;

    if (option != NULL) {
        copy = *option;
        snprintf(value, sizeof value, "%s", option->value);
        copy.value = value;
        step = copy.kind == DUO_KIND_PUSH ? prepare_push(talk, reason) : ask_leave(talk, copy.kind, reason);
        if (step != STEP_NEXT)
            return step;
    }
    if (!authenticate(talk, option != NULL ? &copy : NULL, passcode, &status, reason))
        return STEP_END;
    if (status.txid[0] != '\0' && !await(talk, &status, reason))
        return STEP_END;
    return conclude(talk, copy.kind, &status, reason);
}

/* A passcode as apps show it, in groups: without the blanks. */
static void join_digits(char *input)
{
    size_t used = 0;

    if (strspn(input, "0123456789 \t") != strlen(input))
        return;
    for (const char *c = input; *c != '\0'; c++)
        if (*c >= '0')
            input[used++] = *c;
    input[used] = '\0';
}

/* Shows the menu and does what is chosen. */
static enum step ask_and_attempt(struct talk *talk, enum duo_reason *reason)
{
    const struct duo_option *option = NULL;
    char text[DUO_MENU_SIZE], input[DUO_LINE_MAX];
    enum duo_pick pick;

    duo_menu_text(&talk->menu, talk->request->login_name, text);
    *reason = DUO_NO_ANSWER;
    if (!ask(talk, "prompt", text) || !duo_line_is(&talk->line, "answer", 1))
        return STEP_END;
    strcpy(input, talk->line.values[0]);
    join_digits(input);
    pick = duo_menu_pick(&talk->menu, input, &option);
    switch (pick) {
    case DUO_PICK_EMPTY: return STEP_END;
    case DUO_PICK_NO_SUCH:
        inform(talk, "There is no such option.");
        fault_set(&talk->api->fault, "an option was typed that there is not");
        return STEP_NEXT;
    case DUO_PICK_OPTION: return attempt(talk, option, NULL, reason);
    case DUO_PICK_PASSCODE: return attempt(talk, NULL, input, reason);
    }
    return STEP_END;
}

static enum duo_reason attempts(struct talk *talk)
{
    const struct duo_option *push = talk->request->auto_push ? duo_menu_push(&talk->menu) : NULL;
    enum duo_reason reason = DUO_HELPER;
    int left = talk->request->max_prompts;

    while (left > 0) {
        bool automatic = push != NULL;
        enum step step = automatic ? attempt(talk, push, NULL, &reason) : ask_and_attempt(talk, &reason);

        push = NULL;
        if (step == STEP_END)
            return reason;
        /*
         * Passcodes that were sent, or a push that was not, are no attempt: with one prompt there would be none left
         * for the passcode. Only the first of them is free, so that it cannot go on for ever.
         */
        if (step == STEP_NEXT || (!automatic && talk->extra_prompts++ > 0))
            left--;
    }
    return DUO_PROMPTS_USED_UP;
}

static void show_enrolment(struct talk *talk)
{
    char text[2 * DUO_TEXT_SIZE];

    snprintf(text, sizeof text, "%s%s%s", talk->preauth.status_msg[0] != '\0' ? talk->preauth.status_msg
                                                                              : "Enroll at Duo before you log in.",
             talk->preauth.enroll_url[0] != '\0' ? "\n" : "", talk->preauth.enroll_url);
    inform(talk, text);
}

enum duo_reason duo_talk_login(struct duo_api *api, struct duo_channel *channel)
{
    struct talk *talk = calloc(1, sizeof *talk);
    enum duo_reason reason = DUO_HELPER;

    if (talk == NULL) {
        fault_set(&api->fault, "out of memory");
        return DUO_HELPER;
    }
    talk->api = api;
    talk->request = api->request;
    talk->channel = channel;
    if (!preauth(talk, &reason))
        goto out;
    switch (talk->preauth.result) {
    case DUO_RESULT_ALLOW: reason = DUO_ALLOWED_BY_POLICY; break;
    case DUO_RESULT_DENY:
        inform(talk, talk->preauth.status_msg);
        reason = DUO_DENIED_BY_POLICY;
        break;
    case DUO_RESULT_ENROLL:
        show_enrolment(talk);
        reason = DUO_NOT_ENROLLED;
        break;
    case DUO_RESULT_AUTH: reason = attempts(talk); break;
    case DUO_RESULT_UNKNOWN: reason = DUO_UNKNOWN_RESULT; break;
    case DUO_RESULT_NONE:
    case DUO_RESULT_WAITING: reason = DUO_BAD_REPLY; break;
    }
out:
    memset(talk, 0, sizeof *talk);
    free(talk);
    return reason;
}

enum duo_reason duo_talk_check(struct duo_api *api)
{
    const char *host = api->request->api_host;
    enum duo_reason reason = DUO_HELPER;
    long long offset;

    if (!duo_api_clock(api, &reason))
        return reason;
    offset = api->offset;
    /* The keys are tried with Duo's time, so that a wrong clock here does not look like wrong keys. */
    if (!duo_api_call(api, DUO_CALL_CHECK, NULL, 0, &reason))
        return reason;
    if (offset > 300 || offset < -300) {
        fault_set(&api->fault, "%s answers and both keys are right, but the clock of this host is %lld s %s Duo's; set "
                  "it right", host, offset > 0 ? offset : -offset, offset > 0 ? "behind" : "ahead of");
        return DUO_CONFIGURATION;
    }
    fault_set(&api->fault, "%s answers, both keys are right, and the clocks differ by %lld s", host,
              offset > 0 ? offset : -offset);
    return DUO_CHECKED;
}
