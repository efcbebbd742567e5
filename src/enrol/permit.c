/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: where self_enrolment is "after_duo" and there is a duo.conf for the SVM, only mfa-approve's own word,
 * by a process that then ended well, grants; it is root's alone to change.
 * What MUST NOT happen: a permit because something could not be found out; an answer of mfa-approve's believed for
 * another account or SVM than it was asked for.
 */
#include "enrol/permit.h"

#include "config/duo_user.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_SIZE 1024

static enum permit_answer grant(struct permit *permit, const struct svm *svm, const struct account *account)
{
    *permit = (struct permit){.granted = true, .uid = account->uid};
    strcpy(permit->svm, svm->name);
    return PERMIT_GRANTED;
}

static enum permit_answer fail(struct fault *fault, const char *what, int error)
{
    fault_set(fault, "%s: %s: %s", PERMIT_APPROVE_PATH, what, strerror(error));
    return PERMIT_FAULT;
}

static enum permit_answer check_program(struct fault *fault)
{
    struct stat status;

    if (stat(PERMIT_APPROVE_PATH, &status) != 0)
        return fail(fault, "cannot be found, so nobody can be asked for leave", errno);
    if (!S_ISREG(status.st_mode) || status.st_uid != 0 || (status.st_mode & 022) != 0 ||
        (getuid() != 0 && (status.st_mode & S_ISUID) == 0)) {
        fault_set(fault, "%s: belongs to user id %u with mode %04o, so nobody can be asked for leave; an "
                  "administrator can mend that with: mfactl init", PERMIT_APPROVE_PATH, (unsigned)status.st_uid,
                  (unsigned)(status.st_mode & 07777));
        return PERMIT_FAULT;
    }
    return PERMIT_GRANTED;
}

/* What mfa-approve is asked, and by which descriptors: -1 is nobody at standard error, and nothing at standard input. */
struct asking {
    const char *svm, *option; /* OPTION may be NULL */
    int input, talk;
};

