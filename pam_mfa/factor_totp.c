/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: first the prompt, with no lock held, then, as one step under the lock, reading, checking and writing,
 * and only then success. So a code is accepted once, however many logins race, and whatever is killed.
 * What MUST NOT happen: an answer from a profile read before the prompt, which may have been replaced since.
 */
#include "factor_totp.h"

#include "attempt.h"
#include "store.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

int factor_totp_ask(const struct login *login, char **response)
{
    if (conversation_prompt(login->conversation, "Verification code: ", login->options->echo, response) != 0)
        return -1;
    if (text_trim(*response, strlen(*response) + 1, *response) == 0 && (*response)[0] != '\0')
        return 0;
    conversation_forget(response);
    return -1;
}

/* What store_update's decision needs and finds. */
struct check {
    const struct store *store;
    const char *response;
    unsigned int window;
    long long now;
    bool disabled;
    struct attempt attempt;
};

static enum store_decision check_response(void *context, const struct profile *profile, struct totp_state *totp,
                                          struct fault *fault)
{
    struct check *check = context;
    struct secrets secrets;

    if (!profile->enabled) {
        check->disabled = true;
        return STORE_KEEP;
    }
    if (profile_unseal(profile, check->store->seal_key, &secrets, fault) != 0)
        return STORE_FAIL;
    check->attempt = attempt_check(profile, &secrets, check->window, totp, check->response, check->now, fault);
    secrets_wipe(&secrets);
    if (check->attempt.result == ATTEMPT_ERROR)
        return STORE_FAIL;
    return check->attempt.state_changed ? STORE_WRITE : STORE_KEEP;
}

static void tell(const struct login *login, const struct attempt *attempt)
{
    char text[160];

    if (attempt->result == ATTEMPT_EMERGENCY && attempt->codes_left > 0)
        snprintf(text, sizeof text, "Emergency code accepted; %d left.", attempt->codes_left);
    else if (attempt->result == ATTEMPT_EMERGENCY)
        snprintf(text, sizeof text, "Emergency code accepted; that was the last one. Make new ones with: mfa-enroll "
                 "codes");
    else if (attempt->result == ATTEMPT_THROTTLED)
        snprintf(text, sizeof text, "Too many wrong codes. Try again in %d seconds.", attempt->wait);
    else if (attempt->result == ATTEMPT_LOCKED)
        snprintf(text, sizeof text, "Too many wrong codes. Ask an administrator to unlock your verification codes.");
    else
        return;
    conversation_inform(login->conversation, text);
}

static void explain(const struct attempt *attempt, struct fault *fault)
{
    if (attempt->result == ATTEMPT_CLOCK_BEHIND)
        fault_set(fault, "the clock of this host is behind the last accepted code; no code is accepted for another "
                  "%lld s; set the clock right", attempt->behind);
    else if (attempt->result == ATTEMPT_THROTTLED)
        fault_set(fault, "nothing is looked at for another %d s", attempt->wait);
    else if (attempt->result == ATTEMPT_LOCKED)
        fault_set(fault, "%d wrong codes in a row; run: mfactl totp unlock", STATE_FAILURES_MAX);
    else if (attempt->result == ATTEMPT_EMERGENCY)
        fault_set(fault, "emergency codes left: %d", attempt->codes_left);
}

static enum verdict verdict_of(const struct attempt *attempt)
{
    switch (attempt->result) {
    case ATTEMPT_WRONG:
    case ATTEMPT_REUSED:
    case ATTEMPT_CLOCK_BEHIND: return VERDICT_DENIED;
    case ATTEMPT_THROTTLED:
    case ATTEMPT_LOCKED: return VERDICT_THROTTLED;
    case ATTEMPT_ERROR: return VERDICT_ERROR;
    case ATTEMPT_CODE:
    case ATTEMPT_EMERGENCY: return VERDICT_ACCEPTED;
    }
    return VERDICT_ERROR;
}

static void ask_and_check(const struct login *login, const struct store *store, struct outcome *outcome)
{
    struct check check = {.store = store, .window = (unsigned int)login->svm.totp.window};
    char *response = NULL;

    if (factor_totp_ask(login, &response) != 0) {
        outcome->verdict = VERDICT_NO_ANSWER;
        outcome->reason = "no_answer";
        return;
    }
    check.response = response;
    check.now = login->now();
    switch (store_update(store, &login->account, check_response, &check, &outcome->fault)) {
    case FOUND_FAULT:
        outcome->verdict = VERDICT_ERROR;
        outcome->reason = "state";
        break;
    case FOUND_NOTHING: /* deleted while the prompt was open */
        outcome->verdict = VERDICT_DENIED;
        outcome->reason = "not_enrolled";
        break;
    case FOUND:
        if (check.disabled) {
            outcome->verdict = VERDICT_DENIED;
            outcome->reason = "profile_disabled";
            break;
        }
        outcome->verdict = verdict_of(&check.attempt);
        outcome->reason = attempt_word(check.attempt.result);
        explain(&check.attempt, &outcome->fault);
        tell(login, &check.attempt);
        break;
    }
    conversation_forget(&response);
}

enum factor_answer factor_totp_run(const struct login *login, struct outcome *outcome)
{
    enum factor_answer answer = FACTOR_DECIDED;
    struct profile profile;
    struct store store;

    *outcome = (struct outcome){.verdict = VERDICT_ERROR, .factor = "totp", .reason = "state"};
    if (store_open(&store, &login->host, login->svm.name, &outcome->fault) != 0)
        return FACTOR_DECIDED;
    switch (store_read(&store, &login->account, &profile, &outcome->fault)) {
    case FOUND_FAULT: break;
    case FOUND_NOTHING: answer = FACTOR_ABSENT; break;
    case FOUND:
        if (profile.enabled)
            ask_and_check(login, &store, outcome);
        else
            answer = FACTOR_DISABLED;
        break;
    }
    store_close(&store);
    return answer;
}
