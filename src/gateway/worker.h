/* SPDX-License-Identifier: BSD-2-Clause */
/* Workers: one process a request, with the caller's rights and nothing of any other request. */
#ifndef MFA_REST_WORKER_H
#define MFA_REST_WORKER_H

#include "base/fault.h"
#include "gateway/answer.h"
#include "gateway/peer.h"

#include <stdbool.h>
#include <sys/types.h>

/* A request as it came, not looked into yet. All of it is the connection's and lives as long as that. */
struct message {
    char method[16];
    char *target; /* path and query */
    char *accept; /* of the header; NULL: none */
    char *body;
    size_t body_length;
};

struct worker {
    pid_t pid; /* 0: there is none */
    int pipe;  /* what it writes comes here */
    char *data;
    size_t length, size;
};

/* What workers do: fills ANSWER, as PEER already. Without an answer (-1) the client gets a 500. */
typedef int worker_task(const struct message *message, const struct peer *peer, struct answer *answer);

struct worker_job {
    int fd; /* the caller is at the other end of this socket */
    const struct peer *peer;
    gid_t store; /* the group that may enter the store */
    const struct message *message;
    worker_task *task;
    void (*forget)(void *context); /* called in the worker first: wipes what is no business of this job */
    void *context;
};

__attribute__((warn_unused_result)) int worker_start(struct worker *worker, const struct worker_job *job,
                                                     struct fault *fault);

/* Takes in what the worker has written. 0: more may come. 1: it has come to its end. */
__attribute__((warn_unused_result)) int worker_read(struct worker *worker);

/* Ends the worker, in whatever it is doing, and frees. */
void worker_end(struct worker *worker);

#endif
