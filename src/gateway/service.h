/* SPDX-License-Identifier: BSD-2-Clause */
/* What a gateway is for: everything it knows of those who use it. */
#ifndef MFA_REST_SERVICE_H
#define MFA_REST_SERVICE_H

#include "base/found.h"
#include "gateway/http.h"
#include "gateway/peer.h"

#include <stdio.h>

/* Called in workers, which are the caller already, but for what says otherwise. */
struct service {
    gid_t store; /* the group that may enter the store */
    /* Looks the caller's account up. FOUND_NOTHING: there is none, and nothing that they could ask for. */
    enum found (*meet)(const struct peer *peer, struct fault *fault);
    /* Fills ANSWER, with the right to enter the store. -1: there is none, and the client gets a 500. */
    int (*answer)(const struct message *message, const struct peer *peer, struct answer *answer);
    /*
     * Writes to OUT what root alone can tell, and callers with the group of the store may know: numbers. Called in a process
     * of root's, which has nothing of any request. -1: fault.
     */
    int (*report)(FILE *out);
    /* A line for the log. */
    void (*log)(const char *line);
};

#endif
