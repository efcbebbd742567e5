/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: only a service that could not be reached passes the question on, or lets fail_mode answer it. All
 * that is wrong on this side (configuration, keys, certificates, the helper) is an error, whatever fail_mode says.
 * What MUST NOT happen: a push, call or text that was not counted before it went out.
 */
#include "module/factor_duo.h"

#include "base/crypto.h"
#include "config/duo_profile.h"
#include "config/duo_user.h"
#include "duo/duo_ask.h"
#include "duo/duo_helper.h"
#include "enrol/rings.h"
#include "module/ask.h"
#include "module/duo_pushinfo.h"

#include <stdlib.h>
#include <string.h>

/* What fail_mode says, should no other factor decide. */
static enum factor_answer unavailable(const struct duo_profile *profile, struct outcome *outcome)
{
    bool safe = profile->fail_mode == DUO_FAIL_SAFE;

    outcome->verdict = safe ? VERDICT_ACCEPTED : VERDICT_UNAVAILABLE;
    outcome->reason = safe ? "duo_unreachable_fail_mode_safe" : "duo_unreachable_fail_mode_secure";
    outcome->warn = true;
    return FACTOR_UNAVAILABLE;
}

static enum factor_answer ask(const struct login *login, const struct duo_profile *profile, struct outcome *outcome)
{
    struct rings rings = {.host = &login->host, .svm = login->svm.name, .owner = login_owner(login), .now = login->now,
                          .offline = login->svm.offline == SVM_OFFLINE_NEXT_FACTOR};
    /* An application that has one answer for all, the password, must not be asked anything more: it would go to Duo. */
    const bool asks = !login->options->forward_pass && login->options->first_pass != FIRST_PASS_USE;
    const struct duo_relay relay = {.conversation = asks ? login->conversation : NULL, .count_ring = rings_count, .context = &rings};
    struct duo_request *request = malloc(sizeof *request);
    struct duo_verdict verdict;
    struct fault fault;

    if (request == NULL) {
        outcome->reason = "memory";
        return FACTOR_DECIDED;
    }
    duo_ask_init(request, DUO_LOGIN, profile);
    request->echo = login->options->echo;
    strcpy(request->login_name, login->account.name);
    if (duo_user_name(profile, login->svm.name, &login->account, request->username, &outcome->fault) != 0) {
        duo_request_wipe(request);
        free(request);
        return FACTOR_DECIDED;
    }
    duo_pushinfo_fill(request, profile, login);
    duo_helper_run(login->host.duo_helper, request, &relay, &verdict);
    duo_request_wipe(request);
    free(request);

    outcome->verdict = duo_reason_verdict(verdict.reason);
    outcome->reason = duo_reason_word(verdict.reason);
    outcome->fault = verdict.detail;
    if (outcome->verdict == VERDICT_NO_ANSWER)
        ask_unanswered(login, outcome);
    if (outcome->verdict == VERDICT_UNAVAILABLE)
        return unavailable(profile, outcome);
    /* What cannot be forgotten costs the person a push later on, and is no reason to keep them out now. */
    if (rings_end(&rings, verdict.reason, &fault) != 0)
        log_event(login->log, LOG_LEVEL_WARNING, "factor=duo event=pushes_not_cleared");
    return FACTOR_DECIDED;
}

enum factor_answer factor_duo_run(const struct login *login, struct outcome *outcome)
{
    enum factor_answer answer = FACTOR_DECIDED;
    struct duo_profile *profile = calloc(1, sizeof *profile);
    const char *owner = "";
    enum found found;

    *outcome = (struct outcome){.verdict = VERDICT_ERROR, .factor = "duo", .reason = "configuration"};
    if (profile == NULL) {
        outcome->reason = "memory";
        return FACTOR_DECIDED;
    }
    found = duo_profile_read(&login->host, login->svm.name, profile, &owner, &outcome->fault);
    if (found == FOUND) {
        log_event(login->log, LOG_LEVEL_DEBUG, "factor=duo profile_of=%s", owner);
        found = profile->is_enabled ? duo_user_in_scope(profile, &login->account, &outcome->fault) : FOUND_NOTHING;
    }
    switch (found) {
    case FOUND_FAULT: break;
    case FOUND_NOTHING: answer = FACTOR_ABSENT; break;
    case FOUND: answer = ask(login, profile, outcome); break;
    }
    duo_profile_free(profile);
    free(profile);
    return answer;
}
