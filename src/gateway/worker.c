/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: a worker is the caller before it looks at one byte of the request; it dies at the deadline, whatever
 * it does; what it has written when it dies early is no answer (answer_parse).
 * What MUST NOT happen: a worker of one user with a descriptor, a body or an answer of another one's request. Its memory
 * is a copy of the parent's: those are wiped first, and nobody but root may look into the rest (peer_become).
 */
#include "gateway/worker.h"

#include "base/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#define WORKER_PIPE 3
#define WORKER_SOCKET 4

/* In the child: only the standard streams, the pipe and the client's socket stay open. */
static int keep_two(int pipe, int socket)
{
    int low_pipe = fcntl(pipe, F_DUPFD_CLOEXEC, 10), low_socket = fcntl(socket, F_DUPFD_CLOEXEC, 10);

    if (low_pipe < 0 || low_socket < 0 || dup3(low_pipe, WORKER_PIPE, O_CLOEXEC) < 0 ||
        dup3(low_socket, WORKER_SOCKET, O_CLOEXEC) < 0)
        return -1;
    return (int)syscall(SYS_close_range, WORKER_SOCKET + 1, ~0U, 0);
}

__attribute__((noreturn)) static void work(const struct worker_job *job)
{
    const struct rlimit none = {0, 0}, seconds = {LIMIT_SECONDS, LIMIT_SECONDS};
    struct answer answer = {0};
    struct fault fault;
    sigset_t signals;
    int status = 1;

    /* The parent's deadline kills; this is for the case that the parent is gone. */
    alarm(2 * LIMIT_SECONDS);
    umask(077);
    closelog(); /* its descriptor is closed; the next line opens it anew */
    setrlimit(RLIMIT_CORE, &none);
    setrlimit(RLIMIT_CPU, &seconds);
    if (peer_become(WORKER_SOCKET, job->peer, job->store, &fault) == 0) {
        sigemptyset(&signals);
        sigprocmask(SIG_SETMASK, &signals, NULL);
        signal(SIGCHLD, SIG_DFL);
        close(WORKER_SOCKET);
        if (job->task(job->message, job->peer, &answer) == 0 && answer_write(WORKER_PIPE, &answer) == 0)
            status = 0;
        answer_free(&answer);
    }
    _exit(status);
}

int worker_start(struct worker *worker, const struct worker_job *job, struct fault *fault)
{
    int ends[2];
    pid_t pid;

    *worker = (struct worker){.pipe = -1};
    if (pipe2(ends, O_CLOEXEC) != 0)
        return fault_set(fault, "cannot make a pipe: %s", strerror(errno));
    pid = fork();
    if (pid == 0) {
        if (keep_two(ends[1], job->fd) != 0)
            _exit(1);
        job->forget(job->context);
        work(job);
    }
    if (pid < 0)
        fault_set(fault, "cannot start a process: %s", strerror(errno));
    close(ends[1]);
    if (pid < 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) {
        close(ends[0]);
        if (pid > 0) {
            fault_set(fault, "cannot use a pipe: %s", strerror(errno));
            worker->pid = pid;
            worker_end(worker);
        }
        return -1;
    }
    worker->pid = pid;
    worker->pipe = ends[0];
    return 0;
}

/* Room for one byte more than an answer may have: whoever fills it has written too much. */
static int make_room(struct worker *worker)
{
    const size_t max = sizeof(struct answer_head) + LIMIT_REPLY + 1;
    size_t size = worker->size == 0 ? 8192 : worker->size * 2;
    char *larger;

    if (worker->length < worker->size)
        return 0;
    if (worker->size == max)
        return -1;
    if (size > max)
        size = max;
    larger = malloc(size);
    if (larger == NULL)
        return -1;
    if (worker->length > 0) {
        memcpy(larger, worker->data, worker->length);
        crypto_wipe(worker->data, worker->length);
    }
    free(worker->data);
    worker->data = larger;
    worker->size = size;
    return 0;
}

int worker_read(struct worker *worker)
{
    for (;;) {
        ssize_t count;

        if (make_room(worker) != 0)
            return 1;
        count = read(worker->pipe, worker->data + worker->length, worker->size - worker->length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return 0;
        if (count <= 0)
            return 1;
        worker->length += (size_t)count;
    }
}

void worker_end(struct worker *worker)
{
    if (worker->pid > 0) {
        kill(worker->pid, SIGKILL);
        while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    if (worker->pipe >= 0)
        close(worker->pipe);
    if (worker->data != NULL)
        crypto_wipe(worker->data, worker->length);
    free(worker->data);
    *worker = (struct worker){.pipe = -1};
}
