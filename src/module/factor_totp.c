/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: the prompt comes first, with no lock held, and then redeem_code() decides on what is stored then.
 * What MUST NOT happen: a verdict from the profile that was read before the prompt: that only says whether to ask.
 */
#include "module/factor_totp.h"

#include "base/shell.h"
#include "enrol/redeem.h"
#include "module/ask.h"

#include <string.h>

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
    else if (attempt->result == ATTEMPT_REUSED && redeemed->host[0] != '\0')
        fault_set(fault, "the last code was used on the host \"%s\"; a code opens one host", redeemed->host);
    else if (attempt->result == ATTEMPT_CLOCK_BEHIND)
        fault_set(fault, "the clock of this host is behind the last accepted code; no code is accepted for another "
                  "%lld s; set the clock right", attempt->behind);
    else if (attempt->result == ATTEMPT_THROTTLED)
        fault_set(fault, "nothing is looked at for another %d s", attempt->wait);
    else if (attempt->result == ATTEMPT_LOCKED)
        fault_set(fault, "%d wrong codes in a row; run: mfactl totp unlock --svm %s --user %s", STATE_FAILURES_MAX,
                  shell_word(login->svm.name).text, shell_word(login->owner).text);
    else if (attempt->result == ATTEMPT_EMERGENCY)
        fault_set(fault, "emergency codes left: %d", attempt->codes_left);
    else if (redeemed->ended != 0)
        fault_set(fault, "process %d kept the user's record and did not go on; it was ended, and its attempt counts as a "
                  "wrong code", (int)redeemed->ended);
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

static void set_outcome(struct outcome *outcome, enum verdict verdict, const char *reason)
{
    outcome->verdict = verdict;
    outcome->reason = reason;
}

/* What could not be done, in the word that the store has for it. What was begun and not answered is a denial. */
static void set_fault(struct outcome *outcome)
{
    const char *reason = store_reason(&outcome->fault);

    set_outcome(outcome, VERDICT_ERROR, reason != NULL ? reason : "state");
    if (reason != NULL && (strcmp(reason, "attempt_unanswered") == 0 || strcmp(reason, "store_contention") == 0))
        outcome->verdict = VERDICT_DENIED;
}

static void set_redeemed(const struct login *login, const struct redeemed *redeemed, struct outcome *outcome)
{
    char text[160];

    set_outcome(outcome, verdict_of(&redeemed->attempt),
                redeemed->disabled ? "profile_disabled" : attempt_word(redeemed->attempt.result));
    explain(login, redeemed, &outcome->fault);
    redeemed_text(redeemed, text, sizeof text);
    if (text[0] != '\0')
        conversation_inform(login->conversation, text);
}

/*
 * The fleet cannot be reached, and RESPONSE was given or is asked for (NULL): an emergency code that was made for this host,
 * and is known nowhere else, lets in; nothing else does.
 */
static void check_local(const struct login *login, const char *response, struct outcome *outcome)
{
    const struct store_owner owner = login_owner(login);
    struct store *store = store_open_local(&login->host, login->svm.name, &outcome->fault);
    struct store_entry entry;
    struct redeemed redeemed;
    char *asked = NULL;

    if (store == NULL || store_read(store, &owner, &entry, &outcome->fault) != 0) {
        set_outcome(outcome, VERDICT_ERROR, "state");
        store_close(store);
        return;
    }
    if (entry.enrolled && strcmp(entry.profile.comment, STORE_LOCAL_COMMENT) != 0) {
        if (response != NULL || ask_code(login, NULL, login->svm.totp.digits, &asked, outcome) == 0)
            set_outcome(outcome, VERDICT_UNAVAILABLE, "no_local_codes");
    } else if (response != NULL || ask_code(login, NULL, login->svm.totp.digits, &asked, outcome) == 0) {
        switch (redeem_code(store, &owner, (unsigned int)login->svm.totp.window, response != NULL ? response : asked, login->now,
                            &redeemed, &outcome->fault)) {
        case FOUND_FAULT: set_outcome(outcome, VERDICT_ERROR, "state"); break;
        case FOUND_NOTHING: set_outcome(outcome, VERDICT_UNAVAILABLE, "no_local_codes"); break;
        case FOUND:
            set_redeemed(login, &redeemed, outcome);
            if (redeemed.attempt.result == ATTEMPT_CODE)
                set_outcome(outcome, VERDICT_DENIED, "local_code_only");
            outcome->warn = true;
            break;
        }
    }
    conversation_forget(&asked);
    store_close(store);
}

/* The SVM's fleet could not be reached, and nothing was begun there. RESPONSE: what was answered already, or NULL. */
static enum factor_answer go_offline(const struct login *login, const char *response, struct outcome *outcome)
{
    const char *reason = store_reason(&outcome->fault);

    set_outcome(outcome, VERDICT_UNAVAILABLE, reason != NULL ? reason : "store_unavailable");
    outcome->warn = true;
    switch ((enum svm_offline)login->svm.offline) {
    case SVM_OFFLINE_DENY: break;
    case SVM_OFFLINE_NEXT_FACTOR: return FACTOR_UNAVAILABLE;
    case SVM_OFFLINE_LOCAL_CODES: check_local(login, response, outcome); break;
    }
    return FACTOR_DECIDED;
}

