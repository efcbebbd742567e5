/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: a worker is the caller, and nothing else, before it reads one byte of the connection; it has no descriptor,
 * and its memory nothing, of anybody else's request; the group that may enter the store comes into effect when a request is
 * whole and its turn has come; an answer that has to be taken back if it is lost is taken back.
 * What MUST NOT happen: the seal key, or anything else that the caller may not have, in a worker before that.
 */
#include "gateway/worker.h"

#include "base/rlimit.h"
#include "base/text.h"
#include "gateway/report.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#define WORKER_SOCKET 3
#define WORKER_CHANNEL 4
#define WORKER_FILES 64
#define WORKER_SECONDS 180 /* more than the server lets it have: for the case that the server is gone */

/* In a worker. */
struct work {
    const struct service *service;
    const struct peer *peer;
    struct message message;
    struct answer answer;
    bool failed; /* the request could not be worked on */
};

static int tell(enum worker_news news)
{
    char byte = (char)news;

    return send(WORKER_CHANNEL, &byte, 1, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

/* Only the standard streams, the client's socket and the channel stay open. */
static int keep_two(int socket, int channel)
{
    int low_socket = fcntl(socket, F_DUPFD_CLOEXEC, 10), low_channel = fcntl(channel, F_DUPFD_CLOEXEC, 10);

    if (low_socket < 0 || low_channel < 0 || dup3(low_socket, WORKER_SOCKET, O_CLOEXEC) < 0 ||
        dup3(low_channel, WORKER_CHANNEL, O_CLOEXEC) < 0)
        return -1;
    return (int)syscall(SYS_close_range, WORKER_CHANNEL + 1, ~0U, 0);
}

/* The limit that counts, and not the one that it may be raised to: programs that are started here need more. */
static void lower_limit(rlimit_resource resource, rlim_t limit)
{
    struct rlimit limits;

    if (getrlimit(resource, &limits) == 0 && limits.rlim_max > limit) {
        limits.rlim_cur = limit;
        setrlimit(resource, &limits);
    }
}

/* What the parent has set up for itself alone, and what no worker needs. */
static void begin_anew(void)
{
    const struct rlimit none = {0, 0};
    sigset_t signals;

    alarm(WORKER_SECONDS);
    umask(077);
    closelog(); /* its descriptor is closed; the next line opens it anew */
    setrlimit(RLIMIT_CORE, &none);
    lower_limit(RLIMIT_CPU, LIMIT_SECONDS);
    lower_limit(RLIMIT_NOFILE, WORKER_FILES);
    signal(SIGCHLD, SIG_DFL);
    sigemptyset(&signals);
    sigprocmask(SIG_SETMASK, &signals, NULL);
}

void worker_pause(void)
{
    (void)!tell(WORKER_PAUSES);
}

int worker_resume(void)
{
    ssize_t count;
    char go;

    if (tell(WORKER_IS_ASKED) != 0)
        return -1;
    do
        count = read(WORKER_CHANNEL, &go, 1);
    while (count < 0 && errno == EINTR);
    return count == 1 ? 0 : -1;
}

int worker_report(FILE *out)
{
    return tell(WORKER_WANTS_REPORT) == 0 ? report_read(WORKER_CHANNEL, out) : -1;
}

/* For http_serve: waits for its turn, and works. */
static int work_on(void *context, const struct message *message, struct answer *answer)
{
    struct work *work = context;
    struct fault fault;

    work->failed = true;
    if (worker_resume() != 0 || peer_enter_store(work->peer, work->service->store, &fault) != 0 ||
        work->service->answer(message, work->peer, answer) != 0)
        return -1;
    work->failed = false;
    return 0;
}

/* A line about what a request for a change has come to. A query is told once it is known to hold fields of ours alone. */
static void log_request(const struct work *work, const char *result)
{
    const struct message *message = &work->message;
    const struct answer *answer = &work->answer;
    char line[1024] = "", path[512], number[16];
    size_t length;

    if (message->target == NULL || answer->status == 0 || strcmp(message->method, "GET") == 0 ||
        strcmp(message->method, "HEAD") == 0)
        return;
    length = answer->status < 300 ? strlen(message->target) : strcspn(message->target, "?");
    snprintf(path, sizeof path, "%.*s", (int)(length < sizeof path ? length : sizeof path - 1), message->target);
    snprintf(number, sizeof number, "%u", (unsigned int)work->peer->uid);
    text_add_field(line, sizeof line, "uid", number);
    text_add_field(line, sizeof line, "method", message->method);
    text_add_field(line, sizeof line, "path", path);
    if (answer->location[0] != '\0')
        text_add_field(line, sizeof line, "location", answer->location);
    snprintf(number, sizeof number, "%d", answer->status);
    text_add_field(line, sizeof line, "status", number);
    if (answer->code[0] != '\0')
        text_add_field(line, sizeof line, "code", answer->code);
    text_add_field(line, sizeof line, "result", result);
    work->service->log(line);
}

/* The line comes before the answer: whoever has got an answer could end this process. */
static int begin_answer(void *context)
{
    const struct work *work = context;

    log_request(work, work->answer.status < 300 ? "done" : "failed");
    return tell(WORKER_ANSWERS);
}

static int serve(struct work *work)
{
    const struct http_service http = {.work = work_on, .begin = begin_answer, .context = work};
    enum http_end end = http_serve(WORKER_SOCKET, &http, &work->message, &work->answer);

    if (end == HTTP_LOST && work->answer.undo != NULL)
        log_request(work, work->answer.undo(work->answer.kept) ? "undone" : "lost");
    answer_free(&work->answer);
    message_free(&work->message);
    return end == HTTP_NOTHING && work->failed ? -1 : tell(WORKER_ANSWERS);
}

__attribute__((noreturn)) static void run(const struct service *service, const struct peer *peer)
{
    struct peer caller = *peer;
    struct work work = {.service = service, .peer = &caller};
    enum worker_news news = WORKER_IS_UNSURE;
    struct fault fault;

    begin_anew();
    caller.is_member = peer_is_member(WORKER_SOCKET, peer, service->store);
    if (peer_become(WORKER_SOCKET, peer, service->store, &fault) != 0)
        _exit(1);
    switch (service->meet(peer, &fault)) {
    case FOUND: news = WORKER_IS_KNOWN; break;
    case FOUND_NOTHING: news = WORKER_IS_UNKNOWN; break;
    case FOUND_FAULT: break;
    }
    if (tell(news) != 0 || news != WORKER_IS_KNOWN)
        _exit(1);
    _exit(serve(&work) == 0 ? 0 : 1);
}

int worker_start(struct worker *worker, const struct service *service, int fd, const struct peer *peer,
                 struct fault *fault)
{
    int ends[2];
    pid_t pid;

    *worker = (struct worker){.channel = -1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return fault_set(fault, "cannot make a pair of sockets: %s", strerror(errno));
    pid = fork();
    if (pid == 0) {
        if (keep_two(fd, ends[1]) != 0)
            _exit(1);
        run(service, peer);
    }
    close(ends[1]);
    if (pid < 0) {
        fault_set(fault, "cannot start a process: %s", strerror(errno));
        close(ends[0]);
        return -1;
    }
    *worker = (struct worker){.pid = pid, .channel = ends[0]};
    return 0;
}

enum worker_news worker_hear(const struct worker *worker)
{
    unsigned char byte;
    ssize_t count;

    do
        count = recv(worker->channel, &byte, 1, MSG_DONTWAIT);
    while (count < 0 && errno == EINTR);
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return WORKER_HAS_NO_NEWS;
    switch (count == 1 ? byte : 0) {
    case WORKER_IS_KNOWN:
    case WORKER_IS_UNKNOWN:
    case WORKER_IS_UNSURE:
    case WORKER_IS_ASKED:
    case WORKER_PAUSES:
    case WORKER_WANTS_REPORT:
    case WORKER_ANSWERS: return (enum worker_news)byte;
    default: return WORKER_HAS_ENDED;
    }
}

void worker_go(const struct worker *worker)
{
    (void)!send(worker->channel, "G", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void end(pid_t pid)
{
    if (pid <= 0)
        return;
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

void worker_end(struct worker *worker)
{
    end(worker->pid);
    end(worker->reporter);
    if (worker->channel >= 0)
        close(worker->channel);
    *worker = (struct worker){.channel = -1};
}
