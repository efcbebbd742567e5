/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: the profile is that of the real user id; what is authorised has been redeemed, durably.
 */
#include "enroll/enroll.h"

#include "enrol/redeem.h"
#include "enroll/terminal.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#define RESPONSE_SIZE 64

long long enroll_now(void)
{
    return (long long)time(NULL);
}

int enroll_open(struct session *session, struct fault *fault)
{
    const struct settings *settings = session->settings;
    struct host_login login = {0};
    const char *svm = settings->svm;
    struct store_owner owner;
    struct store_entry entry;
    enum found found;
    int rule;

    found = account_find_uid(getuid(), &session->account, fault);
    if (found == FOUND_NOTHING)
        fault_set(fault, "your user id %u has no account", (unsigned)getuid());
    if (found != FOUND || host_read(settings->config, &session->host, fault) != 0)
        return -1;
    login.user = session->account.name;
    if (svm == NULL)
        svm = host_svm(&session->host, &login, &rule, fault);
    if (svm == NULL || svm_read(&session->host, svm, &session->svm, fault) != 0)
        return -1;
    session->store = store_open(&session->host, svm, fault);
    owner = store_owner(&session->account);
    if (session->store == NULL || store_read(session->store, &owner, &entry, fault) != 0)
        return -1;
    session->enrolled = entry.enrolled;
    session->profile = entry.profile;
    return 0;
}

void enroll_close(struct session *session)
{
    store_close(session->store);
    svm_free(&session->svm);
    host_free(&session->host);
}

enum exit_status enroll_authorise(const struct session *session)
{
    const struct store_owner owner = store_owner(&session->account);
    char response[RESPONSE_SIZE], text[200];
    struct redeemed redeemed;
    struct fault fault = {.text = ""};
    enum found found;

    if (terminal_ask(session->talk, "Current verification code, or an emergency code: ", response, sizeof response) != 0 ||
        response[0] == '\0') {
        fault_set(&fault, "no code was given, nothing has changed");
        return enroll_fail(&fault);
    }
    found = redeem_code(session->store, &owner, (unsigned)session->svm.totp.window, response, enroll_now, &redeemed,
                        &fault);
    crypto_wipe(response, sizeof response);
    if (found == FOUND_FAULT)
        return enroll_fail(&fault);
    if (found == FOUND && attempt_accepts(redeemed.attempt.result)) {
        redeemed_text(&redeemed, text, sizeof text);
        if (text[0] != '\0')
            fprintf(session->talk, "%s\n", text);
        return EXIT_DONE;
    }
    redeemed_text(&redeemed, text, sizeof text);
    if (redeemed.disabled)
        snprintf(text, sizeof text, "An administrator has disabled your verification codes.");
    else if (redeemed.attempt.result == ATTEMPT_CLOCK_BEHIND)
        snprintf(text, sizeof text, "The clock of this host is behind your last code; tell an administrator.");
    if (text[0] == '\0')
        snprintf(text, sizeof text, "That code is not right.");
    strncat(text, " Nothing has changed.", sizeof text - strlen(text) - 1);
    return enroll_refuse(redeemed.disabled ? "profile_disabled" : attempt_word(redeemed.attempt.result), text);
}
