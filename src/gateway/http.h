/* SPDX-License-Identifier: BSD-2-Clause */
/* HTTP on one connection: a request is read, an answer is sent. The only face to libmicrohttpd. */
#ifndef MFA_REST_HTTP_H
#define MFA_REST_HTTP_H

#include "gateway/answer.h"

#include <stdbool.h>
#include <stddef.h>

/* A request as it came, not looked into yet. */
struct message {
    char method[16];
    char *target; /* path and query */
    char *accept; /* of the header; NULL: none */
    char *body;   /* NUL-terminated; NULL: none */
    size_t body_length, body_size;
};

/* Wipes the body. */
void message_free(struct message *message);

/* What is to be done in between. */
struct http_service {
    /* MESSAGE is whole: fills ANSWER. -1: there is none, and the connection is closed. */
    int (*work)(void *context, const struct message *message, struct answer *answer);
    /* From here on, what the client gets is an answer. -1: it must get none. */
    int (*begin)(void *context);
    void *context;
};

enum http_end {
    HTTP_NOTHING,   /* no request has come, or nothing was to be sent */
    HTTP_SENT,      /* the answer is on its way */
    HTTP_LOST       /* the client has not taken the answer, or gone away before it had all of it */
};

/*
 * Serves the connected socket FD, which stays open. What it fills, the caller frees. An answer that has an `undo` is
 * waited for until the client has taken it, which a Unix socket can tell.
 */
__attribute__((warn_unused_result)) enum http_end http_serve(int fd, const struct http_service *service,
                                                             struct message *message, struct answer *answer);

#endif
