/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The commands that change something.
 *
 * What MUST hold: a profile that exists changes only for who has a current code; a new key is stored only with leave, and
 * once it has been shown and confirmed; no emergency codes are stored that were not shown.
 * What MUST NOT happen: the right code shown before it was asked for.
 */
#include "enroll/enroll.h"

#include <string.h>

#define CONFIRM_TRIES 3
#define RESPONSE_SIZE 64

enum exit_status enroll_not_enrolled(const struct session *session)
{
    fprintf(session->talk, "%s is not enrolled in SVM %s. To enrol, run: mfa-enroll\n", session->account.name,
            session->svm.name);
    return enroll_finish(EXIT_FAILED);
}

/* Asks for a code of the new key: proof that the app has it, before anything rests on it. An empty line is no try. */
static enum exit_status confirm(const struct session *session, struct enrolment *enrolment, bool drawn)
{
    const char *prompt = drawn ? "Code from the app, or Enter to see the key: " : "Code from the app: ";
    char response[RESPONSE_SIZE], key[BASE32_SIZE(PROFILE_KEY_MAX)];
    struct fault fault;

    for (int tries = CONFIRM_TRIES; tries > 0;) {
        int right;

        if (terminal_ask(session->talk, prompt, response, sizeof response) != 0) {
            fault_set(&fault, "no code was given, nothing has changed");
            return enroll_fail(&fault);
        }
        if (response[0] == '\0') {
            enrolment_key(enrolment, key);
            fprintf(session->talk, "Key: %s\n", key);
            crypto_wipe(key, sizeof key);
            continue;
        }
        right = enrolment_confirm(enrolment, (unsigned)session->svm.totp.window, response, enroll_now(), &fault);
        if (right < 0)
            return enroll_fail(&fault);
        if (right > 0)
            return EXIT_DONE;
        if (--tries > 0)
            fputs("That is not the code. If this happens again, check that the clock of your phone is right.\n",
                  session->talk);
    }
    return enroll_refuse("not_confirmed", "that is not the code either, nothing has changed");
}

/*
 * Shows the key, and waits until the person has it: by a code of it, or, where none is asked for and a QR code would
 * scroll away, by Enter.
 */
static enum exit_status hand_over(const struct session *session, struct enrolment *enrolment, const char *uri)
{
    char ignored[RESPONSE_SIZE];
    bool drawn;

    enroll_show_key(session, enrolment, uri);
    drawn = enroll_show_qr(session, uri);
    if (enroll_finish(EXIT_DONE) != EXIT_DONE)
        return EXIT_FAILED;
    if (!session->settings->no_confirm)
        return confirm(session, enrolment, drawn);
    if (drawn && terminal_has_person(session->talk) &&
        terminal_ask(session->talk, "Press Enter once the app has it: ", ignored, sizeof ignored) != 0)
        fputs("\n", session->talk);
    return EXIT_DONE;
}

/* Leave to make a key, and the ticket that it comes by: "" for none. */
struct leave {
    struct permit permit;
    char ticket[PERMIT_TICKET_SIZE];
};

/* How a run ends in which leave was asked for. */
static enum exit_status answer_status(enum permit_answer answer, const struct fault *fault)
{
    if (answer == PERMIT_GRANTED)
        return EXIT_DONE;
    enroll_fail(fault);
    return answer == PERMIT_REFUSED ? EXIT_REFUSED : EXIT_FAILED;
}

/* Stores ENROLMENT. A ticket is used up only now: a person who gives up half-way still has it. */
static enum exit_status save(const struct session *session, struct leave *leave, struct enrolment *enrolment)
{
    const struct store_owner owner = store_owner(&session->account);
    enum exit_status status = EXIT_DONE;
    struct fault fault = {.text = ""};

    if (leave != NULL && leave->ticket[0] != '\0')
        status = answer_status(permit_with_ticket(&session->svm, &session->account, leave->ticket, true, &leave->permit,
                                                  &fault), &fault);
    if (status == EXIT_DONE &&
        enrolment_save(session->store, &owner, leave != NULL ? &leave->permit : NULL, enrolment, &fault) != 0)
        status = enroll_fail(&fault);
    return status;
}

/*
 * Shows the person what there is to see only now, and then stores ENROLMENT: a secret that nobody has seen is none, whatever
 * the output is or this process is killed by. URI is that of a new key, else NULL.
 */
static enum exit_status show_and_save(const struct session *session, const char *command, struct leave *leave,
                                      struct enrolment *enrolment, const char *uri)
{
    enum exit_status status;
    struct fault fault;

