/* SPDX-License-Identifier: BSD-2-Clause */
/* What is wrong with the stores that this host shares. */
#ifndef MFA_ADMIN_CHECK_FLEET_H
#define MFA_ADMIN_CHECK_FLEET_H

#include "base/report.h"
#include "config/svm.h"

/* REPORT hears what is wrong with HOST's fleets: this host's certificate, the broker, the nodes, the clock. */
void check_fleets(const struct host *host, long long now, struct report *report);

/* Likewise with what SVM needs of its fleet: the key, and records that can be read. */
void check_fleet_svm(const struct host *host, const struct svm *svm, struct report *report);

#endif
