/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold:
 *  - the first factor that has something to ask this user decides, and its denial is final;
 *  - only a service that cannot be reached passes the question on to the next factor, and its fail_mode decides only
 *    once no factor is left;
 *  - whoever has nothing to be asked for meets the same prompt as everybody, and is denied.
 *  - networks that svm.conf lists are recognised by an address alone, and nothing else says where a login comes from.
 * What MUST NOT happen:
 *  - a missing, broken or unreadable file, or an account database that does not answer, letting anyone in;
 *  - exempt_groups exempting anyone where it is not certain that they cover them;
 *  - `nullok`, or enrol_by, letting in a user whose profile was disabled, by whomever, or a name that is no account: it speaks of
 *    people who have not enrolled yet;
 *  - `nullok` or a fail_mode letting in a user id that has a profile under another name;
 *  - `nullok` letting in, from a network whose factors are without TOTP, whoever has a profile or must have one.
 */
#include "module/login.h"

#include "base/network.h"
#include "base/text.h"
#include "config/duty.h"
#include "enrol/redeem.h"
#include "module/ask.h"
#include "module/factor_duo.h"
#include "module/factor_totp.h"

#include <stdio.h>
#include <string.h>

static struct outcome outcome_error(const char *factor, const char *reason, const struct fault *fault)
{
    return (struct outcome){.verdict = VERDICT_ERROR, .factor = factor, .reason = reason, .fault = *fault};
}

/* The same question, and the same work, as for an enrolled user; nothing is right. */
static struct outcome ask_and_deny(const struct login *login, const char *reason)
{
    struct outcome outcome = {.verdict = VERDICT_DENIED};
    char *response = NULL;

    if (ask_code(login, NULL, login->svm.totp.digits, &response, &outcome) == 0)
        redeem_nothing(response);
    if (outcome.verdict == VERDICT_DENIED)
        outcome.reason = reason;
    conversation_forget(&response);
    return outcome;
}

/* sshd's answer in a stranger's place is nothing that anybody could mend. */
static struct outcome deny_stranger(const struct login *login)
{
    struct outcome outcome = ask_and_deny(login, "unknown_user");

    outcome.fault.text[0] = '\0';
    return outcome;
}

/* Whoever watches a service learns that it is gone even where another factor takes its place. */
static void log_unavailable(const struct login *login, const struct outcome *outcome)
{
    char line[800] = "";

    text_add_field(line, sizeof line, "svm", login->svm.name);
    text_add_field(line, sizeof line, "factor", outcome->factor);
    text_add_field(line, sizeof line, "event", "unavailable");
    text_add_field(line, sizeof line, "detail", outcome->fault.text);
    log_event(login->log, LOG_LEVEL_WARNING, "%s", line);
}

/* Whether LOGIN's account is never asked for a code. Where that cannot be found out, it is asked. */
static bool is_exempt(const struct login *login)
{
    char line[800] = "";
    struct fault fault;

    switch (duty_is_exempt(&login->svm, &login->account, &fault)) {
    case FOUND: return true;
    case FOUND_NOTHING: return false;
    case FOUND_FAULT: break;
    }
    text_add_field(line, sizeof line, "svm", login->svm.name);
    text_add_field(line, sizeof line, "event", "exempt_groups");
    text_add_field(line, sizeof line, "detail", fault.text);
    log_event(login->log, LOG_LEVEL_WARNING, "%s", line);
    return false;
}

/* Says to somebody who may still pass without a code until when that is, and how to get one. */
static void remind(const struct login *login, int days_left)
{
    char text[320], left[48] = "today is the last day";

    if (days_left > 0)
        snprintf(left, sizeof left, "%d %s left", days_left, days_left == 1 ? "day is" : "days are");
    snprintf(text, sizeof text, "After %s you cannot log in without a verification code: %s. %s",
             login->svm.totp.enrol_by, left,
             login->svm.self_enrolment == SELF_CLOSED ? "Ask an administrator for one."
                                                      : "Once logged in, run: mfa-enroll");
    conversation_inform(login->conversation, text);
}

/* Whoever has never enrolled may pass with nullok, or up to enrol_by. TOTP: that is one of the factors. */
static struct outcome settle_unenrolled(const struct login *login, bool totp)
{
    struct outcome outcome = {.verdict = VERDICT_IGNORED, .reason = "not_enrolled"};
    struct duty duty = {.kind = login->options->nullok ? DUTY_NULLOK : DUTY_REFUSED};

