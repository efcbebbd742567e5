/* SPDX-License-Identifier: BSD-2-Clause */
/* Accepts connections, sees to limits and deadlines, and has workers answer. */
#ifndef MFA_REST_SERVER_H
#define MFA_REST_SERVER_H

#include "gateway/http.h"

/* Who may enter the store, what workers do, and where lines of the log go. */
struct server_plan {
    gid_t store;
    worker_task *task;
    void (*log)(const char *line);
};

/* Serves the listening socket until one of the signals that are read from SIGNALS (signalfd) arrives. -1: fault. */
__attribute__((warn_unused_result)) int server_run(const struct server_plan *plan, int socket, int signals,
                                                   struct fault *fault);

#endif
