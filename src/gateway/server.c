/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: no client keeps others out: every connection has an owner, a seat and a deadline (seat.c).
 * What MUST NOT happen: this process, which is root, waiting for one client, or reading one byte of a connection. It asks
 * the kernel who has connected, hands the connection over, and hears single letters of the process that has it; it writes
 * on a connection only what stands here, and only as long as the worker has not begun to answer.
 */
#include "gateway/server.h"

#include "base/deadline.h"
#include "base/text.h"
#include "gateway/report.h"
#include "gateway/seat.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REFUSED_MS 1000
#define SLOW_MS 1000  /* how long to leave a socket alone that cannot be accepted from */
#define ENDING_MS 5000 /* for what is being worked on when this is told to end */

struct server {
    const struct service *service;
    struct seats seats;
    /* Of the seat with the same number. */
    struct connection {
        int fd;
        struct worker worker;
    } connections[LIMIT_SEATS];
    /* Connections that have been told why they get no more, and stay open a moment so that they can read it. */
    struct refused {
        int fd;
        long long until;
    } refused[LIMIT_REFUSED];
    size_t next_refused;
    long long accept_after; /* monotonic milliseconds */
};

/* The last words on a connection, which is closed a little later. */
static void refuse(struct server *server, int fd, int status, const char *message)
{
    struct refused *refused = &server->refused[server->next_refused];
    char body[256], text[512];
    int length = snprintf(body, sizeof body, "{\n  \"error\": {\n    \"message\": \"%s\",\n    \"code\": \"%d\",\n"
                          "    \"arguments\": []\n  }\n}\n", message, status == 403 ? 6 : status);

    length = snprintf(text, sizeof text, "HTTP/1.1 %d %s\r\nConnection: close\r\n%sContent-Type: application/json\r\n"
                      "Content-Length: %d\r\n\r\n%s", status,
                      status == 403 ? "Forbidden" : status == 500 ? "Internal Server Error"
                      : status == 503 ? "Service Unavailable" : "Gateway Timeout",
                      status == 503 ? "Retry-After: 1\r\n" : "", length, body);
    server->next_refused = (server->next_refused + 1) % LIMIT_REFUSED;
    if (refused->fd >= 0)
        close(refused->fd);
    *refused = (struct refused){fd, deadline_clock() + REFUSED_MS};
    (void)!send(fd, text, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL);
    shutdown(fd, SHUT_WR);
}

/* Ends what the seat's connection is about. */
static void leave(struct server *server, size_t index)
{
    struct connection *connection = &server->connections[index];

    worker_end(&connection->worker);
    close(connection->fd);
    connection->fd = -1;
    server->seats.seats[index] = (struct seat){.step = SEAT_FREE};
}

/* Likewise, with an error for the client. What a worker did not live to tell is told here. */
static void dismiss(struct server *server, size_t index, int status, const char *message)
{
    struct connection *connection = &server->connections[index];
    char line[512] = "", number[16];

    if (status == 500 || status == 504) {
        snprintf(number, sizeof number, "%u", (unsigned int)server->seats.seats[index].uid);
        text_add_field(line, sizeof line, "uid", number);
        snprintf(number, sizeof number, "%d", status);
        text_add_field(line, sizeof line, "status", number);
        text_add_field(line, sizeof line, "code", number);
        text_add_field(line, sizeof line, "result", "failed");
        text_add_field(line, sizeof line, "reason", message);
        server->service->log(line);
    }
    worker_end(&connection->worker);
    refuse(server, connection->fd, status, message);
    connection->fd = -1;
    server->seats.seats[index] = (struct seat){.step = SEAT_FREE};
}

/* Whether the seat's holder may have the report, of which a worker gets one. */
static bool may_report(const struct server *server, size_t index)
{
    const struct connection *connection = &server->connections[index];
    struct peer peer;
    struct fault ignored;

    return connection->worker.reporter == 0 && peer_read(connection->fd, &peer, &ignored) == 0 &&
           peer_is_member(connection->fd, &peer, server->service->store);
}