    if (totp && duty_of_unenrolled(&login->svm, &login->account, login->options->nullok, login->now(), &duty,
                                   &outcome.fault) != 0)
        return outcome_error("totp", "groups", &outcome.fault);
    switch (duty.kind) {
    case DUTY_REFUSED: break;
    case DUTY_REQUIRED: return ask_and_deny(login, "required");
    case DUTY_NULLOK: return outcome;
    case DUTY_UNTIL:
        remind(login, duty.days_left);
        outcome.reason = "enrol_by";
        fault_set(&outcome.fault, "not enrolled, and may pass up to %s; days left after today: %d",
                  login->svm.totp.enrol_by, duty.days_left);
        return outcome;
    }
    return ask_and_deny(login, "not_enrolled");
}

/*
 * Nothing was usable. Whose profile is kept under another name, or may be, is asked, in vain, whatever nullok says; and so is
 * whoever has a profile, or must have one, where TOTP is a factor from other addresses alone.
 */
static struct outcome settle_absent(const struct login *login, bool totp)
{
    const bool elsewhere = !totp && login->options->nullok && svm_has_factor(&login->svm, FACTOR_TOTP) && !is_exempt(login);
    struct outcome profile, outcome;
    enum found found = FOUND_NOTHING;

    if (totp || elsewhere)
        found = totp ? factor_totp_find_renamed(login, &profile) : factor_totp_find_any(login, &profile);
    if (found == FOUND_FAULT)
        return profile;
    if (found == FOUND_NOTHING)
        return settle_unenrolled(login, totp || elsewhere);
    outcome = ask_and_deny(login, profile.reason);
    outcome.fault = profile.fault;
    return outcome;
}

/* The service could not be reached, and OUTCOME is what its fail_mode says. */
static struct outcome settle_unavailable(const struct login *login, bool totp, const struct outcome *outcome)
{
    struct outcome renamed;

    if (outcome->verdict == VERDICT_ACCEPTED && totp && factor_totp_find_renamed(login, &renamed) != FOUND_NOTHING)
        return renamed;
    return *outcome;
}

/* The remote host by the application's word and, where sshd has one too, by both. NULL: unknown, or they differ. */
static const char *remote_host(const struct login_request *request)
{
    struct network one, other;
    char client[NETWORK_TEXT_SIZE];
    size_t length;

    if (request->rhost == NULL || request->ssh_connection == NULL)
        return request->rhost;
    length = strcspn(request->ssh_connection, " ");
    if (length >= sizeof client)
        return NULL;
    memcpy(client, request->ssh_connection, length);
    client[length] = '\0';
    return network_is_address(request->rhost, &one) && network_is_address(client, &other) && network_holds(&one, &other)
               ? request->rhost
               : NULL;
}

static struct outcome try_factors(struct login *login)
{
    const struct svm_network *network = svm_network(&login->svm, remote_host(login->request));
    const enum factor *factors = network != NULL ? network->factors : login->svm.factors;
    const size_t count = network != NULL ? network->factor_count : login->svm.factor_count;
    struct outcome outcome = {.verdict = VERDICT_DENIED}, fallback = outcome;
    bool disabled = false, unavailable = false, totp = false, exempt = false;

    if (network != NULL)
        log_event(login->log, LOG_LEVEL_DEBUG, "factors_by=networks count=%zu", count);
    if (network != NULL && count == 0)
        return (struct outcome){.verdict = VERDICT_ACCEPTED, .reason = "trusted_network"};
    for (size_t i = 0; i < count; i++) {
        enum factor_answer answer = FACTOR_ABSENT;

        switch (factors[i]) {
        case FACTOR_TOTP:
            exempt = is_exempt(login);
            totp = !exempt;
            if (!exempt)
                answer = factor_totp_run(login, &outcome);
            break;
        case FACTOR_DUO: answer = factor_duo_run(login, &outcome); break;
        }
        log_event(login->log, LOG_LEVEL_DEBUG, "factor=%s answer=%s", factor_words[factors[i]],
                  answer == FACTOR_DECIDED       ? "decided"
                  : answer == FACTOR_UNAVAILABLE ? "unavailable"
                  : answer == FACTOR_DISABLED    ? "disabled"
                                                 : "absent");
        if (answer == FACTOR_DECIDED)
            return outcome;
        if (answer == FACTOR_UNAVAILABLE) {
            /* Where codes could not be checked, no other service that is gone as well lets in. */
            if (!unavailable || outcome.verdict != VERDICT_ACCEPTED)
                fallback = outcome;
            unavailable = true;
            log_unavailable(login, &outcome);
        }
        disabled = disabled || answer == FACTOR_DISABLED;
    }
    if (unavailable)
        return settle_unavailable(login, totp, &fallback);
    if (disabled)
        return ask_and_deny(login, "profile_disabled");
    if (exempt)
        return (struct outcome){.verdict = VERDICT_IGNORED, .factor = "totp", .reason = "exempt"};
    return settle_absent(login, totp);
}

