/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mfa-enroll: people make, renew and remove their own TOTP profile. Installed set-group-ID pam_mfa, which lets it enter
 * the state directory and read the seal key, and nothing else.
 *
 * What MUST hold:
 *  - the profile is that of the real user id, and no option names another one;
 *  - a profile that exists changes only for who has a current code, under the same throttle as a login;
 *  - nothing is stored before the new key has been confirmed; killed anywhere, there is the old profile or the new one.
 * What MUST NOT happen: the environment, or with set-group-ID a file of the caller's choice, steering it; a core dump or
 * a debugger that sees the seal key; the right code shown before it was asked for.
 */
#include "enrolment.h"
#include "host.h"
#include "qr.h"
#include "store.h"
#include "svm.h"
#include "terminal.h"
#include "text.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define CONFIRM_TRIES 3
#define RESPONSE_SIZE 64

enum exit_status { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_ENROLLED = 3, EXIT_REFUSED = 4 };

struct settings {
    const char *config;
    const char *svm;
    const char *comment; /* NULL: not given */
    const char *issuer;
    const char *label;
    enum qr_style qr;
    bool no_confirm;
    bool replace;
};

/* Everything a command works on. */
struct session {
    const struct settings *settings;
    struct account account;
    struct host host;
    struct svm svm;
    struct store store;
    struct profile profile;
    bool enrolled; /* whether `profile` is one */
};

static long long now(void)
{
    return (long long)time(NULL);
}

static void usage(FILE *out)
{
    fputs("usage: mfa-enroll [create|status|codes|delete] [option...]\n"
          "Sets up verification codes for your own logins on this host.\n"
          "\n"
          "  create           make a key for an authenticator app (the default)\n"
          "  status           show whether you are enrolled, and how\n"
          "  codes            make new emergency codes; the old ones stop working\n"
          "  delete           remove your key and your emergency codes\n"
          "\n"
          "  --svm NAME       the SVM to enrol in (default: the one your logins belong to)\n"
          "  --replace        create: replace the key you have\n"
          "  --comment TEXT   create: a note that `status` shows\n"
          "  --issuer TEXT    create: the name the app shows (default: set by the administrator)\n"
          "  --label TEXT     create: the account the app shows (default: your login name)\n"
          "  --qr STYLE       create: utf8 (default), ansi or none\n"
          "  --no-confirm     create: do not ask for a code from the app\n"
          "  --config PATH    another pam_mfa.conf; ignored where this program is set-group-ID\n"
          "  --help           show this text\n",
          out);
}

static enum exit_status fail(const struct fault *fault)
{
    char text[sizeof fault->text];

    text_for_terminal(text, sizeof text, fault->text);
    fprintf(stderr, "mfa-enroll: %s\n", text);
    if (getegid() == getgid() && geteuid() != 0)
        fputs("mfa-enroll: this program is not set-group-ID, so it cannot reach your profile; an administrator can "
              "mend that with: mfactl init\n", stderr);
    return EXIT_FAILED;
}

/* Whether the program runs with a privilege that its caller does not have. */
static bool is_privileged(void)
{
    return getauxval(AT_SECURE) != 0 || getegid() != getgid() || geteuid() != getuid();
}

static void harden(void)
{
    const struct rlimit none = {0, 0};

    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
    if (is_privileged())
        clearenv();
}

/* Shows what was printed so far, or says that it could not be shown: codes nobody saw are lost. */
static enum exit_status finish_output(enum exit_status status)
{
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return status;
    fputs("mfa-enroll: not everything could be written to the standard output\n", stderr);
    return EXIT_FAILED;
}

static int open_session(struct session *session, struct fault *fault)
{
    const struct settings *settings = session->settings;
    struct host_login login = {0};
    const char *svm = settings->svm;
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
    if (svm == NULL || svm_read(&session->host, svm, &session->svm, fault) != 0 ||
        store_open(&session->store, &session->host, svm, fault) != 0)
        return -1;
    found = store_read(&session->store, &session->account, &session->profile, fault);
    session->enrolled = found == FOUND;
    return found == FOUND_FAULT ? -1 : 0;
}

static void close_session(struct session *session)
{
    store_close(&session->store);
    svm_free(&session->svm);
    host_free(&session->host);
}

static enum exit_status not_enrolled(const struct session *session)
{
    printf("You are not enrolled in SVM %s. To enrol, run: mfa-enroll\n", session->svm.name);
    return finish_output(EXIT_FAILED);
}

/* Asks for a code of the present profile. EXIT_DONE: the person has one. */
static enum exit_status authorise(const struct session *session)
{
    char response[RESPONSE_SIZE], text[160];
    struct redeemed redeemed;
    struct fault fault = {""};
    enum found found;

