/* SPDX-License-Identifier: BSD-2-Clause */
/* What there is to watch on a host, as OpenMetrics text: numbers alone, of no person. */
#ifndef MFA_ADMIN_METRICS_H
#define MFA_ADMIN_METRICS_H

#include "base/fault.h"
#include "base/report.h"
#include "config/host.h"

#include <stdio.h>

/*
 * Writes the enrolments of all SVMs of HOST to OUT, in numbers; with MISSING also how many accounts have none that a login
 * would ask for, for which all accounts are looked at. What cannot be read is counted as such, and PROBLEMS hears
 * of it. -1: fault; then what is in OUT is not whole.
 */
__attribute__((warn_unused_result)) int metrics_enrolments(const struct host *host, bool missing, FILE *out,
                                                           struct report *problems, struct fault *fault);

/* Likewise the logins in the lines of LOG, a log that the module has written to, by how they ended. */
__attribute__((warn_unused_result)) int metrics_logins(FILE *log, FILE *out, struct fault *fault);

/* What every such text ends with. */
void metrics_end(FILE *out);

#endif