/* Whether to go on listening to the seat's worker. */
static bool heed(struct server *server, size_t index, enum worker_news news)
{
    struct worker *worker = &server->connections[index].worker;
    struct seat *seat = &server->seats.seats[index];
    const long long now = deadline_clock();

    if (news == WORKER_HAS_NO_NEWS)
        return false;
    if (news == WORKER_IS_KNOWN && seat->step == SEAT_ASKS) {
        seat_know(&server->seats, index, true);
        seat_step(seat, SEAT_READS, now);
    } else if (news == WORKER_IS_ASKED && (seat->step == SEAT_READS || seat->step == SEAT_PAUSES))
        seat_step(seat, SEAT_QUEUES, now);
    else if (news == WORKER_WANTS_REPORT && seat->step == SEAT_WORKS && may_report(server, index) &&
             report_start(&worker->reporter, server->service, worker->channel) == 0)
        return true;
    else if (news == WORKER_PAUSES && seat->step == SEAT_WORKS)
        seat_step(seat, SEAT_PAUSES, now);
    else if (news == WORKER_ANSWERS && (seat->step == SEAT_READS || seat->step == SEAT_WORKS))
        seat_step(seat, SEAT_ANSWERS, now);
    else if (news == WORKER_IS_UNKNOWN && seat->step == SEAT_ASKS) {
        seat_know(&server->seats, index, false);
        dismiss(server, index, 403, "your user id has no account");
    } else if (news == WORKER_IS_UNSURE && seat->step == SEAT_ASKS)
        dismiss(server, index, 500, "your account could not be looked up");
    else if (seat->step != SEAT_ANSWERS)
        dismiss(server, index, 500, seat->step == SEAT_WORKS ? "the request could not be worked on to its end; it may have been done"
                                                             : "the request could not be worked on");
    else if (news != WORKER_ANSWERS)
        leave(server, index);
    return seat->step != SEAT_FREE;
}

/* First come, first served, as far as there is room. */
static void give_turns(struct server *server)
{
    int next;

    while ((next = seat_next(&server->seats)) >= 0) {
        seat_step(&server->seats.seats[next], SEAT_WORKS, deadline_clock());
        worker_go(&server->connections[next].worker);
    }
}

static void seat_peer(struct server *server, int fd)
{
    const long long now = deadline_clock();
    struct connection *connection;
    struct peer peer;
    struct fault fault;
    char line[800] = "";
    int index;

    if (peer_read(fd, &peer, &fault) != 0) {
        close(fd);
        return;
    }
    index = seat_find(&server->seats, peer.uid, now);
    if (index < 0) {
        refuse(server, fd, 503, "too many requests at once");
        return;
    }
    if (server->seats.seats[index].step != SEAT_FREE)
        dismiss(server, (size_t)index, 503, "too many requests at once");
    connection = &server->connections[index];
    if (worker_start(&connection->worker, server->service, fd, &peer, &fault) == 0) {
        connection->fd = fd;
        seat_take(&server->seats, (size_t)index, peer.uid, now);
        return;
    }
    text_add_field(line, sizeof line, "fault", fault.text);
    server->service->log(line);
    refuse(server, fd, 503, "the request cannot be worked on now");
}

static void accept_all(struct server *server, int socket)
{
    for (int i = 0; i < LIMIT_SEATS; i++) {
        int fd = accept4(socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (fd >= 0) {
            seat_peer(server, fd);
            continue;
        }
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR && errno != ECONNABORTED)
            server->accept_after = deadline_clock() + SLOW_MS; /* out of descriptors, or memory: that passes */
        return;
    }
}

static void see_to_deadlines(struct server *server, long long now)
{
    for (size_t i = 0; i < LIMIT_SEATS; i++) {
        const struct seat *seat = &server->seats.seats[i];

        if (seat->step == SEAT_FREE || seat->deadline > now)
            continue;
        switch (seat->step) {
        case SEAT_FREE: break;
        case SEAT_ASKS: dismiss(server, i, 500, "your account could not be looked up in time"); break;
        case SEAT_QUEUES: dismiss(server, i, 503, "too many requests at once"); break;
        case SEAT_WORKS: dismiss(server, i, 504, "the request took too long; it may have been done"); break;
        case SEAT_PAUSES: dismiss(server, i, 504, "nobody has approved in time; nothing was done"); break;
        case SEAT_READS:
        case SEAT_ANSWERS: leave(server, i); break;
        }
    }
    for (size_t i = 0; i < LIMIT_REFUSED; i++) {
        if (server->refused[i].fd >= 0 && server->refused[i].until <= now) {
            close(server->refused[i].fd);
            server->refused[i].fd = -1;
        }
    }
}

