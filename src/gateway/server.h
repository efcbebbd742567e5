/* SPDX-License-Identifier: BSD-2-Clause */
/* Accepts connections, gives each a worker, and sees to limits and deadlines. */
#ifndef MFA_REST_SERVER_H
#define MFA_REST_SERVER_H

#include "gateway/worker.h"

/* Serves the listening socket until one of the signals that are read from SIGNALS (signalfd) arrives. -1: fault. */
__attribute__((warn_unused_result)) int server_run(const struct service *service, int socket, int signals,
                                                   struct fault *fault);

#endif
