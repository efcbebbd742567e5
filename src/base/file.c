/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold:
 *  - what is checked is the descriptor that is then read, never a path;
 *  - a file of the wrong type, owner, permissions, link count (unless its directory is root's) or size is a fault, never
 *    "not there";
 *  - a replaced file is either the old or the new one, whole, at every instant, and the new one is on the disk
 *    before success is reported.
 * What MUST NOT happen:
 *  - following a symbolic link, or waiting on a FIFO or device;
 *  - a file left half-owned under its final name: ownership and mode are set before the name exists;
 *  - O_CREAT on a name that another user may own: with fs.protected_regular=2 the kernel refuses that even to root.
 */
#include "base/file.h"

#include "base/crypto.h"
#include "base/deadline.h"
#include "base/shell.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef RENAME_NOREPLACE /* musl, which has neither */
#define RENAME_NOREPLACE 1
static int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned int flags)
{
    return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
}
#endif

#define OPEN_SAFELY (O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
#define LOCK_POLL_MS 5
#define SMALL 64 /* bytes */
#define REPLACED_MAX 64 /* times that a file may be replaced while it is being opened */

/* What a file is that is not a regular one. */
static const char *type_word(mode_t mode)
{
    if (S_ISDIR(mode))
        return "a directory";
    if (S_ISFIFO(mode))
        return "a FIFO";
    if (S_ISSOCK(mode))
        return "a socket";
    return "a device";
}

/* What an administrator can do about ERROR, to follow its strerror; "": nothing that we know of. */
static const char *remedy(int error)
{
    switch (error) {
    case ENOSPC:
    case EDQUOT: return "; free space or inodes on that file system (see df and df -i)";
    case EROFS: return "; remount that file system read-write, and see in the kernel log why it is not";
    case EIO: return "; expected a disk without errors, see the kernel log";
    default: return "";
    }
}

static int fault_open(struct fault *fault, const char *path, int error)
{
    if (error == ELOOP)
        return fault_set(fault, "%s: is a symbolic link, which is never followed; put the file itself there", path);
    if (error == EISDIR)
        return fault_set(fault, "%s: is a directory, expected a regular file", path);
    if (error == ENXIO)
        return fault_set(fault, "%s: is a socket or a device, expected a regular file", path);
    if (error == EACCES || error == EPERM)
        return fault_set_class(fault, FAULT_REFUSED, "%s: permission denied to user id %u; only root (as in sshd and "
                               "sudo) may read it", path, (unsigned)geteuid());
    return fault_set(fault, "%s: cannot open: %s%s", path, strerror(error), remedy(error));
}

enum found dir_open(struct dir *dir, const struct dir *parent, const char *name, mode_t forbidden, struct fault *fault)
{
    struct stat status;
    int length;

    *dir = (struct dir)DIR_CLOSED;
    length = snprintf(dir->path, sizeof dir->path, "%s%s%s", parent != NULL ? parent->path : "",
                      parent != NULL ? "/" : "", name);
    if (length < 0 || (size_t)length >= sizeof dir->path) {
        fault_set(fault, "%s: the path is too long, the limit is %zu bytes", name, sizeof dir->path - 1);
        return FOUND_FAULT;
    }
    dir->fd = openat(parent != NULL ? parent->fd : AT_FDCWD, name, O_RDONLY | O_DIRECTORY | OPEN_SAFELY);
    if (dir->fd < 0) {
        if (errno == ENOENT)
            return FOUND_NOTHING;
        if (errno == ENOTDIR)
            fault_set(fault, "%s: is not a directory, or a part of the path is a symbolic link or a file; "
                      "a directory is expected", dir->path);
        else
            fault_open(fault, dir->path, errno);
        return FOUND_FAULT;
    }
    if (fstat(dir->fd, &status) != 0)
        fault_set(fault, "%s: cannot fstat: %s", dir->path, strerror(errno));
    else if (status.st_uid != 0)
        fault_set(fault, "%s: the directory belongs to user id %u, expected root; run: chown root %s", dir->path,
                  (unsigned)status.st_uid, shell_word(dir->path).text);
    else if ((status.st_mode & S_IWOTH) != 0 || ((status.st_mode & S_IWGRP) != 0 && (status.st_mode & S_ISVTX) == 0) ||
             (status.st_mode & forbidden) != 0)
        fault_set(fault, "%s: the directory has mode %04o, which lets others in; run: mfactl init", dir->path,
                  (unsigned)(status.st_mode & 07777));
    else {
        dir->group = status.st_gid;
        return FOUND;
    }
    dir_close(dir);
    return FOUND_FAULT;
}

