/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Follows login.c and the factors with the same functions, up to where they would ask.
 *
 * What MUST NOT happen: a prompt, a push, a lock taken or a file written; an answer kinder than the login's.
 */
#include "admin/explain.h"

#include "base/shell.h"
#include "config/account.h"
#include "config/duo_profile.h"
#include "config/duo_user.h"
#include "config/duty.h"
#include "config/host.h"
#include "config/svm.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

struct explanation {
    const struct explain_login *login;
    struct report *report;
    struct host host;
    struct svm svm;
    struct account account;
    char owner[NAME_SIZE]; /* whose enrolment counts */
};

enum answer { ANSWER_NO = 0, ANSWER_DISABLED, ANSWER_RENAMED, ANSWER_ASKS, ANSWER_ASKS_IF_REACHED, ANSWER_REFUSES };

static enum answer refuse(const struct explanation *explanation, const char *what, const struct fault *fault)
{
    report_line(explanation->report, "%s: %s", what, fault->text);
    return ANSWER_REFUSES;
}

/* What the state has to say before a code is looked at. */
static enum answer explain_state(const struct explanation *explanation, struct totp_state *totp)
{
    bool restarted;
    int wait;

    if (totp_state_is_locked(totp)) {
        report_line(explanation->report, "factor totp: disabled by %d wrong codes in a row; run: mfactl totp unlock "
                    "--svm %s --user %s", totp->failures, shell_word(explanation->svm.name).text,
                    shell_word(explanation->owner).text);
        return ANSWER_REFUSES;
    }
    wait = totp_state_wait(totp, explanation->login->now, &restarted);
    if (wait > 0)
        report_line(explanation->report, "factor totp: after %d wrong codes in a row, nothing is looked at for another "
                    "%d s", totp->failures, wait);
    return wait > 0 ? ANSWER_REFUSES : ANSWER_ASKS;
}

static enum answer explain_entry(const struct explanation *explanation, const struct store *store,
                                 struct store_entry *entry)
{
    struct secrets secrets;
    struct fault fault;

    if (!entry->enrolled) {
        report_line(explanation->report, "factor totp: the user has no profile in this SVM");
        return ANSWER_NO;
    }
    if (!entry->profile.enabled) {
        report_line(explanation->report, "factor totp: the user's profile is disabled; to enable it: mfactl totp modify "
                    "--svm %s --user %s --enabled true", shell_word(explanation->svm.name).text,
                    shell_word(explanation->owner).text);
        return ANSWER_DISABLED;
    }
    if (store_unseal(store, &entry->profile, &secrets, &fault) != 0)
        return refuse(explanation, "factor totp", &fault);
    secrets_wipe(&secrets);
    return explain_state(explanation, &entry->totp);
}

static enum answer explain_totp(const struct explanation *explanation)
{
    const struct store_owner owner = {explanation->owner, explanation->account.uid};
    enum answer answer = ANSWER_REFUSES;
    struct store_entry entry;
    struct fault fault;
    struct store *store = store_open(&explanation->host, explanation->svm.name, &fault);

    if (store == NULL)
        return refuse(explanation, "factor totp", &fault);
    if (store_read(store, &owner, &entry, &fault) != 0)
        answer = refuse(explanation, "factor totp", &fault);
    else
        answer = explain_entry(explanation, store, &entry);
    if (answer == ANSWER_NO && store_find_renamed(store, &owner, &fault) != FOUND_NOTHING) {
        report_line(explanation->report, "factor totp: %s", fault.text);
        answer = ANSWER_RENAMED;
    }
    store_close(store);
    if (answer == ANSWER_ASKS)
        report_line(explanation->report, "factor totp: asks for a verification code");
    return answer;
}