/* Milliseconds until there is something to do without anything coming in. */
static int next_event(const struct server *server, long long now)
{
    long long next = now + 60000;

    for (size_t i = 0; i < LIMIT_SEATS; i++)
        if (server->seats.seats[i].step != SEAT_FREE && server->seats.seats[i].deadline < next)
            next = server->seats.seats[i].deadline;
    for (size_t i = 0; i < LIMIT_REFUSED; i++)
        if (server->refused[i].fd >= 0 && server->refused[i].until < next)
            next = server->refused[i].until;
    if (server->accept_after > now && server->accept_after < next)
        next = server->accept_after;
    return next <= now ? 0 : (int)(next - now);
}

/* One turn. SOCKET -1: nobody is accepted any more. 1: a signal says to end. */
static int turn(struct server *server, int socket, int signals, struct fault *fault)
{
    struct pollfd polled[2 + LIMIT_SEATS];
    size_t seat_of[2 + LIMIT_SEATS];
    const long long now = deadline_clock();
    nfds_t count = 2;

    polled[0] = (struct pollfd){.fd = signals, .events = POLLIN};
    polled[1] = (struct pollfd){.fd = server->accept_after > now ? -1 : socket, .events = POLLIN};
    for (size_t i = 0; i < LIMIT_SEATS; i++) {
        if (server->seats.seats[i].step != SEAT_FREE) {
            seat_of[count] = i;
            polled[count++] = (struct pollfd){.fd = server->connections[i].worker.channel, .events = POLLIN};
        }
    }
    if (poll(polled, count, next_event(server, now)) < 0) {
        if (errno != EINTR)
            return fault_set(fault, "cannot wait for clients: %s", strerror(errno));
        return 0;
    }
    if (polled[0].revents != 0)
        return 1;
    for (nfds_t i = 2; i < count; i++)
        while (polled[i].revents != 0 &&
               heed(server, seat_of[i], worker_hear(&server->connections[seat_of[i]].worker)))
            ;
    if (polled[1].revents != 0)
        accept_all(server, socket);
    see_to_deadlines(server, deadline_clock());
    give_turns(server);
    return 0;
}

/* What is being worked on comes to its end, as far as that takes no time; who is not heard yet is told to come back. */
static void end_all(struct server *server)
{
    const long long end = deadline_clock() + ENDING_MS;
    struct fault fault;
    bool waits;

    do {
        waits = false;
        for (size_t i = 0; i < LIMIT_SEATS; i++) {
            struct seat *seat = &server->seats.seats[i];

            if (seat->step == SEAT_WORKS || seat->step == SEAT_ANSWERS) {
                waits = true;
                if (seat->deadline > end)
                    seat->deadline = end;
            } else if (seat->step != SEAT_FREE)
                dismiss(server, i, 503, "the gateway ends");
        }
    } while (waits && turn(server, -1, -1, &fault) == 0);
    for (size_t i = 0; i < LIMIT_SEATS; i++)
        if (server->seats.seats[i].step != SEAT_FREE)
            leave(server, i);
    for (size_t i = 0; i < LIMIT_REFUSED; i++)
        if (server->refused[i].fd >= 0)
            close(server->refused[i].fd);
}

int server_run(const struct service *service, int socket, int signals, struct fault *fault)
{
    struct server *server = calloc(1, sizeof *server);
    int result = 0;

    if (server == NULL)
        return fault_set(fault, "out of memory");
    server->service = service;
    for (size_t i = 0; i < LIMIT_SEATS; i++)
        server->connections[i] = (struct connection){.fd = -1, .worker = {.channel = -1}};
    for (size_t i = 0; i < LIMIT_REFUSED; i++)
        server->refused[i].fd = -1;
    while (result == 0)
        result = turn(server, socket, signals, fault);
    end_all(server);
    free(server);
    return result == 1 ? 0 : -1;
}
