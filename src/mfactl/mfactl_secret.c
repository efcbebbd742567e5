/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: echo is on again when the prompt ends, whatever ends it.
 * What MUST NOT happen: a secret in memory that nobody wipes.
 */
#include "mfactl/mfactl.h"

#include "base/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted;

static void note_interrupt(int signal)
{
    interrupted = signal;
}

/* Reads up to the end of a line or of FD. A longer one is a fault. */
static int read_line(int fd, const char *name, char *secret, size_t size, struct fault *fault)
{
    size_t length = 0;

    for (;;) {
        ssize_t got = read(fd, secret + length, 1);

        if (got < 0 && errno == EINTR && !interrupted)
            continue;
        if (got < 0)
            return fault_set(fault, "%s: cannot read: %s", name, strerror(errno));
        if (got == 0 || secret[length] == '\n')
            break;
        if (secret[length] == '\r')
            continue;
        if (++length == size)
            return fault_set(fault, "%s: the first line is longer than %zu bytes", name, size - 1);
    }
    secret[length] = '\0';
    return length > 0 ? 0 : fault_set(fault, "%s: the first line is empty, expected the secret there", name);
}

static int ask(const char *prompt, char *secret, size_t size, struct fault *fault)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
    struct sigaction note = {.sa_handler = note_interrupt}, before[sizeof signals / sizeof *signals];
    struct termios terminal, silent;
    int result;

    if (tcgetattr(STDIN_FILENO, &terminal) != 0)
        return fault_set(fault, "the terminal does not answer: %s", strerror(errno));
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &note, &before[i]);
    silent = terminal;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    fprintf(stderr, "%s", prompt);
    result = read_line(STDIN_FILENO, "the answer", secret, size, fault);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal);
    fprintf(stderr, "\n");
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &before[i], NULL);
    return interrupted ? fault_set(fault, "interrupted; nothing was changed") : result;
}

int read_secret(const char *source, const char *prompt, char *secret, size_t size, struct fault *fault)
{
    int fd, result;

    if (strcmp(source, "-") == 0)
        result = isatty(STDIN_FILENO) ? ask(prompt, secret, size, fault)
                                      : read_line(STDIN_FILENO, "standard input", secret, size, fault);
    else {
        fd = open(source, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (fd < 0)
            return fault_set(fault, "%s: cannot open: %s", source, strerror(errno));
        result = read_line(fd, source, secret, size, fault);
        close(fd);
    }
    if (result != 0)
        crypto_wipe(secret, size);
    return result;
}