    if (enrolment_seal(session->store, enrolment, &fault) != 0)
        return enroll_fail(&fault);
    if (enroll_show_result(session, enrolment, uri) != EXIT_DONE) {
        fputs("mfa-enroll: nothing has changed\n", stderr);
        return EXIT_FAILED;
    }
    status = save(session, leave, enrolment);
    if (status != EXIT_DONE) {
        fputs("mfa-enroll: nothing has changed; what is shown above is of no use\n", stderr);
        return status;
    }
    enroll_log(session, command, EXIT_DONE);
    return EXIT_DONE;
}

/* Shows, confirms and stores ENROLMENT, which has a new key. */
static enum exit_status enrol(const struct session *session, struct leave *leave, struct enrolment *enrolment)
{
    const struct settings *settings = session->settings;
    char uri[ENROLMENT_URI_SIZE], issuer[NAME_SIZE], label[NAME_SIZE];
    enum exit_status status = EXIT_DONE;
    struct fault fault;

    enrolment_issuer(&session->svm, issuer);
    enrolment_label(&session->account, label);
    if (enrolment_uri(enrolment, settings->issuer != NULL ? settings->issuer : issuer,
                      settings->label != NULL ? settings->label : label, uri, &fault) != 0)
        return enroll_fail(&fault);
    /* Without a question in between, a record alone shows everything. */
    if (!settings->json || !settings->no_confirm)
        status = hand_over(session, enrolment, uri);
    if (status == EXIT_DONE)
        status = show_and_save(session, "create", leave, enrolment, uri);
    if (status == EXIT_DONE)
        fprintf(session->talk, "%s is enrolled in SVM %s.\n", session->account.name, session->svm.name);
    crypto_wipe(uri, sizeof uri);
    return status;
}

/* Whether the person may make a key; where it replaces another, they have just given a code of that one. */
static enum exit_status ask_leave(const struct session *session, struct leave *leave)
{
    const struct svm *svm = &session->svm;
    const struct account *account = &session->account;
    struct fault fault = {.text = ""};

    *leave = (struct leave){0};
    fflush(session->talk);
    if (session->settings->ticket) {
        if (terminal_ask(session->talk, "Ticket: ", leave->ticket, sizeof leave->ticket) != 0 || leave->ticket[0] == '\0') {
            fault_set(&fault, "no ticket was given, nothing has changed");
            return enroll_fail(&fault);
        }
        return answer_status(permit_with_ticket(svm, account, leave->ticket, false, &leave->permit, &fault), &fault);
    }
    if (session->enrolled)
        return answer_status(permit_with_code(svm, account, &leave->permit, &fault), &fault);
    return answer_status(permit_ask(&session->host, svm, account, fileno(session->talk), &leave->permit, &fault), &fault);
}

enum exit_status enroll_create(const struct session *session)
{
    const struct profile *present = session->enrolled ? &session->profile : NULL;
    const char *comment = session->settings->comment;
    struct enrolment enrolment;
    enum exit_status status;
    struct leave leave;
    struct fault fault;

    if (present != NULL && !session->settings->replace) {
        fprintf(session->talk, "%s is enrolled in SVM %s already. To make a new key, run: mfa-enroll --replace\n",
                session->account.name, session->svm.name);
        return enroll_finish(EXIT_ENROLLED);
    }
    if (session->account.uid == 0)
        fputs("This is for root's own logins. Everybody else enrols without sudo.\n", session->talk);
    status = present != NULL ? enroll_authorise(session) : EXIT_DONE;
    if (status == EXIT_DONE)
        status = ask_leave(session, &leave);
    if (status != EXIT_DONE)
        return status;
    if (comment == NULL)
        comment = present != NULL ? present->comment : "";
    if (enrolment_new(&session->svm, &session->account, present, comment, enroll_now(), &enrolment, &fault) != 0)
        return enroll_fail(&fault);
    status = enrol(session, &leave, &enrolment);
    crypto_wipe(&leave, sizeof leave);
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
    if (enrolment_new_codes(session->store, &session->svm, &session->profile, &enrolment, &fault) != 0)
        return enroll_fail(&fault);
    status = show_and_save(session, "codes", NULL, &enrolment, NULL);
    if (status == EXIT_DONE)
        fputs("These codes work from now on, and no earlier ones.\n", session->talk);
    enrolment_wipe(&enrolment);
    return status;
}

enum exit_status enroll_delete(const struct session *session)
{
    const struct store_owner owner = store_owner(&session->account);
    struct fault fault;
    enum exit_status status;

    if (!session->enrolled)
        return enroll_not_enrolled(session);
    status = enroll_authorise(session);
    if (status != EXIT_DONE)
        return status;
    if (enrolment_remove(session->store, &owner, &session->profile, &fault) != 0)
        return enroll_fail(&fault);
    enroll_log(session, "delete", EXIT_DONE);
    fprintf(session->talk, "%s is no longer enrolled in SVM %s.\n", session->account.name, session->svm.name);
    return enroll_finish(EXIT_DONE);
}
