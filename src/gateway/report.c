/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What only root can find out, for callers who may know it: a worker asks, a process of root's writes the text to the
 * worker's channel, ended by a NUL.
 *
 * What MUST hold: who may have it is asked of the kernel, by root's process, and not of the worker; a worker has one.
 * What MUST NOT happen: the reporting process reading anything that a client, or a worker, has sent.
 */
#include "gateway/report.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <syslog.h>
#include <unistd.h>

#define CHANNEL 3

int report_read(int channel, FILE *out)
{
    char text[4096], *end;
    ssize_t count;
    size_t total = 0;

    for (;;) {
        count = read(channel, text, sizeof text);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0 || (total += (size_t)count) > LIMIT_REPLY)
            return -1;
        end = memchr(text, '\0', (size_t)count);
        if (fwrite(text, 1, end != NULL ? (size_t)(end - text) : (size_t)count, out) == 0 && end != text)
            return -1;
        if (end != NULL)
            return total > 1 ? 0 : -1;
    }
}

/* All of it, or nothing but the end. */
__attribute__((noreturn)) static void run(const struct service *service)
{
    char *text = NULL;
    size_t length = 0;
    sigset_t none;
    FILE *out = open_memstream(&text, &length);
    int result = out == NULL ? -1 : 0;

    alarm(LIMIT_SECONDS);
    closelog();
    signal(SIGCHLD, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (result == 0 && service->report(out) != 0)
        result = -1;
    if (out != NULL && fclose(out) != 0)
        result = -1;
    for (size_t sent = 0; result == 0 && sent < length;) {
        ssize_t count = send(CHANNEL, text + sent, length - sent, MSG_NOSIGNAL);

        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            _exit(1);
        sent += (size_t)count;
    }
    _exit(send(CHANNEL, "", 1, MSG_NOSIGNAL) == 1 && result == 0 ? 0 : 1);
}

int report_start(pid_t *pid, const struct service *service, int channel)
{
    *pid = fork();
    if (*pid == 0) {
        if (dup3(channel, CHANNEL, O_CLOEXEC) < 0 && (errno != EINVAL || channel != CHANNEL))
            _exit(1);
        if (syscall(SYS_close_range, CHANNEL + 1, ~0U, 0) != 0)
            _exit(1);
        run(service);
    }
    if (*pid > 0)
        return 0;
    *pid = 0;
    return -1;
}
