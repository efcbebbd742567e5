/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The commands that change something.
 *
 * What MUST hold: a profile that exists changes only for who has a current code; a new key is stored only once it has
 * been shown and confirmed.
 * What MUST NOT happen: the right code shown before it was asked for.
 */
#include "enroll/enroll.h"

#include "enroll/terminal.h"

#include <string.h>

#define CONFIRM_TRIES 3
#define RESPONSE_SIZE 64

enum exit_status enroll_not_enrolled(const struct session *session)
{
    fprintf(session->talk, "You are not enrolled in SVM %s. To enrol, run: mfa-enroll\n", session->svm.name);
    return enroll_finish(EXIT_FAILED);
}

static enum exit_status fail_changed(void)
{
    const struct fault fault = {"your profile was changed by somebody else meanwhile; nothing has changed, try again"};

    return enroll_fail(&fault);
}

/* Asks for a code of the new key: proof that the app has it, before anything rests on it. */
static enum exit_status confirm(const struct session *session, struct enrolment *enrolment)
{
    char response[RESPONSE_SIZE];
    struct fault fault;

    for (int tries = CONFIRM_TRIES; tries > 0; tries--) {
        int right;

        if (terminal_ask(session->talk, "Code from the app: ", response, sizeof response) != 0) {
            fault_set(&fault, "no code was given, nothing has changed");
            return enroll_fail(&fault);
        }
        right = enrolment_confirm(enrolment, (unsigned)session->svm.totp.window, response, enroll_now(), &fault);
        if (right < 0)
            return enroll_fail(&fault);
        if (right > 0)
            return EXIT_DONE;
        if (tries > 1)
            fputs("That is not the code. If this happens again, check that the clock of your phone is right.\n",
                  session->talk);
    }
    fputs("mfa-enroll: that is not the code either, nothing has changed\n", stderr);
    return EXIT_REFUSED;
}

static enum exit_status save(const struct session *session, struct enrolment *enrolment)
{
    struct fault fault;

    switch (enrolment_save(&session->store, &session->account, enrolment, &fault)) {
    case STORE_CHANGE_FAULT: return enroll_fail(&fault);
    case STORE_CHANGE_CONFLICT: return fail_changed();
    case STORE_CHANGE_DONE: break;
    }
    return EXIT_DONE;
}

/* Shows, confirms and stores ENROLMENT, which has a new key. */
static enum exit_status enrol(const struct session *session, struct enrolment *enrolment)
{
    const struct settings *settings = session->settings;
    const char *issuer = settings->issuer != NULL ? settings->issuer : session->svm.totp.issuer;
    const char *label = settings->label != NULL ? settings->label : session->account.name;
    enum exit_status status = EXIT_DONE;
    char uri[ENROLMENT_URI_SIZE];
    struct fault fault;

    if (enrolment_uri(enrolment, issuer, label, uri, &fault) != 0)
        return enroll_fail(&fault);
    /* Without a question in between, a record alone shows everything. */
    if (!settings->json || !settings->no_confirm) {
        enroll_show_key(session, enrolment, uri);
        status = enroll_finish(status);
    }
    if (status == EXIT_DONE && !settings->no_confirm)
        status = confirm(session, enrolment);
    if (status == EXIT_DONE)
        status = save(session, enrolment);
    if (status == EXIT_DONE) {
        fprintf(session->talk, "\nYou are enrolled in SVM %s.\n\n", session->svm.name);
        status = enroll_show_result(session, enrolment, uri);
    }
    crypto_wipe(uri, sizeof uri);
    return status;
}

enum exit_status enroll_create(const struct session *session)
{
    const struct profile *present = session->enrolled ? &session->profile : NULL;
    const char *comment = session->settings->comment;
    struct enrolment enrolment;
    enum exit_status status;
    struct fault fault;

    if (present != NULL && !session->settings->replace) {
        fprintf(session->talk, "You are enrolled in SVM %s already. To make a new key, run: mfa-enroll --replace\n",
                session->svm.name);
        return enroll_finish(EXIT_ENROLLED);
    }
    if (present != NULL) {
        status = enroll_authorise(session);
        if (status != EXIT_DONE)
            return status;
    }
    if (comment == NULL)
        comment = present != NULL ? present->comment : "";
    if (enrolment_new(&session->svm, &session->account, present, comment, enroll_now(), &enrolment, &fault) != 0)
        return enroll_fail(&fault);
    status = enrol(session, &enrolment);
    enrolment_wipe(&enrolment);
    return status;
}

enum exit_status enroll_codes(const struct session *session)
{
    struct enrolment enrolment;
    enum exit_status status;
    struct fault fault;

    if (!session->enrolled)
        return enroll_not_enrolled(session);
    if (session->svm.totp.emergency_codes == 0) {
        fault_set(&fault, "SVM %s has no emergency codes (emergency_codes = 0)", session->svm.name);
        return enroll_fail(&fault);
    }
    status = enroll_authorise(session);
    if (status != EXIT_DONE)
        return status;
    if (enrolment_new_codes(&session->store, &session->svm, &session->profile, &enrolment, &fault) != 0)
        return enroll_fail(&fault);
    status = save(session, &enrolment);
    if (status == EXIT_DONE)
        status = enroll_show_result(session, &enrolment, NULL);
    enrolment_wipe(&enrolment);
    return status;
}

enum exit_status enroll_delete(const struct session *session)
{
    struct fault fault;
    enum exit_status status;

    if (!session->enrolled)
        return enroll_not_enrolled(session);
    status = enroll_authorise(session);
    if (status != EXIT_DONE)
        return status;
    switch (store_delete(&session->store, &session->account, &session->profile, &fault)) {
    case STORE_CHANGE_FAULT: return enroll_fail(&fault);
    case STORE_CHANGE_CONFLICT: return fail_changed();
    case STORE_CHANGE_DONE: break;
    }
    fprintf(session->talk, "You are no longer enrolled in SVM %s.\n", session->svm.name);
    return enroll_finish(EXIT_DONE);
}
