/* SPDX-License-Identifier: BSD-2-Clause */
/* Workers: one process a connection, which becomes the caller and then speaks HTTP with them. */
#ifndef MFA_REST_WORKER_H
#define MFA_REST_WORKER_H

#include "gateway/service.h"

#include <stdio.h>
#include <sys/types.h>

/* What a worker tells about itself, a byte each. Whatever else it may tell means nothing good. */
enum worker_news {
    WORKER_HAS_ENDED = -1, /* without a word */
    WORKER_HAS_NO_NEWS = 0,
    WORKER_IS_KNOWN = 'K',   /* its caller has an account */
    WORKER_IS_UNKNOWN = 'U', /* has none */
    WORKER_IS_UNSURE = 'F',  /* that could not be found out */
    WORKER_IS_ASKED = 'R',   /* a request is whole, and waits for worker_go() */
    WORKER_PAUSES = 'P',     /* asks a person; then it is asked again */
    WORKER_WANTS_REPORT = 'N', /* on its channel */
    WORKER_ANSWERS = 'A'     /* what is said on the connection, if anything, is the worker's alone to say */
};

struct worker {
    pid_t pid;   /* 0: there is none */
    pid_t reporter; /* likewise: the process that tells it what root can tell */
    int channel; /* to it; -1: none */
};

/* Starts a worker for PEER, who is at the other end of the socket FD. */
__attribute__((warn_unused_result)) int worker_start(struct worker *worker, const struct service *service, int fd,
                                                     const struct peer *peer, struct fault *fault);

/* The next thing that it tells. */
__attribute__((warn_unused_result)) enum worker_news worker_hear(const struct worker *worker);

/* Lets it work on its request. */
void worker_go(const struct worker *worker);

/*
 * In a worker, while it works: gives its turn to others, since a person has to be asked, which takes time; and waits for
 * another turn. -1: there is none.
 */
void worker_pause(void);
__attribute__((warn_unused_result)) int worker_resume(void);

/* In a worker, while it works, whose caller is_member: writes to OUT what root's process reports. -1: there is none. */
__attribute__((warn_unused_result)) int worker_report(FILE *out);

/* Ends the worker, in whatever it is doing. */
void worker_end(struct worker *worker);

#endif
