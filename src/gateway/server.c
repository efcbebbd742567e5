/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: no client keeps others out: every connection has an owner, a place and a deadline, and root has
 * places of its own; whatever changes something is in the log, by the user id that the kernel gave.
 * What MUST NOT happen: this process, which is root, waiting for one client, or looking into a request.
 */
#include "gateway/server.h"

#include "base/crypto.h"
#include "base/text.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REFUSED_MS 1000
#define SLOW_MS 1000 /* how long to leave a socket alone that cannot be accepted from */

static const char refusal[] =
    "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Type: application/json\r\n"
    "Content-Length: 104\r\n\r\n"
    "{\n  \"error\": {\n    \"message\": \"too many requests at once\",\n    \"code\": \"503\",\n    \"arguments\": []\n  }\n}\n";

struct server {
    const struct server_plan *plan;
    struct http *http;
    struct exchange exchanges[LIMIT_CONNECTIONS];
    /* Connections without a place: they have been told, and stay open a moment so that they can read it. */
    struct refused {
        int fd;
        long long until;
    } refused[LIMIT_REFUSED];
    size_t next_refused;
    long long accept_after; /* monotonic milliseconds */
    const struct exchange *kept; /* in a worker: the one it is for */
};

static long long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void message_free(struct message *message)
{
    if (message->body != NULL)
        crypto_wipe(message->body, message->body_length);
    free(message->body);
    free(message->target);
    free(message->accept);
    *message = (struct message){.method = ""};
}

static void exchange_clear(struct exchange *exchange)
{
    message_free(&exchange->message);
    answer_free(&exchange->answer);
    worker_end(&exchange->worker);
    *exchange = (struct exchange){.fd = -1, .worker = {.pipe = -1}};
}

/* In a worker: what belongs to other requests. The descriptors are closed already, the processes are not its own. */
static void forget_others(void *context)
{
    struct server *server = context;

    for (size_t i = 0; i < LIMIT_CONNECTIONS; i++) {
        struct exchange *exchange = &server->exchanges[i];

        if (exchange == server->kept)
            continue;
        message_free(&exchange->message);
        answer_free(&exchange->answer);
        if (exchange->worker.data != NULL)
            crypto_wipe(exchange->worker.data, exchange->worker.length);
    }
}

/* A line about what a request for a change has come to. A query is told once it is known to hold fields of ours alone. */
static void log_request(const struct server *server, const struct exchange *exchange)
{
    const struct message *message = &exchange->message;
    const struct answer_head *head = &exchange->answer.head;
    bool done = head->status < 300;
    char line[1024] = "", path[512], number[16];
    size_t length;

    if (message->target == NULL || strcmp(message->method, "GET") == 0 || strcmp(message->method, "HEAD") == 0)
        return;
    length = done ? strlen(message->target) : strcspn(message->target, "?");
    snprintf(path, sizeof path, "%.*s", (int)(length < sizeof path ? length : sizeof path - 1), message->target);
    snprintf(number, sizeof number, "%u", (unsigned int)exchange->peer.uid);
    text_add_field(line, sizeof line, "uid", number);
    text_add_field(line, sizeof line, "method", message->method);
    text_add_field(line, sizeof line, "path", path);
    if (head->location[0] != '\0')
        text_add_field(line, sizeof line, "location", head->location);
    snprintf(number, sizeof number, "%d", (int)head->status);
    text_add_field(line, sizeof line, "status", number);
    text_add_field(line, sizeof line, "result", done ? "done" : "failed");
    server->plan->log(line);
}

static void complete(void *context, struct exchange *exchange)
{
    (void)context;
    exchange->deadline = now_ms() + LIMIT_SECONDS * 1000;
}

static void closed(void *context, struct exchange *exchange)
{
    (void)context;
    exchange_clear(exchange);
}

/* Sends what is in the exchange's answer. */
static void conclude(struct server *server, struct exchange *exchange)
{
    worker_end(&exchange->worker);
    exchange->deadline = now_ms() + LIMIT_SECONDS * 1000;
    log_request(server, exchange);
    http_answer(server->http, exchange);
}

static void conclude_error(struct server *server, struct exchange *exchange, int status, const char *code,
                           const char *message)
{
    if (answer_error(&exchange->answer, status, code, message) != 0)
        exchange->answer = (struct answer){.head = {.status = status}};
    conclude(server, exchange);
}

