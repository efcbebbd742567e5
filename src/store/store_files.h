/* SPDX-License-Identifier: BSD-2-Clause */
/* The store that keeps things in files of this host. For this room, and for nothing else. */
#ifndef PAM_MFA_STORE_FILES_H
#define PAM_MFA_STORE_FILES_H

#include "store/store_table.h"

#include <stdio.h>

#define LOCK_WAIT_MS 10000
#define RECORD_SIZE_MAX (64 * 1024)
#define FILE_NAME_SIZE (NAME_SIZE + 8)

struct files {
    struct store store;
    struct dir dir;
};

enum user_file { RECORD_PROFILE, RECORD_STATE, RECORD_LOCK };
#define RECORD_COUNT 3

/* What the files' names end with, behind a dot. */
static inline const char *record_suffix(enum user_file record)
{
    static const char *const suffix[RECORD_COUNT] = {"totp", "state", "lock"};

    return suffix[record];
}

static inline void file_name(char out[FILE_NAME_SIZE], const char *user, enum user_file record)
{
    snprintf(out, FILE_NAME_SIZE, "%s.%s", user, record_suffix(record));
}

/* store_open for files. Without NEEDS_SEAL, a key that cannot be read is no fault. */
__attribute__((warn_unused_result)) struct store *files_open(const struct host *host, const char *svm, bool needs_seal,
                                                             struct fault *fault);

/* What logins have no use for. */
extern const struct store_admin_table files_admin_table;

/* Reads OWNER's profile, whatever its state is. */
__attribute__((warn_unused_result)) enum found files_read_profile(const struct files *files,
                                                                  const struct store_owner *owner,
                                                                  struct profile *profile, struct fault *fault);

/* The store's find_renamed. */
__attribute__((warn_unused_result)) enum found files_find_renamed(const struct store *store,
                                                                  const struct store_owner *owner,
                                                                  char name[NAME_SIZE], struct fault *fault);

/* Removes the mark of an attempt (see store_attempt) from OWNER's file LOCK, which the caller holds. -1: fault. */
int files_unmark(const struct files *files, const struct store_owner *owner, int lock, struct fault *fault);

/* Replaces OWNER's state by one of COUNT records and PUSHES. */
__attribute__((warn_unused_result)) int files_write_state(const struct files *files, const struct store_owner *owner,
                                                          const struct totp_state *records, size_t count,
                                                          const struct push_state *pushes, struct fault *fault);

/* store_remove and store_find_any for files. */
__attribute__((warn_unused_result)) int files_remove(const struct host *host, const char *svm, bool force,
                                                     long long *enrolled, struct fault *fault);
__attribute__((warn_unused_result)) bool files_find_any(const struct host *host, char *out, size_t size);

void files_check(const struct store *store, struct report *report);

#endif
