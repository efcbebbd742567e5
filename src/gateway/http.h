/* SPDX-License-Identifier: BSD-2-Clause */
/* HTTP on connections that somebody else accepts. The only face to libmicrohttpd. */
#ifndef MFA_REST_HTTP_H
#define MFA_REST_HTTP_H

#include "gateway/worker.h"

struct http;

/* One connection, which carries one request and one answer. */
struct exchange {
    int fd; /* -1: this one is free */
    struct peer peer;
    long long deadline; /* monotonic milliseconds */
    enum {
        EXCHANGE_WAITS,   /* for the request's headers */
        EXCHANGE_READS,   /* the request's body */
        EXCHANGE_QUEUES,  /* for a worker; the request is whole */
        EXCHANGE_WORKS,   /* a worker does */
        EXCHANGE_ANSWERS, /* `answer` is what to send */
        EXCHANGE_ENDS     /* the answer has been handed over */
    } step;
    bool is_too_large;
    bool target_is_too_long;
    struct message message;
    struct worker worker;
    struct answer answer;
    void *suspended; /* the connection, until there is an answer */
};

/*
 * COMPLETE is called with every request that has come in whole, which http_answer() is to follow, but not from in there.
 * CLOSED is called when the connection ends, before its descriptor is closed.
 */
struct http_events {
    void (*complete)(void *context, struct exchange *exchange);
    void (*closed)(void *context, struct exchange *exchange);
    void *context;
};

/* NULL: out of memory. EVENTS is borrowed. */
struct http *http_start(const struct http_events *events);
void http_stop(struct http **http);

/* Takes over EXCHANGE's descriptor. -1: it has been closed. */
__attribute__((warn_unused_result)) int http_add(struct http *http, struct exchange *exchange);

/* The descriptor to poll for input, and for how many milliseconds at most (-1: any time). Then http_run(). */
int http_fd(const struct http *http);
int http_timeout(struct http *http);
void http_run(struct http *http);

/* The exchange's answer is complete: sends it, and closes. */
void http_answer(struct http *http, struct exchange *exchange);

#endif
