/* SPDX-License-Identifier: BSD-2-Clause */
/* What MUST NOT happen: a program from the caller's PATH, or the caller's environment, taking part. */
#include "admin/check_pam.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#define SETTINGS_SIZE (64 * 1024)
#define VALUE_SIZE 1024

/* Starts `sshd -T` with its output at the write end of PIPE. Returns its process id, or -1. */
static pid_t start(const int output[2])
{
    static const char *const programs[] = {"/usr/sbin/sshd", "/usr/local/sbin/sshd", NULL};
    static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", language[] = "LC_ALL=C", test[] = "-T";
    char *const environment[] = {path, language, NULL};
    posix_spawn_file_actions_t actions;
    pid_t child = -1;
    int error = ENOENT;

    if (posix_spawn_file_actions_init(&actions) != 0)
        return -1;
    if (posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0) == 0 &&
        posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO) == 0 &&
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0) == 0)
        for (size_t i = 0; programs[i] != NULL && error == ENOENT; i++) {
            /* By its absolute path: sshd insists on one. */
            char name[32];
            char *const argv[] = {name, test, NULL};

            snprintf(name, sizeof name, "%s", programs[i]);
            error = posix_spawn(&child, programs[i], &actions, NULL, argv, environment);
        }
    posix_spawn_file_actions_destroy(&actions);
    return error == 0 ? child : -1;
}

/* What `sshd -T` prints, malloc'ed. NULL: there is no sshd, or it does not say. */
static char *settings(void)
{
    char *text = calloc(1, SETTINGS_SIZE);
    size_t length = 0;
    ssize_t got = 1;
    int output[2], status = -1;
    pid_t child;

    if (text == NULL || pipe2(output, O_CLOEXEC) != 0) {
        free(text);
        return NULL;
    }
    child = start(output);
    close(output[1]);
    while (got != 0 && length < SETTINGS_SIZE - 1) {
        got = read(output[0], text + length, SETTINGS_SIZE - 1 - length);
        if (got < 0 && errno != EINTR)
            break;
        length += got > 0 ? (size_t)got : 0;
    }
    close(output[0]);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return text;
    free(text);
    return NULL;
}

/* The value of the keyword NAME in TEXT, in OUT; "" where it is not said. */
static const char *value_of(const char *text, const char *name, char out[VALUE_SIZE])
{
    size_t length = strlen(name);

    out[0] = '\0';
    for (const char *line = text; line != NULL; line = strchr(line, '\n') == NULL ? NULL : strchr(line, '\n') + 1)
        if (strncasecmp(line, name, length) == 0 && line[length] == ' ') {
            snprintf(out, VALUE_SIZE, "%.*s", (int)strcspn(line + length + 1, "\n"), line + length + 1);
            break;
        }
    return out;
}

static bool is(const char *text, const char *name, const char *value)
{
    char found[VALUE_SIZE];

    return strcasecmp(value_of(text, name, found), value) == 0;
}

/* AuthenticationMethods, of which each alternative must ask through PAM. */
static void check_methods(const char *text, struct report *report)
{
    char methods[VALUE_SIZE], *alternative, *save = NULL;

    value_of(text, "authenticationmethods", methods);
    if (methods[0] == '\0' || strcmp(methods, "any") == 0) {
        if (is(text, "pubkeyauthentication", "yes") || is(text, "gssapiauthentication", "yes") ||
            is(text, "hostbasedauthentication", "yes"))
            report_found(report, "sshd_methods",
                         "sshd: AuthenticationMethods is not set, so whoever has a key is never asked for a code; set "
                         "in sshd_config: AuthenticationMethods publickey,keyboard-interactive:pam "
                         "keyboard-interactive:pam");
        return;
    }
    for (alternative = strtok_r(methods, " ", &save); alternative != NULL; alternative = strtok_r(NULL, " ", &save))
        if (strstr(alternative, "keyboard-interactive") == NULL)
            report_found(report, "sshd_methods",
                         "sshd: AuthenticationMethods has %s, which asks for no code; expected "
                         "keyboard-interactive:pam in each", alternative);
}

void check_sshd(struct report *report)
{
    char *text = settings(), service[VALUE_SIZE], methods[VALUE_SIZE];

    if (text == NULL)
        return;
    if (value_of(text, "pamservicename", service)[0] == '\0')
        strcpy(service, "sshd");
    if (strchr(service, '/') == NULL && check_pam_asks(service)) {
        if (is(text, "usepam", "no"))
            report_found(report, "sshd_use_pam",
                         "sshd: UsePAM is no, so PAM's service %s, and pam_mfa.so in it, is never asked; set in "
                         "sshd_config: UsePAM yes", service);
        if (is(text, "kbdinteractiveauthentication", "no"))
            report_found(report, "sshd_kbdinteractive",
                         "sshd: KbdInteractiveAuthentication is no, so nobody can be asked for a code; set in "
                         "sshd_config: KbdInteractiveAuthentication yes");
        check_methods(text, report);
        value_of(text, "authenticationmethods", methods);
        if (is(text, "passwordauthentication", "yes") &&
            (methods[0] == '\0' || strcmp(methods, "any") == 0 || strstr(methods, "password") != NULL))
            report_found(report, "sshd_password",
                         "sshd: PasswordAuthentication is yes, and there sshd answers the question for the code with "
                         "the password, so such logins are refused; set in sshd_config: PasswordAuthentication no");
    }
    free(text);
}