void dir_close(struct dir *dir)
{
    if (dir->fd >= 0)
        close(dir->fd);
    dir->fd = -1;
}

static int find_wrong(const char *path, const struct stat *status, const struct file_rule *rule, struct fault *fault)
{
    mode_t mode = status->st_mode;

    if (!S_ISREG(mode))
        return fault_set(fault, "%s: is %s, expected a regular file", path, type_word(mode));
    if (status->st_nlink != 1 && !rule->linked)
        return fault_set(fault, "%s: has %lu hard links, expected one; find the others with: find / -xdev -samefile %s",
                         path, (unsigned long)status->st_nlink, shell_word(path).text);
    if (status->st_uid != rule->owner)
        return fault_set(fault, "%s: belongs to user id %u, expected %u; if the content is known to be right, run: "
                         "chown %u %s", path, (unsigned)status->st_uid, (unsigned)rule->owner, (unsigned)rule->owner,
                         shell_word(path).text);
    if ((mode & rule->forbidden) != 0)
        return fault_set(fault, "%s: has mode %04o, of which %04o must not be set; run: chmod %04o %s", path,
                         (unsigned)(mode & 07777), (unsigned)(mode & rule->forbidden),
                         (unsigned)(rule->mode != 0 ? rule->mode : mode & 07777 & ~rule->forbidden), shell_word(path).text);
    if (rule->reader != NULL && (mode & S_IRGRP) != 0 && status->st_gid != *rule->reader)
        return fault_set(fault, "%s: may be read by group id %u, expected %u, the group of the state directory; run: "
                         "chgrp %u %s", path, (unsigned)status->st_gid, (unsigned)*rule->reader,
                         (unsigned)*rule->reader, shell_word(path).text);
    if (status->st_size < 0 || (size_t)status->st_size > rule->size_max)
        return fault_set(fault, "%s: is %lld bytes long, expected at most %zu", path, (long long)status->st_size,
                         rule->size_max);
    return 0;
}

static int check(const char *path, const struct stat *status, const struct file_rule *rule, struct fault *fault)
{
    if (find_wrong(path, status, rule, fault) == 0)
        return 0;
    fault->class = FAULT_REFUSED;
    return -1;
}

/* Reads all there is, which may differ from what fstat said; more than the limit is a fault. */
static int read_all(int fd, const char *path, size_t size_hint, size_t size_max, struct file_data *data,
                    struct fault *fault)
{
    /* Of a small file all that it may hold; else what it held, a byte to see that it has grown, and a NUL. */
    size_t size = (size_max < SMALL ? size_max : size_hint) + 2;

    data->data = malloc(size);
    if (data->data == NULL)
        return fault_set(fault, "%s: out of memory", path);
    for (;;) {
        ssize_t got = read(fd, data->data + data->length, size - 1 - data->length);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fault_set(fault, "%s: cannot read: %s%s", path, strerror(errno), remedy(errno));
        if (got == 0)
            break;
        data->length += (size_t)got;
        if (data->length > size_max)
            return fault_set(fault, "%s: is longer than %zu bytes", path, size_max);
        if (data->length == size - 1)
            return fault_set(fault, "%s: grew while it was read; try again", path);
    }
    data->data[data->length] = '\0';
    return 0;
}

