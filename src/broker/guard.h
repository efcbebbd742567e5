/* SPDX-License-Identifier: BSD-2-Clause */
/* The guard against a store that went back: what was restored from a backup has forgotten which codes are used up. */
#ifndef PAM_MFA_GUARD_H
#define PAM_MFA_GUARD_H

#include "base/fault.h"

#include <stdbool.h>
#include <stdint.h>

/* How far a store was seen to have come. */
struct mark {
    long long epoch;
    uint64_t cluster; /* etcd's id of it; 0: nothing was seen yet */
    int64_t revision;
};

#define GUARD_PATH_SIZE 320

struct guard {
    struct mark mark;
    bool went_back; /* found, and no higher epoch seen since; it is remembered over an end of the process, too */
    char path[GUARD_PATH_SIZE];
    struct mark saved;
    bool saved_went_back;
};

/* Reads what the file at PATH remembers; one that is not there is a beginning. -1: it is there and says nothing. */
__attribute__((warn_unused_result)) int guard_open(struct guard *guard, const char *path, struct fault *fault);

/* Writes what is remembered to the file, if it has changed. */
__attribute__((warn_unused_result)) int guard_save(struct guard *guard, struct fault *fault);

/*
 * An answer that shows the store at SEEN, to a request that was sent when the mark was SENT. False: the store went back,
 * and nothing in the answer may be believed.
 */
bool guard_accepts(struct guard *guard, const struct mark *sent, const struct mark *seen);

#endif
