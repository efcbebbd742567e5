/* SPDX-License-Identifier: BSD-2-Clause */
/* One fleet as the broker knows it: its nodes, this host's identity, its guard and its clock; and calls to it. */
#ifndef PAM_MFA_FLEET_H
#define PAM_MFA_FLEET_H

#include "broker/etcd.h"
#include "broker/guard.h"
#include "broker/link.h"

struct broker; /* broker.h */

struct fleet {
    const struct host_fleet *conf;
    struct broker *broker;
    struct identity identity;
    long long identity_read_at; /* here and below: milliseconds of a clock that nobody sets and that counts sleep */
    struct fault identity_fault; /* of the files as they are now, whatever was read before */
    struct guard guard;
    size_t under_way; /* tries */
    size_t preferred; /* the node that answered last */
    struct {
        bool known, asked; /* asked: an answer is waited for */
        long long date;    /* the nodes' time, Unix milliseconds, at... */
        long long at;
    } clock;
};

/* How a call ended. */
enum call_end { CALL_ANSWERED = 0, CALL_UNAVAILABLE, CALL_FAULT };

struct call_result {
    enum call_end end;
    const char *reason;  /* for the log, unless answered: one word */
    struct mark sent;    /* what was known when the call that was answered was sent */
    const unsigned char *data;
    size_t length;
    long long date;      /* of a call with METHOD NULL: Unix seconds */
    char text[256];
};

typedef void call_done(void *context, const struct call_result *result);

/*
 * Sends MESSAGE to METHOD of FLEET (NULL: only asks for the time), to one node after the other until one answers, for as long as the fleet's
 * timeout; DONE is called once, later. So the message must be one that may be done twice. With NODE not negative: to that one
 * only, once. -1: out of memory, and DONE is not called.
 */
__attribute__((warn_unused_result)) int call_start(struct fleet *fleet, const char *method, int node,
                                                   const struct pb_writer *message, call_done *done, void *context);

/* Starts what is due, ends what is late. Returns milliseconds until there is more to do; -1: nothing is waited for. */
long long calls_run(struct broker *broker);

/* Forgets CONTEXT: its calls go on, and what they come to is told to nobody. */
void calls_forget(struct broker *broker, const void *context);
void calls_free(struct broker *broker);

/*
 * Whether the clocks of this host and of FLEET agree as far as its configuration wants. 1 yes; 0 that is not known yet, and
 * has been asked for; -1 no, with a fault.
 */
int fleet_clock(struct fleet *fleet, struct fault *fault);

/* Seconds that this host's clock is ahead of the nodes'; only if that is known. */
long long fleet_skew(const struct fleet *fleet);

/* Milliseconds of the clock that fleets go by. */
long long fleet_now(void);

#endif
