/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The pam_mfa authors */
/*
 * A program that logs people in through PAM, with answers given beforehand:
 *
 *   pam_host [-d CONFDIR] [-e NAME=VALUE] [-r RHOST] [-s] [-i] [-n COPIES] SERVICE USER [ANSWER...] [-- USER [ANSWER...]]...
 *
 * Each `USER ANSWER...` is one login; with @none for USER, PAM has to ask. Several (or COPIES of each) run as processes
 * of their own, and the first answer of all of them is given at the same instant. Answers: @null no response, @fail the
 * conversation fails, @wait:PATH there is a file PATH before the next answer is given, @again the application has no answer yet and comes back, @empty "", @hex:HH… these bytes, anything else itself; when there are none left, the conversation
 * fails.
 * -e sets a variable in the PAM environment, -s passes PAM_SILENT, -i ignores SIGCHLD and checks that it stays ignored.
 *
 * Prints a line for every message (`USER prompt_off TEXT`) and at the end `USER result CODE`. Exits with 0 unless PAM
 * itself cannot be used, a descriptor was left open, or the process was changed: its signals, its umask, its children.
 */
#include <security/pam_appl.h>

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#define LOGINS_MAX 256

struct settings {
    const char *confdir, *variable, *rhost, *service;
    bool silent, ignore_child;
};

struct login {
    char *user;
    char **answers;
    int answer_count;
    int ready, go; /* pipe ends; -1: nobody waits for us */
};

static const char *code_word(int code)
{
    switch (code) {
    case PAM_SUCCESS: return "PAM_SUCCESS";
    case PAM_AUTH_ERR: return "PAM_AUTH_ERR";
    case PAM_MAXTRIES: return "PAM_MAXTRIES";
    case PAM_AUTHINFO_UNAVAIL: return "PAM_AUTHINFO_UNAVAIL";
    case PAM_CONV_ERR: return "PAM_CONV_ERR";
    case PAM_SERVICE_ERR: return "PAM_SERVICE_ERR";
    case PAM_IGNORE: return "PAM_IGNORE";
    case PAM_PERM_DENIED: return "PAM_PERM_DENIED";
    case PAM_INCOMPLETE: return "PAM_INCOMPLETE";
    case PAM_USER_UNKNOWN: return "PAM_USER_UNKNOWN";
    case PAM_SYSTEM_ERR: return "PAM_SYSTEM_ERR";
    case PAM_OPEN_ERR: return "PAM_OPEN_ERR";
    default: return "other";
    }
}

static const char *style_word(int style)
{
    switch (style) {
    case PAM_PROMPT_ECHO_OFF: return "prompt_off";
    case PAM_PROMPT_ECHO_ON: return "prompt_on";
    case PAM_TEXT_INFO: return "info";
    case PAM_ERROR_MSG: return "error";
    default: return "other";
    }
}

/* The bytes that ANSWER stands for, malloc'ed; NULL: none. */
static char *response_of(const char *answer)
{
    const char *hex = answer + strlen("@hex:");
    char *response;

    if (strcmp(answer, "@null") == 0)
        return NULL;
    if (strcmp(answer, "@empty") == 0)
        return strdup("");
    if (strncmp(answer, "@hex:", strlen("@hex:")) != 0)
        return strdup(answer);
    response = calloc(strlen(hex) / 2 + 1, 1);
    for (size_t i = 0; response != NULL && i < strlen(hex) / 2; i++) {
        unsigned int byte = 0;

        sscanf(hex + 2 * i, "%2x", &byte);
        response[i] = (char)byte;
    }
    return response;
}

/* Says that this login stands before its answer, and waits for the others. */
static void meet(struct login *login)
{
    char byte = 0;

    if (login->ready < 0)
        return;
    if (write(login->ready, &byte, 1) != 1)
        _exit(99);
    while (read(login->go, &byte, 1) < 0 && errno == EINTR)
        ;
    close(login->ready);
    close(login->go);
    login->ready = login->go = -1;
}

static int converse(int count, const struct pam_message **messages, struct pam_response **responses, void *data)
{
    struct login *login = data;

    *responses = calloc((size_t)count, sizeof **responses);
    if (*responses == NULL)
        return PAM_BUF_ERR;
    for (int i = 0; i < count; i++) {
        int style = messages[i]->msg_style;

        printf("%s %s %s\n", login->user, style_word(style), messages[i]->msg);
        if (style != PAM_PROMPT_ECHO_OFF && style != PAM_PROMPT_ECHO_ON)
            continue;
        meet(login);
        if (login->answer_count > 0 && strncmp(login->answers[0], "@wait:", 6) == 0) {
            fflush(stdout);
            while (access(login->answers[0] + 6, F_OK) != 0)
                usleep(20000);
            login->answers++;
            login->answer_count--;
        }
        if (login->answer_count == 0 || strcmp(login->answers[0], "@fail") == 0) {
            free(*responses);
            *responses = NULL;
            return PAM_CONV_ERR;
        }
        if (strcmp(login->answers[0], "@again") == 0) {
            free(*responses);
            *responses = NULL;
            login->answers++;
            login->answer_count--;
            return PAM_CONV_AGAIN;
        }
        (*responses)[i].resp = response_of(login->answers[0]);
        login->answers++;
        login->answer_count--;
    }
    return PAM_SUCCESS;
}

/* Tests are about what is said, not about how long a refusal is made to take. */
static void no_delay(int code, unsigned int microseconds, void *data)
{
    (void)code;
    (void)microseconds;
    (void)data;
}

