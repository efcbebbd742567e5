/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files that decisions rest on: read only after the open descriptor has been
 * checked, replaced only whole. See file.c for what holds.
 */
#ifndef PAM_MFA_FILE_H
#define PAM_MFA_FILE_H

#include "base/fault.h"
#include "base/found.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Room for a directory's path, and for that of a file in it. */
#define DIR_PATH_SIZE 512

/* An open directory. `path` is for messages and never opened again. */
struct dir {
    int fd; /* -1: not open */
    gid_t group;
    char path[DIR_PATH_SIZE];
};

#define DIR_CLOSED { .fd = -1 }

/* What a file must be, beside regular. */
struct file_rule {
    uid_t owner;
    /*
     * More than one hard link will do. Only for files in directories where root alone makes names: there a second link is
     * somebody else's elsewhere (anybody can make one with fs.protected_hardlinks=0) and brings nothing in.
     */
    bool linked;
    mode_t forbidden; /* permission bits of which none may be set */
    mode_t mode;      /* the right permissions, for advice; 0: those of the file without what is forbidden */
    size_t size_max;  /* bytes */
    const gid_t *reader; /* if not NULL: the one group that may have the group-read bit; borrowed */
};

/* A file's content: `data` has `length` bytes and then a NUL. */
struct file_data {
    char *data;
    size_t length;
};

/*
 * Opens directory NAME in PARENT, or with PARENT NULL the absolute path NAME; never through a symbolic link as its last
 * part. It must belong to root, and be writable to root alone or, if sticky, to its group. FORBIDDEN are permission
 * bits of which none may be set.
 */
__attribute__((warn_unused_result)) enum found dir_open(struct dir *dir, const struct dir *parent, const char *name,
                                                        mode_t forbidden, struct fault *fault);
void dir_close(struct dir *dir);

/* Opens file NAME of DIR, O_RDONLY or O_RDWR as ACCESS says, if it obeys RULE. *FD is the caller's to close. */
__attribute__((warn_unused_result)) enum found file_open(const struct dir *dir, const char *name, int access,
                                                         const struct file_rule *rule, int *fd, struct fault *fault);

/* Reads file NAME of DIR into DATA (for file_data_free) if it obeys RULE. */
__attribute__((warn_unused_result)) enum found file_read(const struct dir *dir, const char *name,
                                                         const struct file_rule *rule, struct file_data *data,
                                                         struct fault *fault);

/* Likewise for an absolute path whose directory is not ours to judge. */
__attribute__((warn_unused_result)) enum found file_read_path(const char *path, const struct file_rule *rule,
                                                              struct file_data *data, struct fault *fault);

/* Wipes and frees; leaves DATA empty. */
void file_data_free(struct file_data *data);

/*
 * Makes NAME in DIR hold exactly LENGTH bytes of DATA with owner OWNER and permissions MODE, now and after a crash; or,
 * on a fault (-1), leaves what was there before. The caller holds whatever lock keeps other writers of NAME away.
 */
__attribute__((warn_unused_result)) int file_replace(const struct dir *dir, const char *name, uid_t owner, mode_t mode,
                                                     const void *data, size_t length, struct fault *fault);

/*
 * Makes NAME in DIR, with the caller as owner, group GROUP and permissions MODE, if there is no such file: never
 * replaces one. FOUND_NOTHING: there was none, and now there is. FOUND: there is one, and it is untouched. The caller
 * holds whatever lock keeps other writers of NAME away.
 */
__attribute__((warn_unused_result)) enum found file_create(const struct dir *dir, const char *name, gid_t group,
                                                           mode_t mode, const void *data, size_t length,
                                                           struct fault *fault);

/*
 * Makes NAME in DIR, with mode 0600 and owner OWNER, if there is no such file: never replaces one, whoever else may be making
 * it at the same time. FOUND_NOTHING: there was none, and now there is, durably. FOUND: there is one, and it is untouched.
 */
__attribute__((warn_unused_result)) enum found file_make(const struct dir *dir, const char *name, uid_t owner,
                                                         const void *data, size_t length, struct fault *fault);

/* Removes NAME from DIR, durably. A file that is not there is no fault. */
__attribute__((warn_unused_result)) int file_remove(const struct dir *dir, const char *name, struct fault *fault);

#define FILE_LOCK_SIZE_MAX 1

/*
 * Takes the exclusive lock on file NAME in DIR, which is made (mode 0600, owner OWNER) if it is not there. Waits for at
 * most WAIT_MS milliseconds. The lock is the kernel's: it ends with the returned descriptor or the process. The file may
 * hold FILE_LOCK_SIZE_MAX bytes, which are its holder's to use. -1: fault.
 */
__attribute__((warn_unused_result)) int file_lock(const struct dir *dir, const char *name, uid_t owner, int wait_ms,
                                                  struct fault *fault);

#endif
