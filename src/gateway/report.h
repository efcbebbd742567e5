/* SPDX-License-Identifier: BSD-2-Clause */
/* What root's process has to tell to a worker. */
#ifndef MFA_REST_REPORT_H
#define MFA_REST_REPORT_H

#include "gateway/service.h"

/* Starts a process PID that writes SERVICE's report to CHANNEL. -1: it cannot be started. */
__attribute__((warn_unused_result)) int report_start(pid_t *pid, const struct service *service, int channel);

/* In the worker at the other end: reads it, to OUT. -1: there is none. */
__attribute__((warn_unused_result)) int report_read(int channel, FILE *out);

#endif