    if (terminal_ask(stdout, "Current verification code, or an emergency code: ", response, sizeof response) != 0 ||
        response[0] == '\0') {
        fault_set(&fault, "no code was given, nothing has changed");
        return fail(&fault);
    }
    found = redeem_code(&session->store, &session->account, (unsigned)session->svm.totp.window, response,
                        now, &redeemed, &fault);
    crypto_wipe(response, sizeof response);
    if (found == FOUND_FAULT)
        return fail(&fault);
    if (found == FOUND && attempt_accepts(redeemed.attempt.result)) {
        redeemed_text(&redeemed, text, sizeof text);
        if (text[0] != '\0')
            puts(text);
        return EXIT_DONE;
    }
    redeemed_text(&redeemed, text, sizeof text);
    if (redeemed.disabled)
        snprintf(text, sizeof text, "An administrator has disabled your verification codes.");
    else if (redeemed.attempt.result == ATTEMPT_CLOCK_BEHIND)
        snprintf(text, sizeof text, "The clock of this host is behind your last code; tell an administrator.");
    else if (redeemed.attempt.result == ATTEMPT_REUSED)
        snprintf(text, sizeof text, "That code has been used already. Wait for the next one.");
    fprintf(stderr, "mfa-enroll: %s Nothing has changed.\n", text[0] != '\0' ? text : "That code is not right.");
    return EXIT_REFUSED;
}

static void show_codes(const struct enrolment *enrolment)
{
    if (enrolment->secrets.code_count == 0)
        return;
    puts("Emergency codes, for when your app is out of reach. Each works once.\n"
         "Keep them somewhere safe, they are not shown again:\n");
    for (size_t i = 0; i < enrolment->secrets.code_count; i++)
        printf("    %s\n", enrolment->codes[i]);
    puts("");
}

static int show_key(const struct session *session, const struct enrolment *enrolment, struct fault *fault)
{
    const struct settings *settings = session->settings;
    const char *issuer = settings->issuer != NULL ? settings->issuer : session->svm.totp.issuer;
    const char *label = settings->label != NULL ? settings->label : session->account.name;
    char uri[ENROLMENT_URI_SIZE], key[BASE32_SIZE(PROFILE_KEY_MAX)];
    bool colour = terminal_is(stdout);
    struct fault qr_fault;

    if (enrolment_uri(enrolment, issuer, label, uri, fault) != 0)
        return -1;
    if (settings->qr != QR_NONE) {
        puts("Scan this code with your authenticator app:\n");
        if (qr_draw(stdout, uri, settings->qr, colour, colour ? terminal_columns(stdout) : 0, &qr_fault) != 0)
            printf("(%s; type the key instead)\n", qr_fault.text);
    }
    enrolment_key(enrolment, key);
    printf("\nKey: %s\nURI: %s\n\n", key, uri);
    crypto_wipe(key, sizeof key);
    crypto_wipe(uri, sizeof uri);
    return 0;
}

/* Asks for a code of the new key: proof that the app has it, before anything rests on it. */
static enum exit_status confirm(const struct session *session, struct enrolment *enrolment, struct fault *fault)
{
    char response[RESPONSE_SIZE];

    for (int tries = CONFIRM_TRIES; tries > 0; tries--) {
        int right;

        if (terminal_ask(stdout, "Code from the app: ", response, sizeof response) != 0) {
            fault_set(fault, "no code was given, nothing has changed");
            return fail(fault);
        }
        right = enrolment_confirm(enrolment, (unsigned)session->svm.totp.window, response, now(),
                                  fault);
        if (right < 0)
            return fail(fault);
        if (right > 0)
            return EXIT_DONE;
        if (tries > 1)
            puts("That is not the code. If this happens again, check that the clock of your phone is right.");
    }
    fputs("mfa-enroll: that is not the code either, nothing has changed\n", stderr);
    return EXIT_REFUSED;
}

static enum exit_status save(const struct session *session, struct enrolment *enrolment)
{
    struct fault fault;

    switch (enrolment_save(&session->store, &session->account, enrolment, &fault)) {
    case STORE_CHANGE_FAULT: return fail(&fault);
    case STORE_CHANGE_CONFLICT:
        fputs("mfa-enroll: your profile was changed by somebody else meanwhile; nothing has changed, try again\n",
              stderr);
        return EXIT_FAILED;
    case STORE_CHANGE_DONE: break;
    }
    return EXIT_DONE;
}

