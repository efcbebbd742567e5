/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: no client keeps others out: every connection has an owner and a place, and root's places are its own; what
 * is still to be counted is written before this ends, as far as the store takes it.
 * What MUST NOT happen: waiting for one client or one node.
 */
#include "broker/broker.h"

#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SAVE_EVERY_MS 10000
#define END_WITHIN_MS 5000 /* what is to be counted may take so long when a signal ends this */
#define SLOW_MS 1000       /* how long to leave a socket alone that cannot be accepted from */

void broker_log(const struct broker *broker, int level, const char *key, ...)
{
    char line[1200] = "";
    va_list arguments;

    va_start(arguments, key);
    for (; key != NULL; key = va_arg(arguments, const char *))
        text_add_field(line, sizeof line, key, va_arg(arguments, const char *));
    va_end(arguments);
    broker->log(level, line);
}

int broker_open(struct broker *broker, const struct host *host, gid_t group, const char *directory, struct fault *fault)
{
    const struct host_fleet *fleets = host->fleets.items;

    *broker = (struct broker){.host = host, .group = group, .log = broker->log};
    broker->link = link_new();
    broker->fleets = calloc(host->fleets.count + 1, sizeof *broker->fleets);
    if (broker->link == NULL || broker->fleets == NULL)
        return fault_set(fault, "out of memory");
    broker->fleet_count = host->fleets.count;
    for (size_t i = 0; i < broker->fleet_count; i++) {
        char path[GUARD_PATH_SIZE];

        broker->fleets[i].conf = &fleets[i];
        broker->fleets[i].broker = broker;
        broker->fleets[i].preferred = (size_t)getpid() % fleets[i].endpoints.count;
        snprintf(path, sizeof path, "%s/%s.seen", directory, fleets[i].name);
        if (guard_open(&broker->fleets[i].guard, path, fault) != 0)
            return -1;
    }
    return 0;
}

void broker_close(struct broker *broker)
{
    while (broker->clients != NULL) {
        struct client *client = broker->clients;

        broker->clients = client->next;
        client_free(client);
    }
    duties_free(broker);
    calls_free(broker);
    link_free(&broker->link);
    for (size_t i = 0; i < broker->fleet_count; i++)
        identity_free(&broker->fleets[i].identity);
    free(broker->fleets);
    broker->fleets = NULL;
    broker->fleet_count = 0;
}

void broker_clock_known(struct fleet *fleet, const struct call_result *result)
{
    for (struct client *client = fleet->broker->clients; client != NULL; client = client->next)
        if (client->fleet == fleet && client->waits_for_clock)
            client_clock(client, result);
}

int broker_guard(struct fleet *fleet, const char *svm, const struct mark *sent, const struct mark *seen,
                 struct fault *fault)
{
    struct fault unsaved;

    if (guard_accepts(&fleet->guard, sent, seen))
        return 0;
    fault_set(fault, "the store went back: this host knows it at epoch %lld revision %lld, and now it shows epoch %lld "
              "revision %lld; if it was restored from a backup: mfactl store accept --restored", fleet->guard.mark.epoch,
              (long long)fleet->guard.mark.revision, seen->epoch, (long long)seen->revision);
    broker_log(fleet->broker, LOG_CRIT, "event", "went_back", "fleet", fleet->conf->name, "detail", fault->text, NULL);
    if (guard_save(&fleet->guard, &unsaved) != 0)
        broker_log(fleet->broker, LOG_ERR, "event", "not_saved", "detail", unsaved.text, NULL);
    if (svm[0] != '\0')
        duty_halt(fleet, svm, "the store went back");
    return -1;
}

static void save_guards(struct broker *broker)
{
    struct fault fault;

    broker->saved_at = fleet_now();
    for (size_t i = 0; i < broker->fleet_count; i++)
        if (guard_save(&broker->fleets[i].guard, &fault) != 0)
            broker_log(broker, LOG_ERR, "event", "not_saved", "detail", fault.text, NULL);
}

static bool has_room(const struct broker *broker, const struct listener_peer *peer)
{
    size_t users = 0, others = 0, all = 0;

    for (const struct client *client = broker->clients; client != NULL; client = client->next) {
        users += client->peer.uid == peer->uid;
        others += client->peer.uid != 0;
        all++;
    }
    return all < BROKER_CLIENTS && (peer->uid == 0 || (users < BROKER_USER && others < BROKER_OTHERS));
}

/* Returns false if the socket is to be left alone for a while. */
static bool accept_some(struct broker *broker, int listener)
{
    for (int i = 0; i < 64; i++) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        struct client *client = NULL;
        struct fault fault;
        struct listener_peer peer;

        if (fd < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == ECONNABORTED;
        if (listener_peer(fd, &peer, &fault) == 0 && (peer.uid == 0 || peer.gid == broker->group) && has_room(broker, &peer))
            client = client_new(broker, fd, &peer);
        if (client == NULL) {
            close(fd);
            continue;
        }
        client->next = broker->clients;
        broker->clients = client;
    }
    return true;
}

static void tick(struct broker *broker)
{
    long long now = fleet_now();

    for (struct client **at = &broker->clients; *at != NULL;) {
        struct client *client = *at;

        if (client_tick(client, now)) {
            at = &client->next;
            continue;
        }
        *at = client->next;
        client_free(client);
    }
    if (now - broker->saved_at >= SAVE_EVERY_MS)
        save_guards(broker);
}

static int sooner(long long a, int b)
{
    return a >= 0 && a < b ? (int)a : b;
}

struct turn {
    struct pollfd polled[2 + BROKER_CLIENTS];
    struct client *clients[BROKER_CLIENTS];
    long long accept_after;
};

/* Waits for something to happen, and sees to it. Returns whether SIGNALS can be read. */
static bool run_turn(struct broker *broker, struct turn *turn, int listener, int signals)
{
    long long duties = duties_run(broker), calls = calls_run(broker), now = fleet_now();
    size_t count = 2;
    int wait = sooner(calls, sooner(duties, 1000));

    turn->polled[0] = (struct pollfd){.fd = signals, .events = POLLIN};
    turn->polled[1] = (struct pollfd){.fd = turn->accept_after > now ? -1 : listener, .events = POLLIN};
    for (struct client *client = broker->clients; client != NULL && count < 2 + BROKER_CLIENTS; client = client->next) {
        if (client->fd < 0)
            continue;
        turn->clients[count - 2] = client;
        turn->polled[count++] = (struct pollfd){.fd = client->fd, .events = client_events(client)};
    }
    link_wait(broker->link, turn->polled, count, wait);
    for (size_t i = 2; i < count; i++)
        if (turn->polled[i].revents != 0)
            client_ready(turn->clients[i - 2], turn->polled[i].revents);
    calls_run(broker);
    link_run(broker->link);
    if (turn->polled[1].revents != 0 && !accept_some(broker, listener))
        turn->accept_after = fleet_now() + SLOW_MS;
    tick(broker);
    return turn->polled[0].revents != 0;
}

int broker_run(struct broker *broker, int listener, int signals, struct fault *fault)
{
    struct turn *turn = calloc(1, sizeof *turn);
    long long until;

    if (turn == NULL)
        return fault_set(fault, "out of memory");
    broker->saved_at = fleet_now();
    while (!run_turn(broker, turn, listener, signals))
        ;
    for (struct client *client = broker->clients; client != NULL; client = client->next)
        client_end(client);
    until = fleet_now() + END_WITHIN_MS;
    while ((duties_left(broker) || broker->calls != NULL) && fleet_now() < until)
        run_turn(broker, turn, -1, -1);
    save_guards(broker);
    free(turn);
    return 0;
}