/* Starts mfa-approve with ANSWERS as its standard output. Returns 0 or an error number. */
static int start(pid_t *pid, const struct asking *asking, int answers)
{
    char name[] = "mfa-approve", option[16] = "", copy[NAME_SIZE];
    char *const argv[] = {name, copy, asking->option != NULL ? option : NULL, NULL}, *const envp[] = {NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t all, none;
    int error;

    strcpy(copy, asking->svm);
    if (asking->option != NULL)
        snprintf(option, sizeof option, "%s", asking->option);
    sigfillset(&all);
    sigemptyset(&none);
    if (posix_spawn_file_actions_init(&actions) != 0)
        return ENOMEM;
    if (posix_spawnattr_init(&attributes) != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return ENOMEM;
    }
    error = asking->input < 0 ? posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
                              : posix_spawn_file_actions_adddup2(&actions, asking->input, 0);
    if (error == 0)
        error = asking->talk < 0 ? posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
                                 : posix_spawn_file_actions_adddup2(&actions, asking->talk, 2);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(&actions, answers, 1);
    if (error == 0)
        error = posix_spawnattr_setsigdefault(&attributes, &all);
    if (error == 0)
        error = posix_spawnattr_setsigmask(&attributes, &none);
    if (error == 0)
        error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    if (error == 0)
        error = posix_spawn(pid, PERMIT_APPROVE_PATH, &actions, &attributes, argv, envp);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* All that comes from FD, to its end; what does not fit is a fault of its own. -1: so, or it cannot be read. */
static int read_answer(int fd, char answer[ANSWER_SIZE])
{
    size_t used = 0;

    for (;;) {
        ssize_t got = read(fd, answer + used, ANSWER_SIZE - 1 - used);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        used += (size_t)got;
        if (used == ANSWER_SIZE - 1)
            return -1;
    }
    answer[used] = '\0';
    return strlen(answer) == used ? 0 : -1;
}

/* Waits for PID. Whether it ended by itself and well. One whose end is not known did not. */
static bool ended_well(pid_t pid)
{
    int status = 0;
    pid_t got;

    do
        got = waitpid(pid, &status, 0);
    while (got < 0 && errno == EINTR);
    return got == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Asks mfa-approve, which says one line: `granted`, `refused` and why, or `fault` and which. */
static enum permit_answer ask(const struct asking *asking, struct fault *fault)
{
    enum permit_answer answer = check_program(fault);
    char text[ANSWER_SIZE] = "", *why;
    int pair[2], error;
    bool complete;
    pid_t pid;

    if (answer != PERMIT_GRANTED)
        return answer;
    if (pipe2(pair, O_CLOEXEC) != 0)
        return fail(fault, "cannot make a pipe", errno);
    /* Descriptors below 3 are taken, or the program would have lost one of them to the pipe. */
    error = pair[0] > 2 && pair[1] > 2 ? start(&pid, asking, pair[1]) : EBADF;
    close(pair[1]);
    complete = error == 0 && read_answer(pair[0], text) == 0;
    close(pair[0]);
    if (error != 0)
        return fail(fault, "cannot be started, so nobody can be asked for leave", error);
    complete = ended_well(pid) && complete;
    why = strchr(text, ' ');
    text[strcspn(text, "\n")] = '\0';
    if (complete && strcmp(text, "granted") == 0)
        return PERMIT_GRANTED;
    if (complete && why != NULL && (strncmp(text, "refused ", 8) == 0 || strncmp(text, "fault ", 6) == 0)) {
        fault_set(fault, "%s", why + 1);
        return text[0] == 'r' ? PERMIT_REFUSED : PERMIT_FAULT;
    }
    fault_set(fault, "%s: ended before it had an answer", PERMIT_APPROVE_PATH);
    return PERMIT_FAULT;
}

/* Whether no login to SVM can ever come to Duo. Of the user's own process that can be true only where no duo.conf is. */
static bool has_no_duo(const struct host *host, const struct svm *svm, const struct account *account)
{
    struct duo_profile *profile = malloc(sizeof *profile);
    struct fault ignored;
    enum found found;

    if (profile == NULL)
        return false;
    found = duo_user_is_covered(host, svm, account, profile, &ignored);
    duo_profile_free(profile);
    free(profile);
    return found == FOUND_NOTHING;
}

static enum permit_answer refuse_closed(const struct svm *svm, struct fault *fault)
{
    fault_set(fault, "in SVM %s nobody makes a key without a ticket (self_enrolment is \"closed\"); ask an administrator for "
              "one, then run: mfa-enroll --ticket", svm->name);
    return PERMIT_REFUSED;
}

enum permit_answer permit_ask(const struct host *host, const struct svm *svm, const struct account *account, int talk,
                              struct permit *permit, struct fault *fault)
{
    const struct asking asking = {.svm = svm->name, .option = talk < 0 ? "--push" : NULL,
                                  .input = talk < 0 ? -1 : STDIN_FILENO, .talk = talk};
    enum permit_answer answer = PERMIT_REFUSED;

    *permit = (struct permit){0};
    switch ((enum self_enrolment)svm->self_enrolment) {
    case SELF_OPEN: return grant(permit, svm, account);
    case SELF_CLOSED: return refuse_closed(svm, fault);
    case SELF_AFTER_DUO:
        answer = has_no_duo(host, svm, account) ? PERMIT_GRANTED : ask(&asking, fault);
        break;
    }
    return answer == PERMIT_GRANTED ? grant(permit, svm, account) : answer;
}

/* A pipe that holds TICKET, to be read: the descriptor; -1: fault. */
static int pipe_with(const char *ticket, struct fault *fault)
{
    const size_t length = strlen(ticket);
    int pair[2];

    if (pipe2(pair, O_CLOEXEC) != 0) {
        (void)!fail(fault, "cannot make a pipe", errno);
        return -1;
    }
    /* Far less than any pipe holds, so this does not wait. */
    if (pair[0] > 2 && length < PERMIT_TICKET_SIZE && write(pair[1], ticket, length) == (ssize_t)length) {
        close(pair[1]);
        return pair[0];
    }
    (void)!fail(fault, "cannot be told the ticket", EIO);
    close(pair[0]);
    close(pair[1]);
    return -1;
}

enum permit_answer permit_with_ticket(const struct svm *svm, const struct account *account, const char *ticket,
                                      bool use, struct permit *permit, struct fault *fault)
{
    struct asking asking = {.svm = svm->name, .option = use ? "--use-ticket" : "--ticket", .talk = -1};
    enum permit_answer answer;

    *permit = (struct permit){0};
    asking.input = pipe_with(ticket, fault);
    if (asking.input < 0)
        return PERMIT_FAULT;
    answer = ask(&asking, fault);
    close(asking.input);
    return answer == PERMIT_GRANTED && use ? grant(permit, svm, account) : answer;
}

enum permit_answer permit_with_code(const struct svm *svm, const struct account *account, struct permit *permit,
                                    struct fault *fault)
{
    *permit = (struct permit){0};
    return svm->self_enrolment == SELF_CLOSED ? refuse_closed(svm, fault) : grant(permit, svm, account);
}
