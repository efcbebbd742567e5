/* SPDX-License-Identifier: BSD-2-Clause */
/* The broker as a whole: its fleets, its clients, what it still has to write; and its loop. */
#ifndef PAM_MFA_BROKER_H
#define PAM_MFA_BROKER_H

#include "broker/fleet.h"
#include "broker/client.h"
#include "broker/duty.h"

#include <syslog.h>

#define BROKER_CLIENTS 1024 /* connections in all */
#define BROKER_OTHERS 256   /* of them, such as are not root's */
#define BROKER_USER 16      /* and one user's */

struct broker {
    const struct host *host;
    gid_t group; /* whose members may ask for their own records */
    struct link *link;
    struct fleet *fleets;
    size_t fleet_count;
    struct call *calls;
    struct client *clients;
    struct duty *duties;
    struct etcd_reply reply; /* the one being looked at */
    unsigned char frame[STORE_FRAME_HEAD + STORE_FRAME_MAX]; /* the one being built */
    unsigned char message[3 * FLEET_VALUE_MAX + 8192]; /* and the message to a node */
    long long saved_at;      /* the guards' files */
    void (*log)(int level, const char *line);
};

/* Reads what the guards remember in DIRECTORY. -1: fault. Close it in either case. */
__attribute__((warn_unused_result)) int broker_open(struct broker *broker, const struct host *host, gid_t group,
                                                    const char *directory, struct fault *fault);
void broker_close(struct broker *broker);

/* Serves who connects to the socket LISTENER until SIGNALS, a descriptor, can be read. -1: fault. */
__attribute__((warn_unused_result)) int broker_run(struct broker *broker, int listener, int signals, struct fault *fault);

/* A line of the log: keys and values, up to a NULL for a key. */
__attribute__((sentinel)) void broker_log(const struct broker *broker, int level, const char *key, ...);

/* FLEET's clock was asked for, and this came of it: who waits for it goes on. */
void broker_clock_known(struct fleet *fleet, const struct call_result *result);

/* Judges an answer by FLEET's guard. -1: the store went back; SVM is being halted and a fault says so. */
__attribute__((warn_unused_result)) int broker_guard(struct fleet *fleet, const char *svm, const struct mark *sent,
                                                     const struct mark *seen, struct fault *fault);

#endif
