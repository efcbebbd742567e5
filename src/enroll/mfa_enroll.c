/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mfa-enroll: people make, renew and remove their own TOTP profile. Installed set-group-ID pam_mfa, which lets it enter
 * the state directory and read the seal key, and nothing else.
 *
 * What MUST hold:
 *  - the profile is that of the real user id, and no option names another one;
 *  - a profile that exists changes only for who has a current code, under the same throttle as a login;
 *  - whom Duo covers gets a first key only once Duo has approved (enrol/permit.h);
 *  - nothing is stored before the new key has been confirmed; killed anywhere, there is the old profile or the new one.
 * What MUST NOT happen: the environment, or with set-group-ID a file of the caller's choice, steering it (of the
 * environment nothing is looked at but what the terminal can show, struct terminal); a core dump or a debugger that
 * sees the seal key; the right code shown before it was asked for.
 */
#include "enroll/enroll.h"

#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <syslog.h>
#include <unistd.h>

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
          "  --ticket         create: with a ticket of an administrator's, which is asked for\n"
          "  --comment TEXT   create: a note that `status` shows\n"
          "  --issuer TEXT    create: the name the app shows (default: set by the administrator)\n"
          "  --label TEXT     create: the account the app shows (default: your login name @ the host's name)\n"
          "  --qr STYLE       create: utf8, ansi or none (default: what the terminal can show)\n"
          "  --no-confirm     create: do not ask for a code from the app\n"
          "  --json           print the profile as a JSON record; texts go to standard error\n"
          "  --config PATH    another pam_mfa.conf; ignored where this program is set-group-ID\n"
          "  --version        show the version\n"
          "  --help, -h       show this text\n",
          out);
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
    /* A caller who ignores it would hide how mfa-approve ended. */
    signal(SIGCHLD, SIG_DFL);
    if (is_privileged())
        clearenv();
}

struct command {
    const char *name;
    bool changes; /* something, which then is for the log */
    enum exit_status (*run)(const struct session *session);
};

static const struct command commands[] = {
    {"create", true, enroll_create},
    {"status", false, enroll_status},
    {"codes", true, enroll_codes},
    {"delete", true, enroll_delete},
    {0},
};

enum { OPTION_SVM = 256, OPTION_COMMENT, OPTION_ISSUER, OPTION_LABEL, OPTION_QR, OPTION_NO_CONFIRM, OPTION_REPLACE,
       OPTION_JSON, OPTION_CONFIG, OPTION_VERSION, OPTION_TICKET };

static const struct option long_options[] = {
    {"svm", required_argument, NULL, OPTION_SVM},         {"comment", required_argument, NULL, OPTION_COMMENT},
    {"issuer", required_argument, NULL, OPTION_ISSUER},   {"label", required_argument, NULL, OPTION_LABEL},
    {"qr", required_argument, NULL, OPTION_QR},           {"no-confirm", no_argument, NULL, OPTION_NO_CONFIRM},
    {"replace", no_argument, NULL, OPTION_REPLACE},       {"config", required_argument, NULL, OPTION_CONFIG},
    {"json", no_argument, NULL, OPTION_JSON},             {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPTION_VERSION},       {"ticket", no_argument, NULL, OPTION_TICKET},
    {0},
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
    while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
        creates = creates || (option != OPTION_SVM && option != OPTION_CONFIG && option != OPTION_JSON);
        switch (option) {
        case OPTION_SVM: settings->svm = optarg; break;
        case OPTION_COMMENT: settings->comment = optarg; break;
        case OPTION_ISSUER: settings->issuer = optarg; break;
        case OPTION_LABEL: settings->label = optarg; break;
        case OPTION_QR: wrong = set_qr(settings, optarg); break;
        case OPTION_NO_CONFIRM: settings->no_confirm = true; break;
        case OPTION_REPLACE: settings->replace = true; break;
        case OPTION_TICKET: settings->ticket = true; break;
        case OPTION_JSON: settings->json = true; break;
        case OPTION_CONFIG:
            if (is_privileged())
                fputs("mfa-enroll: --config is ignored, since this program is set-group-ID\n", stderr);
            else
                settings->config = optarg;
            break;
        case OPTION_VERSION:
            puts("mfa-enroll (pam_mfa) " PACKAGE_VERSION);
            *status = enroll_finish(EXIT_DONE);
            return NULL;
        case 'h':
            usage(stdout);
            *status = enroll_finish(EXIT_DONE);
            return NULL;
        default: /* getopt_long has said what is wrong */
            fputs("mfa-enroll: for the commands and options, run: mfa-enroll --help\n", stderr);
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
    fprintf(stderr, "mfa-enroll: %s\nmfa-enroll: for the commands and options, run: mfa-enroll --help\n", wrong);
    return NULL;
}

int main(int argc, char **argv)
{
    struct settings settings = {.config = PAM_MFA_CONF_DIR "/pam_mfa.conf", .qr = QR_BEST, .terminal = terminal_read()};
    struct session session = {.settings = &settings};
    const struct command *command;
    enum exit_status status;
    struct fault fault;

    harden();
    openlog("mfa-enroll", LOG_PID, LOG_AUTHPRIV);
    command = parse(argc, argv, &settings, &status);
    if (command == NULL)
        return (int)status;
    session.talk = settings.json ? stderr : stdout;
    status = enroll_open(&session, &fault) == 0 ? command->run(&session) : enroll_fail(&fault);
    if (command->changes)
        enroll_log(&session, command->name, status);
    enroll_close(&session);
    return (int)status;
}
