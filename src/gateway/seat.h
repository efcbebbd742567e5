/* SPDX-License-Identifier: BSD-2-Clause */
/* Who may have a connection, and whose turn it is. Pure: the time is an argument, and nothing here waits. */
#ifndef MFA_REST_SEAT_H
#define MFA_REST_SEAT_H

#include "gateway/limit.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define SEAT_KNOWN 1024 /* users that are remembered */

/* One connection's. */
struct seat {
    enum seat_step {
        SEAT_FREE,
        SEAT_ASKS,    /* whether its user has an account */
        SEAT_READS,   /* the request */
        SEAT_QUEUES,  /* the request is whole */
        SEAT_WORKS,
        SEAT_PAUSES,  /* for a person to be asked; nothing is done yet, and nobody kept waiting */
        SEAT_ANSWERS
    } step;
    uid_t uid;
    bool is_known;       /* its user has an account */
    long long since;     /* monotonic milliseconds: when it took the seat */
    long long deadline;  /* of its step */
};

struct seats {
    struct seat seats[LIMIT_SEATS];
    uid_t known[SEAT_KNOWN]; /* users that had an account when they last came; 0: none */
};

/*
 * Finds a seat for a connection of user UID at NOW, which is free or which its holder has to leave. -1: there is none.
 * seat_take() then takes it.
 */
__attribute__((warn_unused_result)) int seat_find(const struct seats *seats, uid_t uid, long long now);
void seat_take(struct seats *seats, size_t index, uid_t uid, long long now);

/* Moves on to STEP, which gets its full time. */
void seat_step(struct seat *seat, enum seat_step step, long long now);

/* The holder has an account, or has none. */
void seat_know(struct seats *seats, size_t index, bool has_account);

/*
 * Whose turn it is: of those that may be worked on now, and whose users have least that is worked on, the one that has waited
 * longest. -1: nobody's.
 */
__attribute__((warn_unused_result)) int seat_next(const struct seats *seats);

#endif