/*
 * Opens NAME in the directory DIRFD, and fills STATUS. A file that was replaced between open and fstat has no name any
 * more, which is no wrong number of links: then once more, with what has taken its place. -1: errno says why.
 */
static int open_present(int dirfd, const char *name, int access, struct stat *status)
{
    int fd, error;

    for (int tries = 0; tries < REPLACED_MAX; tries++) {
        fd = openat(dirfd, name, access | OPEN_SAFELY);
        if (fd < 0)
            return -1;
        error = fstat(fd, status) != 0 ? errno : 0;
        if (error == 0 && status->st_nlink > 0)
            return fd;
        close(fd);
        errno = error != 0 ? error : EBUSY;
        if (error != 0)
            return -1;
    }
    return -1;
}

/* The file is NAME in the directory FD; PATH is for messages. */
static enum found read_checked(int dirfd, const char *name, const char *path, const struct file_rule *rule,
                               struct file_data *data, struct fault *fault)
{
    struct stat status = {0};
    int fd, result = -1;

    *data = (struct file_data){0};
    fd = open_present(dirfd, name, O_RDONLY, &status);
    if (fd < 0) {
        if (errno == ENOENT)
            return FOUND_NOTHING;
        fault_open(fault, path, errno);
        return FOUND_FAULT;
    }
    if (check(path, &status, rule, fault) == 0)
        result = read_all(fd, path, (size_t)status.st_size, rule->size_max, data, fault);
    close(fd);
    if (result != 0) {
        file_data_free(data);
        return FOUND_FAULT;
    }
    return FOUND;
}

enum found file_open(const struct dir *dir, const char *name, int access, const struct file_rule *rule, int *fd,
                     struct fault *fault)
{
    char path[DIR_PATH_SIZE + 256];
    struct stat status = {0};

    snprintf(path, sizeof path, "%s/%s", dir->path, name);
    *fd = open_present(dir->fd, name, access, &status);
    if (*fd < 0) {
        if (errno == ENOENT)
            return FOUND_NOTHING;
        fault_open(fault, path, errno);
        return FOUND_FAULT;
    }
    if (check(path, &status, rule, fault) == 0)
        return FOUND;
    close(*fd);
    *fd = -1;
    return FOUND_FAULT;
}

enum found file_read(const struct dir *dir, const char *name, const struct file_rule *rule, struct file_data *data,
                     struct fault *fault)
{
    char path[DIR_PATH_SIZE + 256];

    snprintf(path, sizeof path, "%s/%s", dir->path, name);
    return read_checked(dir->fd, name, path, rule, data, fault);
}

enum found file_read_path(const char *path, const struct file_rule *rule, struct file_data *data, struct fault *fault)
{
    return read_checked(AT_FDCWD, path, path, rule, data, fault);
}

void file_data_free(struct file_data *data)
{
    if (data->data != NULL)
        crypto_wipe(data->data, data->length);
    free(data->data);
    *data = (struct file_data){0};
}

static int write_all(int fd, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t put = write(fd, data, length);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return -1;
        data += put;
        length -= (size_t)put;
    }
    return 0;
}

/*
 * Makes a new file of ours beside NAME, with TEMPORARY as its name. The name is fixed for each writing user, so that
 * what a killed writer left is overwritten by the next one and rubbish does not pile up; a user could not remove
 * another's left-over from a sticky directory, so each has their own.
 */
