/* SPDX-License-Identifier: BSD-2-Clause */
/* What every `show` is given. */
#ifndef MFA_ADMIN_SHOW_H
#define MFA_ADMIN_SHOW_H

#include "base/report.h"
#include "config/host.h"
#include "records/query.h"

struct show {
    const struct host *host;
    struct query_run *run;
    struct report *problems; /* hears of what is broken and therefore shown with its keys only */
};

#endif