/* One bit for each open descriptor below 64. */
static unsigned long long open_descriptors(void)
{
    unsigned long long open = 0;
    struct stat status;

    for (int fd = 0; fd < 64; fd++)
        if (fstat(fd, &status) == 0)
            open |= 1ULL << fd;
    return open;
}

static int run(const struct settings *settings, struct login *login)
{
    const struct pam_conv conversation = {converse, login};
    pam_handle_t *pamh = NULL;
    struct sigaction before, after, pipe_before, pipe_after;
    sigset_t mask_before, mask_after;
    mode_t mask;
    unsigned long long open;
    const char *changed;
    const char *name = strcmp(login->user, "@none") == 0 ? NULL : login->user;
    int code, result = 0;

    if (settings->ignore_child)
        signal(SIGCHLD, SIG_IGN);
    code = settings->confdir != NULL
               ? pam_start_confdir(settings->service, name, &conversation, settings->confdir, &pamh)
               : pam_start(settings->service, name, &conversation, &pamh);
    if (code != PAM_SUCCESS) {
        printf("%s pam_start %s\n", login->user, code_word(code));
        return 2;
    }
    pam_set_item(pamh, PAM_FAIL_DELAY, (const void *)no_delay);
    if (settings->rhost != NULL)
        pam_set_item(pamh, PAM_RHOST, settings->rhost);
    if (settings->variable != NULL)
        pam_putenv(pamh, settings->variable);
    sigaction(SIGCHLD, NULL, &before);
    sigaction(SIGPIPE, NULL, &pipe_before);
    sigprocmask(SIG_SETMASK, NULL, &mask_before);
    mask = umask(027);
    umask(027);
    open = open_descriptors();
    if (login->ready >= 0) /* these two are closed on the way */
        open &= ~(1ULL << login->ready | 1ULL << login->go);

    while ((code = pam_authenticate(pamh, settings->silent ? PAM_SILENT : 0)) == PAM_INCOMPLETE)
        printf("%s incomplete\n", login->user);

    sigaction(SIGCHLD, NULL, &after);
    sigaction(SIGPIPE, NULL, &pipe_after);
    sigprocmask(SIG_SETMASK, NULL, &mask_after);
    if (open_descriptors() != open) {
        printf("%s descriptors before %llx after %llx\n", login->user, open, open_descriptors());
        result = 3;
    }
    changed = umask(mask) != 027                               ? "umask"
              : before.sa_handler != after.sa_handler           ? "SIGCHLD"
              : pipe_before.sa_handler != pipe_after.sa_handler ? "SIGPIPE"
              : waitpid(-1, NULL, WNOHANG) >= 0                 ? "a child is left"
                                                                : NULL;
    for (int number = 1; number < 64; number++)
        if (sigismember(&mask_before, number) != sigismember(&mask_after, number))
            changed = "signal mask";
    if (changed != NULL) {
        printf("%s process was changed: %s\n", login->user, changed);
        result = 3;
    }
    if (code == PAM_SUCCESS) {
        int credentials = pam_setcred(pamh, PAM_ESTABLISH_CRED);

        if (credentials != PAM_SUCCESS)
            printf("%s setcred %s\n", login->user, code_word(credentials));
    }
    pam_end(pamh, code);
    printf("%s result %s\n", login->user, code_word(code));
    return result;
}

/* Runs all LOGINS at once. */
static int run_together(const struct settings *settings, struct login *logins, int count)
{
    int ready[2], go[2], failed = 0;
    char byte;

    if (pipe(ready) != 0 || pipe(go) != 0)
        return 2;
    for (int i = 0; i < count; i++) {
        pid_t pid = fork();

        if (pid < 0)
            return 2;
        if (pid == 0) {
            close(ready[0]);
            close(go[1]);
            logins[i].ready = ready[1];
            logins[i].go = go[0];
            _exit(run(settings, &logins[i]) + (fflush(stdout) != 0));
        }
    }
    close(ready[1]);
    close(go[0]);
    for (int i = 0; i < count; i++)
        if (read(ready[0], &byte, 1) != 1) { /* some login asks nothing, and all others stand ready */
            break;
        }
    close(go[1]);
    for (int i = 0; i < count; i++) {
        int status = 0;

        if (wait(&status) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
            failed = 3;
    }
    return failed;
}

int main(int argc, char **argv)
{
    struct settings settings = {0};
    struct login logins[LOGINS_MAX];
    int option, copies = 1, count = 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    /* Opened now: pam_syslog would leave it open, and that descriptor is libc's, not the module's. */
    openlog("pam_host", LOG_NDELAY, LOG_AUTHPRIV);
    while ((option = getopt(argc, argv, "+d:e:r:sin:")) != -1) {
        switch (option) {
        case 'd': settings.confdir = optarg; break;
        case 'e': settings.variable = optarg; break;
        case 'r': settings.rhost = optarg; break;
        case 's': settings.silent = true; break;
        case 'i': settings.ignore_child = true; break;
        case 'n': copies = atoi(optarg); break;
        default: return 2;
        }
    }
    if (optind + 2 > argc) {
        fprintf(stderr, "usage: pam_host [options] SERVICE USER [ANSWER...] [-- USER [ANSWER...]]...\n");
        return 2;
    }
    settings.service = argv[optind++];
    while (optind < argc) {
        struct login login = {.user = argv[optind], .answers = argv + optind + 1, .ready = -1, .go = -1};

        optind++;
        while (optind < argc && strcmp(argv[optind], "--") != 0) {
            optind++;
            login.answer_count++;
        }
        if (optind < argc && ++optind == argc)
            return 2;
        for (int i = 0; i < copies && count < LOGINS_MAX; i++)
            logins[count++] = login;
    }
    return count == 1 ? run(&settings, &logins[0]) : run_together(&settings, logins, count);
}