/* The SVM's name, or NULL with a fault. */
static const char *find_svm(const struct login *login, struct fault *fault)
{
    char local_address[64];
    struct host_login known = {.user = login->account.name, .service = login->request->service};
    const char *name = login->options->svm;
    int rule = -1;

    if (name == NULL) {
        if (host_local_address(login->request->ssh_connection, local_address) == 0)
            known.local_address = local_address;
        name = host_svm(&login->host, &known, &rule, fault);
    }
    if (name != NULL && rule >= 0)
        log_event(login->log, LOG_LEVEL_DEBUG, "svm=%s chosen_by=svm_rules[%d]", name, rule);
    else if (name != NULL)
        log_event(login->log, LOG_LEVEL_DEBUG, "svm=%s chosen_by=%s", name,
                  login->options->svm != NULL ? "svm=" : "default_svm");
    return name;
}

static struct outcome decide(struct login *login)
{
    struct fault fault = {.text = ""};
    enum found found;
    const char *name;

    if (host_read(login->options->conf, &login->host, &fault) != 0)
        return outcome_error(NULL, "configuration", &fault);
    found = account_find(login->request->user, &login->account, &fault);
    if (found == FOUND_FAULT)
        return outcome_error(NULL, "account", &fault);
    /* Rules match the name as typed where there is no account, so that strangers meet that SVM's state of repair. */
    if (found == FOUND_NOTHING)
        snprintf(login->account.name, sizeof login->account.name, "%s", login->request->user);
    else if (account_owner(&login->account, login->owner, &fault) != 0)
        return outcome_error(NULL, "account", &fault);
    name = find_svm(login, &fault);
    if (name == NULL || svm_read(&login->host, name, &login->svm, &fault) != 0)
        return outcome_error(NULL, "configuration", &fault);
    if (found == FOUND_NOTHING)
        return deny_stranger(login);
    return try_factors(login);
}

static void write_log(const struct login *login, const struct outcome *outcome)
{
    const struct login_request *request = login->request;
    enum log_level level = LOG_LEVEL_WARNING;
    char line[1600] = "";

    if (outcome->verdict == VERDICT_INCOMPLETE && !login->log->debug)
        return;

    text_add_field(line, sizeof line, "svm", login->svm.name[0] != '\0' ? login->svm.name : NULL);
    text_add_field(line, sizeof line, "user", request->user);
    text_add_field(line, sizeof line, "service", request->service);
    text_add_field(line, sizeof line, "rhost", request->rhost != NULL && request->rhost[0] != '\0' ? request->rhost : NULL);
    text_add_field(line, sizeof line, "factor", outcome->factor);
    text_add_field(line, sizeof line, "result", verdict_word(outcome->verdict));
    text_add_field(line, sizeof line, "reason", outcome->reason);
    if (outcome->fault.text[0] != '\0')
        text_add_field(line, sizeof line, "detail", outcome->fault.text);
    if (outcome->warn)
        level = LOG_LEVEL_WARNING;
    else if (outcome->verdict == VERDICT_ACCEPTED || outcome->verdict == VERDICT_IGNORED)
        level = LOG_LEVEL_INFO;
    else if (outcome->verdict == VERDICT_ERROR)
        level = LOG_LEVEL_ERROR;
    login->log->write(login->log->context, level, line);
}

enum verdict login_run(struct login *login)
{
    struct outcome outcome = decide(login);

    write_log(login, &outcome);
    svm_free(&login->svm);
    host_free(&login->host);
    return outcome.verdict;
}
