/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: the prompt comes first, with no lock held, and then redeem_code() decides on what is stored then.
 * What MUST NOT happen: a verdict from the profile that was read before the prompt: that only says whether to ask.
 */
#include "module/factor_totp.h"

#include "enrol/redeem.h"
#include "module/ask.h"

/* How far the clock seems to be off, in words. */
static void explain_off(int off, struct fault *fault)
{
    const int seconds = off < 0 ? -off : off;
    const bool minutes = seconds % 60 == 0 || seconds > 300;

    fault_set(fault, "code of %d %s %s", minutes ? seconds / 60 : seconds, minutes ? "min" : "s",
              off < 0 ? "ago" : "ahead");
}

static void explain(const struct login *login, const struct redeemed *redeemed, struct fault *fault)
{
    const struct attempt *attempt = &redeemed->attempt;

    if (attempt->off != 0)
        explain_off(attempt->off, fault);
    else if (attempt->result == ATTEMPT_NOT_A_CODE && login->request->ssh_connection != NULL)
        fault_set(fault, "not counted; sshd answers with the password where PasswordAuthentication in sshd_config is "
                  "\"yes\"");
    else if (attempt->result == ATTEMPT_CLOCK_BEHIND)
        fault_set(fault, "the clock of this host is behind the last accepted code; no code is accepted for another "
                  "%lld s; set the clock right", attempt->behind);
    else if (attempt->result == ATTEMPT_THROTTLED)
        fault_set(fault, "nothing is looked at for another %d s", attempt->wait);
    else if (attempt->result == ATTEMPT_LOCKED)
        fault_set(fault, "%d wrong codes in a row; run: mfactl totp unlock", STATE_FAILURES_MAX);
    else if (attempt->result == ATTEMPT_EMERGENCY)
        fault_set(fault, "emergency codes left: %d", attempt->codes_left);
    else if (redeemed->unfinished)
        fault_set(fault, "the attempt before was cut off, and counts as a wrong code");
}

static enum verdict verdict_of(const struct attempt *attempt)
{
    switch (attempt->result) {
    case ATTEMPT_WRONG:
    case ATTEMPT_NOT_A_CODE:
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

/* What whoever must wait is told before they type: where there is nothing to show texts in (sudo), the prompt is all. */
static void notice(const struct login *login, const struct store_entry *entry, char *text, size_t size)
{
    struct totp_state totp = entry->totp;
    struct redeemed redeemed = {.attempt = {.result = ATTEMPT_LOCKED}};
    bool restarted;

    text[0] = '\0';
    if (!totp_state_is_locked(&totp)) {
        redeemed.attempt.result = ATTEMPT_THROTTLED;
        redeemed.attempt.wait = totp_state_wait(&totp, login->now(), &restarted);
        if (redeemed.attempt.wait == 0)
            return;
    }
    redeemed_text(&redeemed, text, size);
}

static void ask_and_check(const struct login *login, const struct store *store, const struct store_entry *entry,
                          struct outcome *outcome)
{
    const struct store_owner owner = login_owner(login);
    struct redeemed redeemed;
    char *response = NULL, text[160];

    notice(login, entry, text, sizeof text);
    if (ask_code(login, text, &response, outcome) != 0)
        return;
    switch (redeem_code(store, &owner, (unsigned int)login->svm.totp.window, response, login->now, &redeemed,
                        &outcome->fault)) {
    case FOUND_FAULT:
        outcome->verdict = VERDICT_ERROR;
        outcome->reason = "state";
        break;
    case FOUND_NOTHING: /* deleted while the prompt was open */
        outcome->verdict = VERDICT_DENIED;
        outcome->reason = "not_enrolled";
        break;
    case FOUND:
        outcome->verdict = verdict_of(&redeemed.attempt);
        outcome->reason = redeemed.disabled ? "profile_disabled" : attempt_word(redeemed.attempt.result);
        explain(login, &redeemed, &outcome->fault);
        redeemed_text(&redeemed, text, sizeof text);
        if (text[0] != '\0')
            conversation_inform(login->conversation, text);
        break;
    }
    conversation_forget(&response);
}

enum factor_answer factor_totp_run(const struct login *login, struct outcome *outcome)
{
    const struct store_owner owner = login_owner(login);
    enum factor_answer answer = FACTOR_DECIDED;
    struct store_entry entry;
    struct store *store;

    *outcome = (struct outcome){.verdict = VERDICT_ERROR, .factor = "totp", .reason = "state"};
    store = store_open(&login->host, login->svm.name, &outcome->fault);
    if (store == NULL)
        return FACTOR_DECIDED;
    if (store_read(store, &owner, &entry, &outcome->fault) == 0) {
        if (!entry.enrolled)
            answer = FACTOR_ABSENT;
        else if (entry.profile.enabled)
            ask_and_check(login, store, &entry, outcome);
        else
            answer = FACTOR_DISABLED;
    }
    store_close(store);
    return answer;
}

enum found factor_totp_find_renamed(const struct login *login, struct outcome *outcome)
{
    const struct store_owner owner = login_owner(login);
    enum found found = FOUND_FAULT;
    struct store *store;

    *outcome = (struct outcome){.verdict = VERDICT_ERROR, .factor = "totp", .reason = "state"};
    store = store_open(&login->host, login->svm.name, &outcome->fault);
    if (store != NULL)
        found = store_find_renamed(store, &owner, &outcome->fault);
    store_close(store);
    if (found == FOUND) {
        outcome->verdict = VERDICT_DENIED;
        outcome->reason = "enrolled_under_another_name";
    }
    return found;
}