/*
 * While a prompt was open the SVM may have been moved from files to a fleet, perhaps back as well, and then the files that were
 * read decide nothing any more. *ANEW: the store that the settings say now; NULL: the one that is open is still it. -1: fault.
 */
static int open_anew(const struct login *login, struct store **anew, struct outcome *outcome)
{
    struct svm svm;
    bool moved;

    *anew = NULL;
    if (login->host.fleets.count > 0) {
        *anew = store_open(&login->host, login->svm.name, &outcome->fault);
        if (*anew == NULL)
            set_fault(outcome);
        return *anew != NULL ? 0 : -1;
    }
    if (svm_read(&login->host, login->svm.name, &svm, &outcome->fault) != 0) {
        set_outcome(outcome, VERDICT_ERROR, "configuration");
        return -1;
    }
    moved = svm.store != SVM_STORE_FILES;
    svm_free(&svm);
    if (!moved)
        return 0;
    fault_set_field(&outcome->fault, "store_moving", "SVM \"%s\" was moved while the prompt was open", login->svm.name);
    set_fault(outcome);
    return -1;
}

static enum factor_answer ask_and_check(const struct login *login, const struct store *store,
                                        const struct store_entry *entry, struct outcome *outcome)
{
    const struct store_owner owner = login_owner(login);
    enum factor_answer answer = FACTOR_DECIDED;
    struct store *anew;
    struct redeemed redeemed;
    char *response = NULL, text[160];

    notice(login, entry, text, sizeof text);
    if (ask_code(login, text, entry->profile.digits, &response, outcome) != 0)
        return FACTOR_DECIDED;
    if (open_anew(login, &anew, outcome) != 0) {
        conversation_forget(&response);
        return FACTOR_DECIDED;
    }
    switch (redeem_code(anew != NULL ? anew : store, &owner, (unsigned int)login->svm.totp.window, response, login->now, &redeemed,
                        &outcome->fault)) {
    case FOUND_FAULT:
        if (outcome->fault.class == FAULT_UNAVAILABLE)
            answer = go_offline(login, response, outcome);
        else
            set_fault(outcome);
        break;
    case FOUND_NOTHING: /* deleted while the prompt was open */
        set_outcome(outcome, VERDICT_DENIED, "not_enrolled");
        break;
    case FOUND: set_redeemed(login, &redeemed, outcome); break;
    }
    store_close(anew);
    conversation_forget(&response);
    return answer;
}

enum factor_answer factor_totp_run(const struct login *login, struct outcome *outcome)
{
    const struct store_owner owner = login_owner(login);
    enum factor_answer answer = FACTOR_DECIDED;
    struct store_entry entry;
    struct store *store;

    *outcome = (struct outcome){.verdict = VERDICT_ERROR, .factor = "totp", .reason = "state"};
    store = store_open(&login->host, login->svm.name, &outcome->fault);
    if (store == NULL) {
        set_fault(outcome);
        return FACTOR_DECIDED;
    }
    if (store_read(store, &owner, &entry, &outcome->fault) != 0) {
        if (outcome->fault.class == FAULT_UNAVAILABLE)
            answer = go_offline(login, NULL, outcome);
        else
            set_fault(outcome);
    } else if (!entry.enrolled && entry.halted) {
        fault_set_field(&outcome->fault, "store_halted", "the SVM is halted, so nobody is taken for one who has not enrolled; "
                        "see: mfactl store status");
        set_fault(outcome);
    } else if (!entry.enrolled)
        answer = FACTOR_ABSENT;
    else if (entry.profile.enabled)
        answer = ask_and_check(login, store, &entry, outcome);
    else
        answer = FACTOR_DISABLED;
    store_close(store);
    return answer;
}

static enum found find_renamed(const struct login *login, const struct store *store, struct outcome *outcome)
{
    const struct store_owner owner = login_owner(login);
    enum found found = store_find_renamed(store, &owner, &outcome->fault);

    if (found == FOUND)
        set_outcome(outcome, VERDICT_DENIED, "enrolled_under_another_name");
    return found;
}

static enum found find_own(const struct login *login, const struct store *store, struct outcome *outcome)
{
    const struct store_owner owner = login_owner(login);
    struct store_entry entry;

    if (store_read(store, &owner, &entry, &outcome->fault) != 0)
        return FOUND_FAULT;
    if (!entry.enrolled)
        return FOUND_NOTHING;
    set_outcome(outcome, VERDICT_DENIED, entry.profile.enabled ? "not_asked_here" : "profile_disabled");
    return FOUND;
}

/* OWN: the profile under the name that counts, too. */
static enum found find(const struct login *login, bool own, struct outcome *outcome)
{
    enum found found;
    struct store *store;

    *outcome = (struct outcome){.verdict = VERDICT_ERROR, .factor = "totp", .reason = "state"};
    store = store_open(&login->host, login->svm.name, &outcome->fault);
    if (store == NULL)
        return FOUND_FAULT;
    found = own ? find_own(login, store, outcome) : FOUND_NOTHING;
    if (found == FOUND_NOTHING)
        found = find_renamed(login, store, outcome);
    store_close(store);
    return found;
}

enum found factor_totp_find_renamed(const struct login *login, struct outcome *outcome)
{
    return find(login, false, outcome);
}

enum found factor_totp_find_any(const struct login *login, struct outcome *outcome)
{
    return find(login, true, outcome);
}
