/* SPDX-License-Identifier: BSD-2-Clause */
/* How the store keeps things. For store.c and for the administrator's face of the store, and for nothing else. */
#ifndef PAM_MFA_STORE_FILES_H
#define PAM_MFA_STORE_FILES_H

#include "store/store.h"

#include <stdio.h>

#define LOCK_WAIT_MS 10000
#define RECORD_SIZE_MAX (64 * 1024)
#define FILE_NAME_SIZE (NAME_SIZE + 8)

enum user_file { RECORD_PROFILE, RECORD_STATE, RECORD_LOCK };
#define RECORD_COUNT 3

/* What the files' names end with, behind a dot. */
static inline const char *record_suffix(enum user_file record)
{
    static const char *const suffix[RECORD_COUNT] = {"totp", "state", "lock"};

    return suffix[record];
}

static inline void file_name(char out[FILE_NAME_SIZE], const struct account *account, enum user_file record)
{
    snprintf(out, FILE_NAME_SIZE, "%s.%s", account->name, record_suffix(record));
}

/* Removes the mark of an attempt (see store_attempt) from ACCOUNT's file LOCK, which the caller holds. -1: fault. */
int store_unmark(const struct store *store, const struct account *account, int lock, struct fault *fault);

/* Reads ACCOUNT's state, for state_free. FOUND_NOTHING is right for a user without a profile and for nobody else. */
__attribute__((warn_unused_result)) enum found store_read_state(const struct store *store,
                                                                const struct account *account, struct state *state,
                                                                struct fault *fault);

#endif
