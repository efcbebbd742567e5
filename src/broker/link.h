/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests to a node over HTTP/2 and TLS, many at once on one connection: the only code here that knows libcurl. */
#ifndef PAM_MFA_LINK_H
#define PAM_MFA_LINK_H

#include "broker/identity.h"

#include <poll.h>

/* How a try of a request ended. */
enum try_end {
    TRY_ANSWERED = 0,
    TRY_UNREACHABLE, /* no answer that says it was not done: to be repeated where that does no harm */
    TRY_DISTRUSTED,  /* TLS: the certificate of one does not convince the other */
    TRY_REFUSED,     /* the node says no */
    TRY_HOST,        /* this host lacks descriptors or memory */
    TRY_FULL,        /* the store has no space */
    TRY_NONSENSE     /* an answer that is none */
};

struct try_result {
    enum try_end end;
    const unsigned char *data; /* of an answer: the message; borrowed */
    size_t length;
    long long date;            /* of link_ask_date: Unix seconds */
    char text[256];            /* what is wrong, foreign text */
};

typedef void link_done(void *context, const struct try_result *result);

struct link;

/* NULL: out of memory. */
struct link *link_new(void);
void link_free(struct link **link);

struct link_request {
    const char *url;    /* of the node; all is borrowed until DONE is called, but for DATA */
    const char *method; /* NULL: only asks which time the node has */
    const struct identity *identity;
    const unsigned char *data;
    size_t length;
    long milliseconds;
    link_done *done;
    void *context;
};

/* Sends REQUEST. DONE is called once, from link_run, at the latest after `milliseconds`. -1: no memory, and it is not. */
__attribute__((warn_unused_result)) int link_send(struct link *link, const struct link_request *request);

/* Lets go of all connections: what is under way is sent again on new ones, with the identities as they are now. */
void link_renew(struct link *link);

/* Waits for COUNT descriptors of the caller's and for the link's own, for MILLISECONDS at most. */
void link_wait(struct link *link, struct pollfd *polled, size_t count, int milliseconds);

/* Calls DONE of whatever has ended. */
void link_run(struct link *link);

#endif
