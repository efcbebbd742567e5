/* SPDX-License-Identifier: BSD-2-Clause */
/* What every `show` is given. */
#ifndef MFA_ADMIN_SHOW_H
#define MFA_ADMIN_SHOW_H

#include "base/report.h"
#include "config/account.h"
#include "config/host.h"
#include "records/query.h"

struct show {
    const struct host *host;
    struct query_run *run;
    struct report *problems; /* hears of what is broken and therefore shown with its keys only */
    const struct account *only; /* NULL, or whose enrolments alone are looked at: who is not root may ask for no others' */
    struct fault *unavailable; /* NULL, or where the first fault goes that only says to come again; "" before */
};

/* What is wrong with a part of what is shown. The rest is shown. */
void show_problem(const struct show *show, const struct fault *fault);

#endif