static int create_temporary(const struct dir *dir, const char *name, const char *suffix, uid_t owner, mode_t mode,
                            char *temporary, size_t size, struct fault *fault)
{
    int fd;

    snprintf(temporary, size, "%s.%u%s~", name, (unsigned)geteuid(), suffix);
    if (unlinkat(dir->fd, temporary, 0) != 0 && errno != ENOENT)
        return fault_set(fault, "%s/%s: cannot remove what an earlier write left: %s%s", dir->path, temporary,
                         strerror(errno), remedy(errno));
    fd = openat(dir->fd, temporary, O_WRONLY | O_CREAT | O_EXCL | OPEN_SAFELY, 0600);
    if (fd < 0)
        return fault_set(fault, "%s/%s: cannot create: %s%s", dir->path, temporary, strerror(errno), remedy(errno));
    if ((owner != geteuid() && fchown(fd, owner, (gid_t)-1) != 0) || fchmod(fd, mode) != 0) {
        fault_set(fault, "%s/%s: cannot give it to user id %u with mode %04o: %s", dir->path, temporary,
                  (unsigned)owner, (unsigned)mode, strerror(errno));
        close(fd);
        unlinkat(dir->fd, temporary, 0);
        return -1;
    }
    return fd;
}

/* What of filling the file FD failed, as a word; NULL: nothing. */
static const char *fill(int fd, const void *data, size_t length)
{
    if (write_all(fd, data, length) != 0)
        return "write";
    return fsync(fd) != 0 ? "fsync" : NULL;
}

int file_replace(const struct dir *dir, const char *name, uid_t owner, mode_t mode, const void *data, size_t length,
                 struct fault *fault)
{
    char temporary[256 + 16];
    int fd = create_temporary(dir, name, "", owner, mode, temporary, sizeof temporary, fault);
    const char *failed;

    if (fd < 0)
        return -1;
    failed = fill(fd, data, length);
    if (failed == NULL && renameat(dir->fd, temporary, dir->fd, name) != 0)
        failed = "rename";
    if (failed != NULL) {
        fault_set(fault, "%s/%s: cannot %s: %s%s; the old content, if any, is untouched", dir->path, name, failed,
                  strerror(errno), remedy(errno));
        unlinkat(dir->fd, temporary, 0);
    } else if (fsync(dir->fd) != 0) {
        /* The new file is in place but may not survive a power cut, so nothing may rest on it. */
        failed = "fsync";
        fault_set(fault, "%s: cannot fsync the directory: %s", dir->path, strerror(errno));
    }
    close(fd);
    return failed == NULL ? 0 : -1;
}

enum found file_create(const struct dir *dir, const char *name, gid_t group, mode_t mode, const void *data,
                       size_t length, struct fault *fault)
{
    char temporary[256 + 16];
    int fd = create_temporary(dir, name, "", geteuid(), mode, temporary, sizeof temporary, fault);
    enum found found = FOUND_NOTHING;
    const char *failed;

    if (fd < 0)
        return FOUND_FAULT;
    failed = fchown(fd, (uid_t)-1, group) != 0 ? "chgrp" : fill(fd, data, length);
    if (failed == NULL && renameat2(dir->fd, temporary, dir->fd, name, RENAME_NOREPLACE) != 0) {
        if (errno == EEXIST)
            found = FOUND;
        else
            failed = "rename";
    }
    if (failed == NULL && found == FOUND_NOTHING && fsync(dir->fd) != 0)
        failed = "fsync the directory of";
    if (failed != NULL) {
        fault_set(fault, "%s/%s: cannot %s the new file: %s%s", dir->path, name, failed, strerror(errno), remedy(errno));
        found = FOUND_FAULT;
    }
    if (found != FOUND_NOTHING)
        unlinkat(dir->fd, temporary, 0);
    close(fd);
    return found;
}

int file_remove(const struct dir *dir, const char *name, struct fault *fault)
{
    if (unlinkat(dir->fd, name, 0) != 0 && errno != ENOENT)
        return fault_set(fault, "%s/%s: cannot remove: %s%s", dir->path, name, strerror(errno), remedy(errno));
    if (fsync(dir->fd) != 0)
        return fault_set(fault, "%s: cannot fsync the directory: %s", dir->path, strerror(errno));
    return 0;
}

enum found file_make(const struct dir *dir, const char *name, uid_t owner, const void *data, size_t length,
                     struct fault *fault)
{
    char temporary[256 + 48], unique[32];
    unsigned char random[8];
    char hex[2 * sizeof random + 1];
    enum found found = FOUND_NOTHING;
    struct rlimit limit;
    const char *failed;
    int fd;

