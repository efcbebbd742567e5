/* SPDX-License-Identifier: BSD-2-Clause */
/* The store that keeps things in files of this host. For this room, and for nothing else. */
#ifndef PAM_MFA_STORE_FILES_H
#define PAM_MFA_STORE_FILES_H

#include "base/file.h"
#include "store/record.h"
#include "store/store_table.h"

#define FILE_NAME_SIZE (NAME_SIZE + 8)
#define FILE_PATH_SIZE (DIR_PATH_SIZE + FILE_NAME_SIZE)
#define RECORD_SUFFIX ".mfa"

/* What changes while the store is open. */
struct files_memory {
    struct part part; /* the profile that was read last, which a login does twice: as bytes, and what they say */
    struct profile profile;
    pid_t ended; /* by the last operation: a process that had a lock and did not go on; 0: none */
};

struct files {
    struct store store;
    struct dir dir;
    struct files_memory *memory;
};

/* The name of USER's file with SUFFIX: OUT has room for FILE_NAME_SIZE. */
void files_name(char out[FILE_NAME_SIZE], const char *user, const char *suffix);

/* store_open for files. Without NEEDS_SEAL, a key that cannot be read is no fault. */
__attribute__((warn_unused_result)) struct store *files_open(const struct host *host, const char *svm, bool needs_seal,
                                                             struct fault *fault);

/* What RECORD says, as an entry. */
__attribute__((warn_unused_result)) int files_unpack(const struct files *files, const struct store_owner *owner,
                                                     const struct record *record, struct store_entry *entry,
                                                     struct fault *fault);

/* ENTRY as the RECORD that follows on OLD. Parts that are as in BEFORE, which OLD says, are taken over as they are. */
__attribute__((warn_unused_result)) int files_pack(const struct files *files, const struct store_owner *owner,
                                                   const struct store_entry *before, const struct record *old,
                                                   struct store_entry *entry, struct record *record,
                                                   struct fault *fault);

/* Makes OWNER's record, saying ENTRY, with MARK, durably. FOUND: there is one, and it is untouched. */
__attribute__((warn_unused_result)) enum found files_make(const struct files *files, const struct store_owner *owner,
                                                          struct store_entry *entry, const struct record_mark *mark,
                                                          struct fault *fault);

/* What logins have no use for. */
extern const struct store_admin_table files_admin_table;

/* The store's find_renamed. */
__attribute__((warn_unused_result)) enum found files_find_renamed(const struct store *store,
                                                                  const struct store_owner *owner,
                                                                  char name[NAME_SIZE], struct fault *fault);

/* store_remove and store_find_any for files. */
__attribute__((warn_unused_result)) int files_remove(const struct host *host, const char *svm, bool force,
                                                     long long *enrolled, struct fault *fault);
__attribute__((warn_unused_result)) bool files_find_any(const struct host *host, char *out, size_t size);

/* Of what is kept under NAME, whose it is: see store_find. */
enum found files_find(const struct store *store, const char *name, uid_t *uid, struct fault *fault);

/* Whether OWNER is enrolled, without believing or refusing any of it; what cannot be read may be. */
bool files_may_be_enrolled(const struct files *files, const struct store_owner *owner);

void files_check(const struct store *store, struct report *report);

#endif