static void conclude_worker(struct server *server, struct exchange *exchange)
{
    if (answer_parse(&exchange->answer, exchange->worker.data, exchange->worker.length) == 0)
        conclude(server, exchange);
    else
        conclude_error(server, exchange, 500, "500", "the request could not be worked on");
}

/* Whether there is room for a worker of EXCHANGE's. Root's places are its own. */
static bool may_start(const struct server *server, const struct exchange *exchange)
{
    size_t users = 0, others = 0;

    for (size_t i = 0; i < LIMIT_CONNECTIONS; i++) {
        const struct exchange *other = &server->exchanges[i];
        bool works = other->fd >= 0 && other->step == EXCHANGE_WORKS;

        users += works && other->peer.uid == exchange->peer.uid;
        others += works && other->peer.uid != 0;
    }
    return exchange->peer.uid == 0 || (users < LIMIT_USER_WORKERS && others < LIMIT_WORKERS);
}

static void start_worker(struct server *server, struct exchange *exchange)
{
    const struct worker_job job = {.fd = exchange->fd, .peer = &exchange->peer, .store = server->plan->store,
                                   .message = &exchange->message, .task = server->plan->task,
                                   .forget = forget_others, .context = server};
    struct fault fault;
    char line[800] = "";

    server->kept = exchange;
    exchange->step = EXCHANGE_WORKS;
    exchange->deadline = now_ms() + LIMIT_SECONDS * 1000;
    if (worker_start(&exchange->worker, &job, &fault) == 0)
        return;
    text_add_field(line, sizeof line, "fault", fault.text);
    server->plan->log(line);
    conclude_error(server, exchange, 500, "500", "the request cannot be worked on now");
}

/* First come, first served, as far as there is room. */
static void start_workers(struct server *server)
{
    struct exchange *next;

    do {
        next = NULL;
        for (size_t i = 0; i < LIMIT_CONNECTIONS; i++) {
            struct exchange *exchange = &server->exchanges[i];

            if (exchange->fd >= 0 && exchange->step == EXCHANGE_QUEUES &&
                (next == NULL || exchange->deadline < next->deadline) && may_start(server, exchange))
                next = exchange;
        }
        if (next != NULL)
            start_worker(server, next);
    } while (next != NULL);
}

static struct exchange *find_place(struct server *server, const struct peer *peer)
{
    struct exchange *place = NULL;
    size_t users = 0, others = 0;

    for (size_t i = 0; i < LIMIT_CONNECTIONS; i++) {
        struct exchange *exchange = &server->exchanges[i];

        if (exchange->fd < 0)
            place = exchange;
        else {
            users += exchange->peer.uid == peer->uid;
            others += exchange->peer.uid != 0;
        }
    }
    return users < LIMIT_USER && (peer->uid == 0 || others < LIMIT_OTHERS) ? place : NULL;
}

