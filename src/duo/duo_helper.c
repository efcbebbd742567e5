/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold:
 *  - only a whole verdict line, from a helper that then ended by itself, decides anything but an error;
 *  - the program that gets the keys is root's alone to change;
 *  - when the function returns, process and descriptors are gone, whatever happened.
 * What MUST NOT happen:
 *  - any trace in the host program: no signal is raised or set up, no child of the host's own is waited for, nothing
 *    is inherited by the helper but its socket;
 *  - text from the helper reaching the terminal as it came.
 */
#include "duo/duo_helper.h"

#include "base/crypto.h"
#include "base/shell.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define GRACE_MS 500      /* what the helper gets beyond its own deadline to say so */
#define END_MS 400        /* and to end after its verdict, if there is no time left otherwise */
#define TEXT_LINES_MAX 40 /* of one message from Duo */

/* The running helper. On the heap: the host's threads may have small stacks. */
struct helper {
    pid_t pid; /* 0: none */
    struct duo_channel channel;
    struct duo_line line;
    struct deadline deadline;
    const struct duo_request *request;
    const struct duo_relay *relay;
};

static int check_program(const char *path, struct fault *fault)
{
    struct stat status;
    int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC), result = -1;

    if (fd < 0)
        return fault_set(fault, "%s: cannot open the helper: %s; install it, or set duo_helper in pam_mfa.conf", path,
                         strerror(errno));
    if (fstat(fd, &status) != 0)
        fault_set(fault, "%s: cannot fstat: %s", path, strerror(errno));
    else if (!S_ISREG(status.st_mode))
        fault_set(fault, "%s: the helper must be a regular file, not a link, directory or device", path);
    else if (status.st_uid != 0 || (status.st_mode & 022) != 0)
        fault_set(fault, "%s: belongs to user id %u with mode %04o; the helper must be root's and writable to nobody "
                  "else", path, (unsigned)status.st_uid, (unsigned)(status.st_mode & 07777));
    else if ((status.st_mode & 0111) == 0)
        fault_set(fault, "%s: has mode %04o and is not executable; run: chmod 0755 %s", path,
                  (unsigned)(status.st_mode & 07777), shell_word(path).text);
    else
        result = 0;
    close(fd);
    return result;
}

/*
 * The helper starts with the socket as descriptor 0, default signals, no environment, and in a session of its own, so
 * that keys pressed at the terminal go to the host program alone. All other descriptors it closes itself, first thing.
 */