    /* By a limit of the caller's (of su, of mfa-enroll) the kernel ends who writes more, and this would be left behind. */
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < length) {
        fault_set(fault, "%s/%s: cannot write: the size of files is limited to %llu bytes, expected at least %zu (ulimit -f)",
                  dir->path, name, (unsigned long long)limit.rlim_cur, length);
        return FOUND_FAULT;
    }
    /* No lock is held here, so the name must be this process's alone. */
    if (crypto_random(random, sizeof random) != 0) {
        fault_set(fault, "%s/%s: no random bytes to be had", dir->path, name);
        return FOUND_FAULT;
    }
    crypto_hex(random, sizeof random, hex);
    snprintf(unique, sizeof unique, ".%s", hex);
    fd = create_temporary(dir, name, unique, owner, 0600, temporary, sizeof temporary, fault);
    if (fd < 0)
        return FOUND_FAULT;
    failed = fill(fd, data, length);
    if (failed == NULL && renameat2(dir->fd, temporary, dir->fd, name, RENAME_NOREPLACE) != 0) {
        if (errno == EEXIST)
            found = FOUND;
        else
            failed = "rename";
    }
    if (failed != NULL) {
        fault_set(fault, "%s/%s: cannot %s the new file: %s%s", dir->path, name, failed, strerror(errno), remedy(errno));
        found = FOUND_FAULT;
    }
    if (found != FOUND_NOTHING)
        unlinkat(dir->fd, temporary, 0);
    else if (fsync(dir->fd) != 0) {
        fault_set(fault, "%s: cannot fsync the directory: %s", dir->path, strerror(errno));
        found = FOUND_FAULT;
    }
    close(fd);
    return found;
}

/* Waits by asking again: a blocking flock could only be bounded by a signal, and signals are the host program's. */
static int lock_descriptor(int fd, int wait_ms)
{
    for (int waited = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; waited += LOCK_POLL_MS) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return -1;
        if (waited >= wait_ms) {
            errno = EWOULDBLOCK;
            return -1;
        }
        deadline_sleep(LOCK_POLL_MS);
    }
    return 0;
}

int file_lock(const struct dir *dir, const char *name, uid_t owner, int wait_ms, struct fault *fault)
{
    const struct file_rule rule = {.owner = owner, .forbidden = 077, .size_max = FILE_LOCK_SIZE_MAX};
    char path[DIR_PATH_SIZE + 256];
    struct stat status;

    snprintf(path, sizeof path, "%s/%s", dir->path, name);
    /* A lock file that was removed between open and flock locks nothing any more: then once more from the start. */
    for (int tries = 0; tries < 16; tries++) {
        int fd = openat(dir->fd, name, O_RDWR | OPEN_SAFELY);

        if (fd < 0 && errno == ENOENT) {
            if (file_make(dir, name, owner, "", 0, fault) == FOUND_FAULT)
                return -1;
            continue;
        }
        if (fd < 0)
            return fault_open(fault, path, errno);
        if (lock_descriptor(fd, wait_ms) != 0) {
            if (errno == EWOULDBLOCK)
                fault_set_class(fault, FAULT_BUSY, "%s: busy: still locked by another process after %d ms; see who with: "
                                "fuser %s", path, wait_ms, shell_word(path).text);
            else
                fault_set(fault, "%s: cannot lock: %s", path, strerror(errno));
            close(fd);
            return -1;
        }
        if (fstat(fd, &status) != 0)
            fault_set(fault, "%s: cannot fstat: %s", path, strerror(errno));
        else if (status.st_nlink == 0) {
            close(fd);
            continue;
        } else if (check(path, &status, &rule, fault) == 0)
            return fd;
        close(fd);
        return -1;
    }
    return fault_set(fault, "%s: vanished again and again while it was being locked", path);
}
