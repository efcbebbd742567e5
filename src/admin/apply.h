/* SPDX-License-Identifier: BSD-2-Clause */
/* Making a host's SVMs and Duo profiles be what a document says; see document.h. */
#ifndef MFA_ADMIN_APPLY_H
#define MFA_ADMIN_APPLY_H

#include "admin/result.h"
#include "base/report.h"
#include "config/host.h"

struct apply_order {
    const char *path; /* of the text, for messages */
    const char *text;
    size_t length;
    bool dry_run; /* only say what would be done */
    bool prune;   /* also remove what the document does not have, enrolments apart */
    /* Reads the secret in the file at PATH into SECRET of SIZE bytes, which the caller wipes. 0 done, -1 fault. */
    int (*secret)(const char *path, char *secret, size_t size, struct fault *fault);
};

/*
 * Does what ORDER says, if all of it can be done: the whole of it is proven before the first change. REPORT hears of every
 * change, and of none if there is nothing to do. What the document does not name stays as it is. Killed or failing in the
 * middle and run again, it completes.
 */
__attribute__((warn_unused_result)) enum result apply_run(const struct host *host, const struct apply_order *order,
                                                          struct report *report, struct fault *fault);

#endif