static enum answer explain_duo_user(const struct explanation *explanation, const struct duo_profile *profile,
                                    const char *owner)
{
    char name[DUO_USERNAME_SIZE];
    struct fault fault;

    if (!profile->is_enabled) {
        report_line(explanation->report, "factor duo: the profile of SVM \"%s\" is disabled", owner);
        return ANSWER_NO;
    }
    switch (duo_user_in_scope(profile, &explanation->account, &fault)) {
    case FOUND_FAULT: return refuse(explanation, "factor duo", &fault);
    case FOUND_NOTHING:
        report_line(explanation->report, "factor duo: the user is in none of the profile's groups, or excluded from "
                    "them");
        return ANSWER_NO;
    case FOUND: break;
    }
    if (duo_user_name(profile, explanation->svm.name, &explanation->account, name, &fault) != 0)
        return refuse(explanation, "factor duo", &fault);
    report_line(explanation->report, "factor duo: asks %s for \"%s\", by the profile of SVM \"%s\"", profile->api_host,
                name, owner);
    if (profile->fail_mode == DUO_FAIL_SAFE)
        report_line(explanation->report, "factor duo: should it be out of reach, the next factor is asked, and if "
                    "there is none, the user is let in: fail_mode is safe");
    else
        report_line(explanation->report, "factor duo: should it be out of reach, the next factor is asked, and if "
                    "there is none, the login is refused: fail_mode is secure");
    return ANSWER_ASKS_IF_REACHED;
}

static enum answer explain_duo(const struct explanation *explanation)
{
    struct duo_profile *profile = calloc(1, sizeof *profile);
    enum answer answer = ANSWER_REFUSES;
    const char *owner = "";
    struct fault fault;

    if (profile == NULL)
        return ANSWER_REFUSES;
    switch (duo_profile_read(&explanation->host, explanation->svm.name, profile, &owner, &fault)) {
    case FOUND_FAULT: answer = refuse(explanation, "factor duo", &fault); break;
    case FOUND_NOTHING:
        report_line(explanation->report, "factor duo: neither this SVM nor the cluster has a Duo profile");
        answer = ANSWER_NO;
        break;
    case FOUND: answer = explain_duo_user(explanation, profile, owner); break;
    }
    duo_profile_free(profile);
    free(profile);
    return answer;
}

static int decide(const struct explanation *explanation, const char *decision, int result)
{
    report_line(explanation->report, "decision: %s", decision);
    return result;
}

/* Whether the user is never asked for a code, as far as that can be found out. */
static bool explain_exemption(const struct explanation *explanation)
{
    struct fault fault;

    switch (duty_is_exempt(&explanation->svm, &explanation->account, &fault)) {
    case FOUND:
        report_line(explanation->report, "factor totp: the user is in one of exempt_groups, and not asked for a code");
        return true;
    case FOUND_NOTHING: return false;
    case FOUND_FAULT: report_line(explanation->report, "factor totp: asked all the same: %s", fault.text); break;
    }
    return false;
}

/* The user has nothing to be asked for. */
static int explain_unenrolled(const struct explanation *explanation, bool totp)
{
    struct duty duty = {.kind = explanation->login->nullok ? DUTY_NULLOK : DUTY_REFUSED};
    struct fault fault;

    if (totp && duty_of_unenrolled(&explanation->svm, &explanation->account, explanation->login->nullok,
                                   explanation->login->now, &duty, &fault) != 0) {
        report_line(explanation->report, "required_groups: %s", fault.text);
        return decide(explanation, "refused (PAM_SERVICE_ERR)", -1);
    }
    switch (duty.kind) {
    case DUTY_REFUSED: break;
    case DUTY_REQUIRED:
        return decide(explanation, "refused, after the same prompt as for everybody: the user is in one of "
                      "required_groups and has not enrolled, which nullok does not change; let them enrol with mfa-enroll",
                      -1);
    case DUTY_NULLOK:
        return decide(explanation, "passed on (PAM_IGNORE): nothing to ask this user for, and nullok permits that", 0);
    case DUTY_UNTIL:
        report_line(explanation->report, "enrol_by: %s, days left after today: %d", explanation->svm.totp.enrol_by,
                    duty.days_left);
        return decide(explanation, "passed on (PAM_IGNORE): the user has not enrolled, and need not have before enrol_by",
                      0);
    }
    return decide(explanation, "refused, after the same prompt as for everybody: nothing to ask this user for; let "
                  "them enrol with mfa-enroll", -1);
}