static void refuse(struct server *server, int fd)
{
    struct refused *refused = &server->refused[server->next_refused];

    server->next_refused = (server->next_refused + 1) % LIMIT_REFUSED;
    if (refused->fd >= 0)
        close(refused->fd);
    *refused = (struct refused){fd, now_ms() + REFUSED_MS};
    (void)!send(fd, refusal, sizeof refusal - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    shutdown(fd, SHUT_WR);
}

static void accept_all(struct server *server, int socket)
{
    for (int i = 0; i < LIMIT_CONNECTIONS; i++) {
        struct exchange *exchange;
        struct peer peer;
        struct fault fault;
        int fd = accept4(socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (fd < 0) {
            if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR && errno != ECONNABORTED)
                server->accept_after = now_ms() + SLOW_MS; /* out of descriptors, or memory: that passes */
            return;
        }
        if (peer_read(fd, &peer, &fault) != 0) {
            close(fd);
            continue;
        }
        exchange = find_place(server, &peer);
        if (exchange == NULL) {
            refuse(server, fd);
            continue;
        }
        *exchange = (struct exchange){.fd = fd, .peer = peer, .deadline = now_ms() + LIMIT_SECONDS * 1000,
                                      .worker = {.pipe = -1}};
        if (http_add(server->http, exchange) != 0)
            exchange_clear(exchange); /* MHD has closed it */
    }
}

static void see_to_deadlines(struct server *server, long long now)
{
    for (size_t i = 0; i < LIMIT_CONNECTIONS; i++) {
        struct exchange *exchange = &server->exchanges[i];

        if (exchange->fd < 0 || exchange->deadline > now)
            continue;
        exchange->deadline = now + LIMIT_SECONDS * 1000;
        if (exchange->step == EXCHANGE_WORKS)
            conclude_error(server, exchange, 504, "504", "the request took too long; it may have been done");
        else if (exchange->step == EXCHANGE_QUEUES)
            conclude_error(server, exchange, 503, "503", "too many requests at once");
        else
            shutdown(exchange->fd, SHUT_RDWR); /* MHD sees the end of it and closes */
    }
    for (size_t i = 0; i < LIMIT_REFUSED; i++) {
        if (server->refused[i].fd >= 0 && server->refused[i].until <= now) {
            close(server->refused[i].fd);
            server->refused[i].fd = -1;
        }
    }
}

/* Milliseconds until there is something to do without anything coming in. */
static int next_event(struct server *server, long long now)
{
    int timeout = http_timeout(server->http);
    long long next = timeout < 0 ? now + 60000 : now + timeout;

    for (size_t i = 0; i < LIMIT_CONNECTIONS; i++)
        if (server->exchanges[i].fd >= 0 && server->exchanges[i].deadline < next)
            next = server->exchanges[i].deadline;
    for (size_t i = 0; i < LIMIT_REFUSED; i++)
        if (server->refused[i].fd >= 0 && server->refused[i].until < next)
            next = server->refused[i].until;
    if (server->accept_after > now && server->accept_after < next)
        next = server->accept_after;
    return next <= now ? 0 : (int)(next - now);
}

/* One turn. 1: a signal says to end. */
static int turn(struct server *server, int socket, int signals, struct fault *fault)
{
    struct pollfd polled[3 + LIMIT_CONNECTIONS];
    struct exchange *working[LIMIT_CONNECTIONS];
    long long now = now_ms();
    nfds_t count = 3;

    polled[0] = (struct pollfd){.fd = signals, .events = POLLIN};
    polled[1] = (struct pollfd){.fd = http_fd(server->http), .events = POLLIN};
    polled[2] = (struct pollfd){.fd = server->accept_after > now ? -1 : socket, .events = POLLIN};
    for (size_t i = 0; i < LIMIT_CONNECTIONS; i++) {
        if (server->exchanges[i].fd >= 0 && server->exchanges[i].step == EXCHANGE_WORKS) {
            working[count - 3] = &server->exchanges[i];
            polled[count++] = (struct pollfd){.fd = server->exchanges[i].worker.pipe, .events = POLLIN};
        }
    }
    if (poll(polled, count, next_event(server, now)) < 0 && errno != EINTR)
        return fault_set(fault, "cannot wait for clients: %s", strerror(errno));
    if (polled[0].revents != 0)
        return 1;
    for (nfds_t i = 3; i < count; i++)
        if (polled[i].revents != 0 && worker_read(&working[i - 3]->worker) == 1)
            conclude_worker(server, working[i - 3]);
    if (polled[2].revents != 0)
        accept_all(server, socket);
    see_to_deadlines(server, now_ms());
    http_run(server->http);
    start_workers(server);
    return 0;
}

int server_run(const struct server_plan *plan, int socket, int signals, struct fault *fault)
{
    struct server *server = calloc(1, sizeof *server);
    struct http_events events = {.complete = complete, .closed = closed, .context = server};
    int result = 0;

    if (server == NULL)
        return fault_set(fault, "out of memory");
    server->plan = plan;
    for (size_t i = 0; i < LIMIT_CONNECTIONS; i++)
        server->exchanges[i] = (struct exchange){.fd = -1, .worker = {.pipe = -1}};
    for (size_t i = 0; i < LIMIT_REFUSED; i++)
        server->refused[i].fd = -1;
    server->http = http_start(&events);
    if (server->http == NULL)
        result = fault_set(fault, "cannot start the HTTP server: out of memory");
    while (result == 0)
        result = turn(server, socket, signals, fault);
    for (size_t i = 0; i < LIMIT_CONNECTIONS; i++)
        if (server->exchanges[i].fd >= 0 &&
            (server->exchanges[i].step == EXCHANGE_WORKS || server->exchanges[i].step == EXCHANGE_QUEUES))
            conclude_error(server, &server->exchanges[i], 503, "503", "the gateway ends; the request may have been done");
    http_stop(&server->http);
    for (size_t i = 0; i < LIMIT_REFUSED; i++)
        if (server->refused[i].fd >= 0)
            close(server->refused[i].fd);
    free(server);
    return result == 1 ? 0 : -1;
}