static int spawn(pid_t *pid, const char *path, int socket)
{
    char name[] = "mfa-duo";
    char *const argv[] = {name, NULL}, *const envp[] = {NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t all, none;
    int error;

    sigfillset(&all);
    sigemptyset(&none);
    if (posix_spawn_file_actions_init(&actions) != 0)
        return ENOMEM;
    if (posix_spawnattr_init(&attributes) != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return ENOMEM;
    }
    error = posix_spawn_file_actions_adddup2(&actions, socket, 0);
    if (error == 0)
        error = posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    if (error == 0)
        error = posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    if (error == 0)
        error = posix_spawnattr_setsigdefault(&attributes, &all);
    if (error == 0)
        error = posix_spawnattr_setsigmask(&attributes, &none);
    if (error == 0)
        error = posix_spawnattr_setflags(&attributes,
                                         POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
    if (error == 0)
        error = posix_spawn(pid, path, &actions, &attributes, argv, envp);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

static int start(struct helper *helper, const char *path, struct fault *fault)
{
    int pair[2], error;

    if (check_program(path, fault) != 0)
        return -1;
    /* A socket and not pipes: a write to it can be told not to raise SIGPIPE. */
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return fault_set(fault, "cannot make a socket for the helper: %s", strerror(errno));
    error = spawn(&helper->pid, path, pair[1]);
    close(pair[1]);
    helper->channel.fd = pair[0];
    if (error != 0) {
        helper->pid = 0;
        return fault_set(fault, "%s: cannot start the helper: %s", path, strerror(error));
    }
    return 0;
}

/*
 * Waits for the helper's end until DEADLINE, then kills it. Whether it ended by itself and well. Where the host ignores
 * SIGCHLD, or another of its threads was faster, nothing is known of the end but that it came: that passes.
 */
static bool reap(struct helper *helper, const struct deadline *deadline)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    bool killed = false;

    for (;;) {
        int status = 0;
        pid_t got = waitpid(helper->pid, &status, killed ? 0 : WNOHANG);

        if (got < 0 && errno == EINTR)
            continue;
        if (got != 0) {
            helper->pid = 0;
            return !killed && (got < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 0));
        }
        /* Still there, as has just been seen, so the number is the helper's and nobody else's. */
        if (deadline_left(deadline) == 0) {
            /* A host without CAP_KILL may not. To wait could be for ever; the helper ends when its socket is closed. */
            if (kill(helper->pid, SIGKILL) != 0)
                return false;
            killed = true;
        } else
            nanosleep(&pause, NULL);
    }
}

/* TEXT from Duo, made fit for a terminal line by line, since a menu has lines. malloc'ed; NULL: out of memory. */
static char *terminal_text(const char *text)
{
    size_t size = strlen(text) + 1, used = 0;
    char *out = malloc(size), *line = malloc(size);

    for (int lines = 0; out != NULL && line != NULL && lines < TEXT_LINES_MAX; lines++) {
        size_t length = strcspn(text, "\n");
        bool last = text[length] == '\0';

        memcpy(line, text, length);
        line[length] = '\0';
        text_for_terminal(out + used, size - used, line);
        used += strlen(out + used);
        if (last)
            break;
        out[used++] = '\n';
        text += length + 1;
    }
    if (line == NULL) {
        free(out);
        out = NULL;
    } else if (out != NULL)
        out[used] = '\0';
    free(line);
    return out;
}

/* Asks the person, while the deadline stands still: how long a prompt may stay open is the application's to say. */
static enum duo_line_result relay_prompt(struct helper *helper, const char *text)
{
    const long long started = deadline_clock();
    char *response = NULL, trimmed[256];
    const char *value = trimmed;
    enum duo_line_result result;
    int failed;

    failed = helper->relay->conversation == NULL ||
             conversation_prompt(helper->relay->conversation, text, helper->request->echo != 0, &response) != 0;
    deadline_pause(&helper->deadline, started);
    /* What is longer is no option and no passcode; the helper is told something that is neither. */
    if (!failed && text_trim(trimmed, sizeof trimmed, response) != 0)
        strcpy(trimmed, "?");
    conversation_forget(&response);
    result = duo_line_send(&helper->channel, &helper->deadline, failed ? "silence" : "answer", &value, failed ? 0 : 1);
    crypto_wipe(trimmed, sizeof trimmed);
    return result;
}

static enum duo_line_result relay_ring(struct helper *helper, struct duo_verdict *verdict)
{
    enum found found = FOUND_NOTHING;

    if (helper->relay->count_ring != NULL)
        found = helper->relay->count_ring(helper->relay->context, helper->line.values[0], &verdict->detail);
    if (found == FOUND_FAULT) {
        verdict->reason = DUO_STATE;
        return DUO_LINE_END;
    }
    return duo_line_send(&helper->channel, &helper->deadline, found == FOUND ? "yes" : "no", NULL, 0);
}

/* Relays one line that is no verdict. Other than DUO_LINE_OK: the talk is over. */
static enum duo_line_result relay_line(struct helper *helper, struct duo_verdict *verdict)
{
    enum duo_line_result result = DUO_LINE_BAD;
    char *text;

    if (duo_line_is(&helper->line, "ring", 1))
        return relay_ring(helper, verdict);
    if (!duo_line_is(&helper->line, "info", 1) && !duo_line_is(&helper->line, "prompt", 1))
        return DUO_LINE_BAD;
    text = terminal_text(helper->line.values[0]);
    if (text == NULL)
        return DUO_LINE_BAD;
    if (duo_line_is(&helper->line, "prompt", 1))
        result = relay_prompt(helper, text);
    else {
        /* A text that cannot be shown spoils nothing that matters. */
        if (helper->relay->conversation != NULL)
            conversation_inform(helper->relay->conversation, text);
        result = DUO_LINE_OK;
    }
    free(text);
    return result;
}

/* A check lets nobody in, and a login is no check. */
static bool fits_purpose(const struct duo_request *request, const struct duo_verdict *verdict)
{
    if (request->purpose == DUO_CHECK)
        return duo_reason_verdict(verdict->reason) != VERDICT_ACCEPTED;
    return verdict->reason != DUO_CHECKED;
}

/* Listens to the end. True: VERDICT holds the helper's verdict, complete. */
static bool listen_to(struct helper *helper, struct duo_verdict *verdict)
{
    enum duo_line_result result = duo_request_send(helper->request, &helper->channel, &helper->deadline);

    while (result == DUO_LINE_OK) {
        result = duo_line_receive(&helper->channel, &helper->deadline, &helper->line);
        if (result != DUO_LINE_OK)
            break;
        if (strcmp(helper->line.word, "verdict") == 0) {
            if (duo_verdict_read(verdict, &helper->line) == 0 && fits_purpose(helper->request, verdict))
                return true;
            result = DUO_LINE_BAD;
        } else
            result = relay_line(helper, verdict);
    }
    if (verdict->reason == DUO_STATE)
        return false;
    *verdict = (struct duo_verdict){.reason = DUO_HELPER};
    fault_set(&verdict->detail, "the helper %s before its verdict", result == DUO_LINE_LATE  ? "was not done in time"
                                                                    : result == DUO_LINE_END ? "ended"
                                                                                             : "talked nonsense");
    return false;
}

/* Whether the helper has said anything beyond its verdict. Asked after its end, so nothing more can come. */
static bool said_more(struct helper *helper)
{
    char byte;

    return helper->channel.used > 0 || recv(helper->channel.fd, &byte, 1, MSG_DONTWAIT) > 0;
}

void duo_helper_run(const char *path, const struct duo_request *request, const struct duo_relay *relay,
                    struct duo_verdict *verdict)
{
    struct helper *helper = calloc(1, sizeof *helper);
    struct deadline end;

    *verdict = (struct duo_verdict){.reason = DUO_HELPER};
    if (helper == NULL) {
        fault_set(&verdict->detail, "out of memory");
        return;
    }
    helper->channel.fd = -1;
    helper->request = request;
    helper->relay = relay;
    helper->deadline = deadline_in((long long)request->timeout * 1000 + GRACE_MS);
    if (start(helper, path, &verdict->detail) == 0) {
        bool complete = listen_to(helper, verdict);

        end = deadline_in(complete ? END_MS : 0);
        if (complete && helper->deadline.at > end.at)
            end = helper->deadline;
        if (!reap(helper, &end) && complete) {
            *verdict = (struct duo_verdict){.reason = DUO_HELPER};
            fault_set(&verdict->detail, "the helper did not end well after its verdict");
        } else if (complete && said_more(helper)) {
            *verdict = (struct duo_verdict){.reason = DUO_HELPER};
            fault_set(&verdict->detail, "the helper went on talking after its verdict");
        }
    }
    if (helper->channel.fd >= 0)
        close(helper->channel.fd);
    crypto_wipe(helper, sizeof *helper);
    free(helper);
}
