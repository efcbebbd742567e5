/* SPDX-License-Identifier: BSD-2-Clause */
/* One connection to the broker: what it asks, and the attempt that it may have begun. */
#ifndef PAM_MFA_CLIENT_H
#define PAM_MFA_CLIENT_H

#include "base/name.h"
#include "broker/fleet.h"
#include "base/listener.h"
#include "wire/fleet_value.h"

#define STATUS_SIZE 4096

struct client_buffer {
    unsigned char *data;
    size_t used, room;
};

/* What a change is compared with: the records as they were read. */
struct base {
    bool valid;
    int64_t meta, profile, state, pushes; /* etcd's mod revisions; 0: not there */
    struct mark mark;
};

struct client {
    struct broker *broker;
    int fd; /* -1: gone, and the call it has begun is waited for */
    struct listener_peer peer;
    long long idle_since;
    struct client_buffer in;  /* the frame that is coming */
    struct client_buffer out; /* what is to be sent */
    struct fleet *fleet;
    char svm[NAME_SIZE], user[NAME_SIZE];
    enum frame_word word; /* of the request that is worked on; 0: none */
    bool waits_for_clock;
    long long clock_until;
    struct base base;
    /* The attempt. */
    bool begun, looked;
    long long looked_at;   /* on fleet_now's clock */
    long long looked_time; /* Unix seconds */
    bool committed_maybe;
    unsigned char commit[FLEET_ATTEMPT_BYTES];
    int conflicts;
    /* STATUS, node by node; META, in two steps. */
    size_t node;
    char *text; /* STATUS_SIZE bytes, or NULL */
    struct fleet_meta meta;
    struct client *next;
};

struct client *client_new(struct broker *broker, int fd, const struct listener_peer *peer);

/* Whether more is to be read from it, or sent: the events to poll for. */
short client_events(const struct client *client);

/* There is something to read, or room to send. */
void client_ready(struct client *client, short events);

/* Time has passed. Returns false once it is gone and nothing of it is waited for. */
bool client_tick(struct client *client, long long now);

/* The clock was asked for: goes on, or fails with CALL's end. */
void client_clock(struct client *client, const struct call_result *result);

/* Ends the connection: an attempt whose response was looked at is counted. */
void client_end(struct client *client);
void client_free(struct client *client);

#endif
