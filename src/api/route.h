/* SPDX-License-Identifier: BSD-2-Clause */
/* From a request as it came to whoever answers it. In a worker, of which each has one request. */
#ifndef MFA_REST_ROUTE_H
#define MFA_REST_ROUTE_H

#include "gateway/worker.h"

/* The pam_mfa.conf that requests are answered by; borrowed. */
void route_init(const char *conf);

/* For struct service. */
__attribute__((warn_unused_result)) int route_report(FILE *out);
__attribute__((warn_unused_result)) enum found route_meet(const struct peer *peer, struct fault *fault);
__attribute__((warn_unused_result)) int route_answer(const struct message *message, const struct peer *peer,
                                                     struct answer *answer);

#endif