/*
 * No factor had anything to ask, and TOTP was none of them. Where it is one from other addresses, nullok is for who has no
 * profile, and need have none.
 */
static int explain_elsewhere(const struct explanation *explanation)
{
    if (!explanation->login->nullok || !svm_has_factor(&explanation->svm, FACTOR_TOTP) || explain_exemption(explanation))
        return explain_unenrolled(explanation, false);
    if (explain_totp(explanation) == ANSWER_NO)
        return explain_unenrolled(explanation, true);
    return decide(explanation, "refused: from this network the user is asked for no code, and nullok is for who has no "
                  "profile", -1);
}

static int explain_factors(const struct explanation *explanation)
{
    const struct svm_network *network = svm_network(&explanation->svm, explanation->login->rhost);
    const enum factor *factors = network != NULL ? network->factors : explanation->svm.factors;
    const size_t count = network != NULL ? network->factor_count : explanation->svm.factor_count;
    bool disabled = false, renamed = false, may_ask = false, totp = false, exempt = false;

    if (network != NULL)
        report_line(explanation->report, "remote host: \"%s\", in networks[%td] of svm.conf: %s", explanation->login->rhost,
                    network - (const struct svm_network *)explanation->svm.networks.items,
                    count > 0 ? "its factors count" : "no factor is asked for");
    else if (explanation->login->rhost != NULL)
        report_line(explanation->report, "remote host: \"%s\", in none of the networks of svm.conf",
                    explanation->login->rhost);
    if (network != NULL && count == 0)
        return decide(explanation, "let in, without a second factor", 0);
    for (size_t i = 0; i < count; i++) {
        enum answer answer = ANSWER_NO;

        switch (factors[i]) {
        case FACTOR_TOTP:
            exempt = explain_exemption(explanation);
            totp = !exempt;
            if (!exempt)
                answer = explain_totp(explanation);
            break;
        case FACTOR_DUO: answer = explain_duo(explanation); break;
        }
        switch (answer) {
        case ANSWER_NO: break;
        case ANSWER_DISABLED: disabled = true; break;
        case ANSWER_RENAMED: renamed = true; break;
        case ANSWER_ASKS: return decide(explanation, "let in with the right verification code", 0);
        case ANSWER_REFUSES:
            return decide(explanation, may_ask ? "let in if Duo approves; refused if Duo is out of reach" : "refused",
                          may_ask ? 0 : -1);
        case ANSWER_ASKS_IF_REACHED: may_ask = true; break;
        }
    }
    if (may_ask)
        return decide(explanation, "let in if Duo approves", 0);
    if (disabled)
        return decide(explanation, "refused, after the same prompt as for everybody: the profile is disabled", -1);
    if (exempt)
        return decide(explanation, "passed on (PAM_IGNORE): the user is in one of exempt_groups", 0);
    if (renamed)
        return decide(explanation, "refused, after the same prompt as for everybody: enrolled under another name", -1);
    return totp ? explain_unenrolled(explanation, true) : explain_elsewhere(explanation);
}

/* What mfa-enroll would say to the user. */
static void explain_enrolment(const struct explanation *explanation)
{
    struct duo_profile *profile = calloc(1, sizeof *profile);
    struct report *report = explanation->report;
    struct fault fault = {.text = "out of memory"};

    switch ((enum self_enrolment)explanation->svm.self_enrolment) {
    case SELF_OPEN: report_line(report, "enrolment: mfa-enroll is open to the user: self_enrolment is open"); break;
    case SELF_CLOSED: report_line(report, "enrolment: mfa-enroll makes no key without a ticket: self_enrolment is closed"); break;
    case SELF_AFTER_DUO:
        switch (profile == NULL ? FOUND_FAULT
                                : duo_user_is_covered(&explanation->host, &explanation->svm, &explanation->account,
                                                      profile, &fault)) {
        case FOUND_FAULT: report_line(report, "enrolment: mfa-enroll makes no first key: %s", fault.text); break;
        case FOUND_NOTHING:
            report_line(report, "enrolment: mfa-enroll is open to the user: self_enrolment is after_duo, and Duo does "
                        "not cover them");
            break;
        case FOUND:
            report_line(report, "enrolment: mfa-enroll makes a first key once Duo has approved: self_enrolment is "
                        "after_duo");
            break;
        }
        break;
    }
    if (profile != NULL)
        duo_profile_free(profile);
    free(profile);
}