static enum exit_status run_create(const struct session *session)
{
    const struct settings *settings = session->settings;
    struct enrolment enrolment;
    struct fault fault;
    enum exit_status status;

    if (session->enrolled && !settings->replace) {
        printf("You are enrolled in SVM %s already. To make a new key, run: mfa-enroll --replace\n", session->svm.name);
        return finish_output(EXIT_ENROLLED);
    }
    if (session->enrolled && (status = authorise(session)) != EXIT_DONE)
        return status;
    if (enrolment_new(&session->svm, &session->account, session->enrolled ? &session->profile : NULL,
                      settings->comment != NULL ? settings->comment : session->profile.comment, now(),
                      &enrolment, &fault) != 0)
        return fail(&fault);
    status = show_key(session, &enrolment, &fault) == 0 ? finish_output(EXIT_DONE) : fail(&fault);
    if (status == EXIT_DONE && !settings->no_confirm)
        status = confirm(session, &enrolment, &fault);
    if (status == EXIT_DONE)
        status = save(session, &enrolment);
    if (status == EXIT_DONE) {
        printf("\nYou are enrolled in SVM %s.\n\n", session->svm.name);
        show_codes(&enrolment);
        status = finish_output(status);
    }
    enrolment_wipe(&enrolment);
    return status;
}

static enum exit_status run_codes(const struct session *session)
{
    struct enrolment enrolment;
    struct fault fault;
    enum exit_status status;

    if (!session->enrolled)
        return not_enrolled(session);
    if (session->svm.totp.emergency_codes == 0) {
        fault_set(&fault, "SVM %s has no emergency codes (emergency_codes = 0)", session->svm.name);
        return fail(&fault);
    }
    status = authorise(session);
    if (status != EXIT_DONE)
        return status;
    if (enrolment_new_codes(&session->store, &session->svm, &session->profile, &enrolment, &fault) != 0)
        return fail(&fault);
    status = save(session, &enrolment);
    if (status == EXIT_DONE) {
        show_codes(&enrolment);
        status = finish_output(status);
    }
    enrolment_wipe(&enrolment);
    return status;
}

static enum exit_status run_delete(const struct session *session)
{
    struct fault fault;
    enum exit_status status;

    if (!session->enrolled)
        return not_enrolled(session);
    status = authorise(session);
    if (status != EXIT_DONE)
        return status;
    switch (store_delete(&session->store, &session->account, &session->profile, &fault)) {
    case STORE_CHANGE_FAULT: return fail(&fault);
    case STORE_CHANGE_CONFLICT:
        fputs("mfa-enroll: your profile was changed by somebody else meanwhile; try again\n", stderr);
        return EXIT_FAILED;
    case STORE_CHANGE_DONE: break;
    }
    printf("You are no longer enrolled in SVM %s.\n", session->svm.name);
    return finish_output(EXIT_DONE);
}

/* What `status` needs of the part that only the store sees whole. */
struct glimpse {
    const struct store *store;
    int codes, codes_left;
    bool locked;
    int wait;
};

static enum store_decision look(void *context, const struct profile *profile, struct totp_state *totp,
                                struct fault *fault)
{
    struct glimpse *glimpse = context;
    struct totp_state copy = *totp;
    struct secrets secrets;
    bool restarted;

    if (profile_unseal(profile, glimpse->store->seal_key, &secrets, fault) != 0)
        return STORE_FAIL;
    glimpse->codes = (int)secrets.code_count;
    glimpse->codes_left = attempt_codes_left(&secrets, totp);
    glimpse->locked = totp_state_is_locked(totp);
    glimpse->wait = totp_state_wait(&copy, now(), &restarted);
    secrets_wipe(&secrets);
    return STORE_KEEP;
}

static enum exit_status run_status(const struct session *session)
{
    const struct profile *profile = &session->profile;
    struct glimpse glimpse = {.store = &session->store};
    char created[32] = "", comment[sizeof profile->comment];
    time_t seconds = (time_t)profile->created;
    struct fault fault;
    struct tm tm;

    if (!session->enrolled)
        return not_enrolled(session);
    if (store_update(&session->store, &session->account, look, &glimpse, &fault) != FOUND)
        return fail(&fault);
    if (gmtime_r(&seconds, &tm) != NULL)
        strftime(created, sizeof created, "%Y-%m-%d %H:%M:%S UTC", &tm);
    text_for_terminal(comment, sizeof comment, profile->comment);
    /* A fingerprint behind its label fits 80 columns. */
    printf("SVM:         %s\n"
           "User:        %s\n"
           "Enabled:     %s\n"
           "Created:     %s\n"
           "Comment:     %s\n"
           "Codes:       %s, %d digits, every %d s\n"
           "Key SHA-256: %s\n"
           "Emergency:   %d of %d codes left\n",
           profile->svm, profile->user, profile->enabled ? "yes" : "no, an administrator has disabled it", created,
           comment, algorithm_words[profile->algorithm], profile->digits, profile->period, profile->sha_fingerprint,
           glimpse.codes_left, glimpse.codes);
    if (glimpse.locked)
        puts("Wrong codes: too many, an administrator must unlock the profile");
    else if (glimpse.wait > 0)
        printf("Wrong codes: too many, the next is looked at in %d s\n", glimpse.wait);
    return finish_output(EXIT_DONE);
}

