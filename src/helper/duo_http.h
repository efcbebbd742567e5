/* SPDX-License-Identifier: BSD-2-Clause */
/* HTTPS to one host, one request after the other over one connection. The only face to libcurl. */
#ifndef PAM_MFA_DUO_HTTP_H
#define PAM_MFA_DUO_HTTP_H

#include "base/deadline.h"
#include "base/fault.h"

#include <stdbool.h>
#include <stddef.h>

#define DUO_BODY_MAX 65536

struct duo_http; /* opaque */

struct duo_http_settings {
    const char *host;  /* with :port if it is not 443 */
    const char *proxy; /* "": none, and none from the environment either */
    const void *ca;    /* certificates in PEM to trust in place of the system's; NULL: the system's. Borrowed. */
    size_t ca_length;
    bool (*cancelled)(void *context); /* asked now and then during a request; true ends it */
    void *context;
};

enum duo_http_result {
    DUO_HTTP_BAD = 0,     /* what came is no HTTP reply of bearable length */
    DUO_HTTP_FAILED,      /* this side did not do its part, so nothing is known of the other */
    DUO_HTTP_CERTIFICATE, /* whoever answers has not shown to be the host */
    DUO_HTTP_PROXY,       /* the proxy refuses */
    DUO_HTTP_UNREACHABLE, /* no whole reply: no connection, or it was lost, or not in time */
    DUO_HTTP_REPLY
};

struct duo_http_request {
    const char *method; /* "GET" or "POST" */
    const char *path;
    const char *params;        /* encoded; query or body */
    const char *date;          /* NULL: unsigned */
    const char *authorization; /* NULL: unsigned */
};

struct duo_http_reply {
    bool sent;             /* the server may have seen the whole of a POST */
    long status;           /* of HTTP; 0: none came */
    long long date;        /* of the reply, Unix seconds; -1: none */
    long retry_after;      /* seconds; -1: not said */
    size_t length;
    char body[DUO_BODY_MAX + 1];
};

/* NULL: fault. */
__attribute__((warn_unused_result)) struct duo_http *duo_http_new(const struct duo_http_settings *settings,
                                                                  struct fault *fault);
void duo_http_free(struct duo_http **http);

/*
 * Sends REQUEST and waits for the whole REPLY until DEADLINE. A POST leaves this host at most once in a call. Other
 * than DUO_HTTP_REPLY: FAULT says why.
 */
__attribute__((warn_unused_result)) enum duo_http_result duo_http_send(struct duo_http *http,
                                                                       const struct duo_http_request *request,
                                                                       const struct deadline *deadline,
                                                                       struct duo_http_reply *reply,
                                                                       struct fault *fault);

#endif