/* The SVM's name, or NULL with a fault. */
static const char *explain_svm(const struct explanation *explanation, struct fault *fault)
{
    const struct host_login known = {.user = explanation->account.name, .service = explanation->login->service,
                                     .local_address = explanation->login->local_address};
    const char *name = explanation->login->svm;
    int rule = -1;

    if (name != NULL) {
        report_line(explanation->report, "SVM: \"%s\", by the module's argument svm=", name);
        return name;
    }
    if (known.local_address == NULL)
        report_line(explanation->report, "local address: not given, so a rule that asks for one does not match");
    name = host_svm(&explanation->host, &known, &rule, fault);
    if (name != NULL && rule >= 0)
        report_line(explanation->report, "SVM: \"%s\", by rule %d of svm_rules", name, rule + 1);
    else if (name != NULL)
        report_line(explanation->report, "SVM: \"%s\", by default_svm: no rule of svm_rules matches", name);
    return name;
}

/* The settings have been read. */
static int explain_login(struct explanation *explanation)
{
    const struct explain_login *login = explanation->login;
    struct fault fault;
    enum found found = account_find(login->user, &explanation->account, &fault);
    const char *name;
    int result;

    if (found == FOUND_FAULT) {
        report_line(explanation->report, "account: %s", fault.text);
        return decide(explanation, "refused (PAM_SERVICE_ERR)", -1);
    }
    if (found == FOUND)
        report_line(explanation->report, "account: \"%s\", user id %u", explanation->account.name,
                    (unsigned)explanation->account.uid);
    else {
        report_line(explanation->report, "account: there is none of the name \"%s\"", login->user);
        strncpy(explanation->account.name, login->user, sizeof explanation->account.name - 1);
    }
    if (found == FOUND && account_owner(&explanation->account, explanation->owner, &fault) != 0) {
        report_line(explanation->report, "account: %s", fault.text);
        return decide(explanation, "refused (PAM_SERVICE_ERR)", -1);
    }
    if (found == FOUND && strcmp(explanation->owner, explanation->account.name) != 0)
        report_line(explanation->report, "account: of the same user id as \"%s\", whose enrolment counts",
                    explanation->owner);
    name = explain_svm(explanation, &fault);
    if (name == NULL || svm_read(&explanation->host, name, &explanation->svm, &fault) != 0) {
        report_line(explanation->report, "SVM: %s", fault.text);
        return decide(explanation, "refused (PAM_SERVICE_ERR)", -1);
    }
    if (found == FOUND) {
        explain_enrolment(explanation);
        result = explain_factors(explanation);
    } else
        result = decide(explanation, "refused, after the same prompt as for everybody: no such account", -1);
    svm_free(&explanation->svm);
    return result;
}

int explain_run(const char *conf_path, const struct explain_login *login, struct report *report)
{
    struct explanation *explanation = calloc(1, sizeof *explanation);
    struct fault fault;
    int result = -1;

    if (explanation == NULL)
        return -1;
    explanation->login = login;
    explanation->report = report;
    if (host_read(conf_path, &explanation->host, &fault) != 0) {
        report_line(report, "settings: %s", fault.text);
        decide(explanation, "refused (PAM_SERVICE_ERR)", -1);
    } else {
        report_line(report, "settings: %s", conf_path);
        result = explain_login(explanation);
        host_free(&explanation->host);
    }
    free(explanation);
    return result;
}
