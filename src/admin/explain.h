/* SPDX-License-Identifier: BSD-2-Clause */
/* What a login would meet, step by step, without performing it: nobody is asked, nothing is written. */
#ifndef MFA_ADMIN_EXPLAIN_H
#define MFA_ADMIN_EXPLAIN_H

#include "base/report.h"

#include <stdbool.h>

struct explain_login {
    const char *user;
    const char *service;
    const char *rhost;         /* NULL: not said */
    const char *local_address; /* NULL: not said */
    const char *svm;           /* the module's svm=; NULL: none */
    bool nullok;               /* the module's */
    long long now;             /* Unix seconds */
};

/* REPORT hears of every step and of the decision. 0: the login can succeed, given the right answer; -1: it cannot. */
__attribute__((warn_unused_result)) int explain_run(const char *conf_path, const struct explain_login *login,
                                                    struct report *report);

#endif
