/* SPDX-License-Identifier: BSD-2-Clause */
/* A user's record, open and locked, and the steps on it: see store_files.c. Or looked at, without the lock. */
#ifndef PAM_MFA_HELD_H
#define PAM_MFA_HELD_H

#include "store/record.h"
#include "store/store_files.h"

struct held {
    const struct files *files;
    const struct store_owner *owner;
    int fd;
    int newest;           /* which slot; -1: none is whole */
    struct record record; /* what that says */
    struct record_mark mark;
    bool is_settled; /* the newest slot is on the disk, and where the next one does not go */
};

/*
 * Steps lock and read, on OWNER's record. FOUND_NOTHING: nothing is kept of them. What was read need not be whole. With
 * FOUND, the caller ends with held_release.
 */
__attribute__((warn_unused_result)) enum found held_take(const struct files *files, const struct store_owner *owner,
                                                         struct held *held, struct fault *fault);
void held_release(struct held *held);

/* A fault of class broken if no slot is whole. */
__attribute__((warn_unused_result)) int held_check_whole(const struct held *held, struct fault *fault);

/* Step settle: makes sure that the newest slot is on the disk, and where the next one does not go. */
__attribute__((warn_unused_result)) int held_settle(struct held *held, struct fault *fault);

/* Whether a mark was found that nobody has counted. */
bool held_is_unsettled(const struct held *held);

/* Steps mark, and unmark. */
__attribute__((warn_unused_result)) int held_mark(struct held *held, const struct record_mark *mark,
                                                  struct fault *fault);
__attribute__((warn_unused_result)) int held_unmark(struct held *held, struct fault *fault);

/*
 * Steps write, sync and mirror, after settle, and after mark, with one that is not counted where there is none. RECORD has the
 * next sequence. The caller unmarks.
 */
__attribute__((warn_unused_result)) int held_write(struct held *held, const struct record *record, struct fault *fault);

/* The newest whole slot of OWNER's record as it is at this instant. FOUND_NOTHING: there is no record. */
__attribute__((warn_unused_result)) enum found held_look(const struct files *files, const struct store_owner *owner,
                                                         struct record *record, struct fault *fault);

#endif
