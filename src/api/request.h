/* SPDX-License-Identifier: BSD-2-Clause */
/* A request, taken apart, with what is known of its caller and of the host. Lives in a worker. */
#ifndef MFA_REST_REQUEST_H
#define MFA_REST_REQUEST_H

#include "api/body.h"
#include "api/reply.h"
#include "api/target.h"
#include "config/account.h"
#include "config/host.h"
#include "gateway/peer.h"

enum method { METHOD_OTHER = 0, METHOD_GET = 1, METHOD_POST = 2, METHOD_PATCH = 4, METHOD_DELETE = 8 };

struct request {
    enum method method;
    struct target target;
    const char *raw_target;
    struct body body;
    bool hal; /* the answer is to have `_links` */
    bool is_root;
    struct account caller; /* of a request that root does not make: who makes it */
    struct host host;
    long long deadline; /* monotonic milliseconds: when a long answer had better be cut */
    struct reply reply;
};

#endif