struct command {
    const char *name;
    enum exit_status (*run)(const struct session *session);
};

static const struct command commands[] = {
    {"create", run_create}, {"status", run_status}, {"codes", run_codes}, {"delete", run_delete}, {0},
};

enum { OPTION_SVM = 256, OPTION_COMMENT, OPTION_ISSUER, OPTION_LABEL, OPTION_QR, OPTION_NO_CONFIRM, OPTION_REPLACE,
       OPTION_CONFIG, OPTION_HELP };

static const struct option long_options[] = {
    {"svm", required_argument, NULL, OPTION_SVM},         {"comment", required_argument, NULL, OPTION_COMMENT},
    {"issuer", required_argument, NULL, OPTION_ISSUER},   {"label", required_argument, NULL, OPTION_LABEL},
    {"qr", required_argument, NULL, OPTION_QR},           {"no-confirm", no_argument, NULL, OPTION_NO_CONFIRM},
    {"replace", no_argument, NULL, OPTION_REPLACE},       {"config", required_argument, NULL, OPTION_CONFIG},
    {"help", no_argument, NULL, OPTION_HELP},             {0},
};

static const char *set_qr(struct settings *settings, const char *value)
{
    if (strcmp(value, "utf8") == 0)
        settings->qr = QR_UTF8;
    else if (strcmp(value, "ansi") == 0)
        settings->qr = QR_ANSI;
    else if (strcmp(value, "none") == 0)
        settings->qr = QR_NONE;
    else
        return "--qr takes utf8, ansi or none";
    return NULL;
}

/* Reads the command line. Returns the command, or NULL with *STATUS set. */
static const struct command *parse(int argc, char **argv, struct settings *settings, enum exit_status *status)
{
    const struct command *command = &commands[0];
    bool creates = false; /* an option was given that only `create` knows */
    const char *wrong = NULL;
    int option;

    *status = EXIT_USAGE;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        creates = creates || (option != OPTION_SVM && option != OPTION_CONFIG);
        switch (option) {
        case OPTION_SVM: settings->svm = optarg; break;
        case OPTION_COMMENT: settings->comment = optarg; break;
        case OPTION_ISSUER: settings->issuer = optarg; break;
        case OPTION_LABEL: settings->label = optarg; break;
        case OPTION_QR: wrong = set_qr(settings, optarg); break;
        case OPTION_NO_CONFIRM: settings->no_confirm = true; break;
        case OPTION_REPLACE: settings->replace = true; break;
        case OPTION_CONFIG:
            if (is_privileged())
                fputs("mfa-enroll: --config is ignored, since this program is set-group-ID\n", stderr);
            else
                settings->config = optarg;
            break;
        case OPTION_HELP:
            usage(stdout);
            *status = finish_output(EXIT_DONE);
            return NULL;
        default:
            usage(stderr);
            return NULL;
        }
        if (wrong != NULL)
            break;
    }
    if (wrong == NULL && optind < argc) {
        while (command->name != NULL && strcmp(command->name, argv[optind]) != 0)
            command++;
        if (command->name == NULL)
            wrong = "the command is not create, status, codes or delete";
        else if (optind + 1 < argc)
            wrong = "there is something behind the command that is no option";
    }
    if (wrong == NULL && creates && command != &commands[0])
        wrong = "only create takes that option";
    if (wrong == NULL)
        return command;
    fprintf(stderr, "mfa-enroll: %s; see mfa-enroll --help\n", wrong);
    return NULL;
}

int main(int argc, char **argv)
{
    struct settings settings = {.config = PAM_MFA_CONF_DIR "/pam_mfa.conf", .qr = QR_UTF8};
    struct session session = {.settings = &settings};
    const struct command *command;
    enum exit_status status;
    struct fault fault;

    harden();
    command = parse(argc, argv, &settings, &status);
    if (command == NULL)
        return status;
    status = open_session(&session, &fault) == 0 ? command->run(&session) : fail(&fault);
    close_session(&session);
    return status;
}
