/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The steps that store_files.c has put in order, on one record.
 *
 * What MUST hold: see there.
 * What MUST NOT happen: a slot written over before the other one is known to be on the disk.
 */
#include "store/held.h"

#include "base/deadline.h"
#include "base/shell.h"
#include "store/earlier.h"
#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define TRIES 16 /* against records that are made or removed meanwhile */

static int fault_record(const struct files *files, const char *user, const char *what, struct fault *fault)
{
    const char *remedy = errno == EIO     ? "; expected a disk without errors, see the kernel log"
                         : errno == EROFS ? "; remount that file system read-write, and see in the kernel log why it is not"
                                          : "; see the kernel log";

    return fault_set(fault, "%s/%s" RECORD_SUFFIX ": cannot %s: %s%s", files->dir.path, user, what, strerror(errno),
                     remedy);
}

static int fault_size(const struct files *files, const char *user, long long size, struct fault *fault)
{
    return fault_set_class(fault, FAULT_BROKEN, "%s/%s" RECORD_SUFFIX ": is %lld bytes long, expected %d; restore it from a "
                           "backup, or run: mfactl totp delete --svm %s --user %s", files->dir.path, user, size,
                           RECORD_SIZE, shell_word(files->store.svm).text, shell_word(user).text);
}

static int fault_whole(const struct files *files, const char *user, struct fault *fault)
{
    return fault_set_class(fault, FAULT_BROKEN, "%s/%s" RECORD_SUFFIX ": neither of its two copies is whole, so it is "
                           "unknown which codes are used up; restore it from a backup, or run: mfactl totp delete --svm %s "
                           "--user %s", files->dir.path, user, shell_word(files->store.svm).text,
                           shell_word(user).text);
}

/* All of the file FD into IMAGE. */
static int read_image(const struct files *files, const char *user, int fd, unsigned char image[RECORD_SIZE],
                      struct fault *fault)
{
    size_t length = 0;

    while (length < RECORD_SIZE) {
        ssize_t got = pread(fd, image + length, RECORD_SIZE - length, (off_t)length);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fault_record(files, user, "read", fault);
        if (got == 0)
            return fault_size(files, user, (long long)length, fault);
        length += (size_t)got;
    }
    return 0;
}

/* LENGTH bytes at AT. -1: errno. */
static int write_at(int fd, const unsigned char *bytes, size_t length, off_t at)
{
    while (length > 0) {
        ssize_t put = pwrite(fd, bytes, length, at);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return -1;
        bytes += put;
        at += put;
        length -= (size_t)put;
    }
    return 0;
}

/* Likewise, and to the disk: in one call where the kernel and the file system can. */
static int write_through(int fd, unsigned char *bytes, size_t length, off_t at)
{
#ifdef RWF_DSYNC
    struct iovec all = {.iov_base = bytes, .iov_len = length};
    ssize_t put = pwritev2(fd, &all, 1, at, RWF_DSYNC);

    if (put == (ssize_t)length)
        return 0;
    if (put < 0 && errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL && errno != EINTR)
        return -1;
#endif
    return write_at(fd, bytes, length, at) == 0 && fdatasync(fd) == 0 ? 0 : -1;
}

int held_mark(struct held *held, const struct record_mark *mark, struct fault *fault)
{
    unsigned char bytes[RECORD_MARK_SIZE];

    record_pack_mark(mark, bytes);
    /*
     * It is not synced: what a killed process wrote is there, and nobody but the power can take it back; with it goes
     * whoever could have learned something.
     */
    if (write_at(held->fd, bytes, sizeof bytes, RECORD_MARK_AT) != 0)
        return fault_record(held->files, held->owner->name, "write the mark of an attempt", fault);
    held->mark = *mark;
    return 0;
}

int held_unmark(struct held *held, struct fault *fault)
{
    static const struct record_mark none;

    return held->mark.is_set ? held_mark(held, &none, fault) : 0;
}

/* Steps write and sync. */
static int write_slot(struct held *held, const struct record *record, struct fault *fault)
{
    unsigned char bytes[RECORD_SLOT_SIZE];
    size_t length = record_pack(record, bytes);
    int place = record_place(record->sequence);

    if (write_through(held->fd, bytes, length, place * RECORD_SLOT_DISTANCE) != 0)
        return fault_record(held->files, held->owner->name, "write", fault);
    held->newest = place;
    held->is_settled = true;
    return 0;
}

int held_settle(struct held *held, struct fault *fault)
{
    return held->is_settled ? 0 : write_slot(held, &held->record, fault);
}

/* What it is for has not happened, so that it cannot be written, or stops short, is no fault. */
static void mirror(const struct held *held)
{
    unsigned char bytes[RECORD_SLOT_SIZE];
    size_t length = record_pack(&held->record, bytes);

    (void)!pwrite(held->fd, bytes, length, (1 - held->newest) * RECORD_SLOT_DISTANCE);
}

int held_write(struct held *held, const struct record *record, struct fault *fault)
{
    /* What is no attempt is marked as well, so that whoever finds it settles; but at no sequence, so that nobody counts it. */
    static const struct record_mark uncounted = {.is_set = true};

    if (held_settle(held, fault) != 0 || (!held->mark.is_set && held_mark(held, &uncounted, fault) != 0) ||
        write_slot(held, record, fault) != 0)
        return -1;
    held->record = *record;
    mirror(held);
    return 0;
}

bool held_is_unsettled(const struct held *held)
{
    return held->mark.is_set && held->mark.sequence >= held->record.sequence;
}

/* Step read. */
static int read_held(struct held *held, struct fault *fault)
{
    static const unsigned char yes = 1;
    unsigned char image[RECORD_SIZE];

    if (read_image(held->files, held->owner->name, held->fd, image, fault) != 0)
        return -1;
    held->newest = record_newest(image, &held->record);
    record_unpack_mark(image + RECORD_MARK_AT, &held->mark);
    held->is_settled = !held->mark.is_set && held->newest == record_place(held->record.sequence);
    if (image[RECORD_NAMED_AT] == yes)
        return 0;
    /* Whoever made the file may have been killed before its name was on the disk. */
    if (fsync(held->files->dir.fd) != 0)
        return fault_set(fault, "%s: cannot fsync the directory: %s", held->files->dir.path, strerror(errno));
    return write_at(held->fd, &yes, 1, RECORD_NAMED_AT) == 0
               ? 0
               : fault_record(held->files, held->owner->name, "write", fault);
}

/* FOUND: locked and read. FOUND_NOTHING: it was removed while it was being locked. */
static enum found lock_and_read(struct held *held, const char *path, struct fault *fault)
{
    struct stat status;

    if (lock_take(held->fd, path, &held->files->memory->ended, fault) != 0)
        return FOUND_FAULT;
    if (fstat(held->fd, &status) != 0) {
        fault_set(fault, "%s: cannot fstat: %s", path, strerror(errno));
        return FOUND_FAULT;
    }
    if (status.st_nlink == 0)
        return FOUND_NOTHING;
    return read_held(held, fault) == 0 ? FOUND : FOUND_FAULT;
}

enum found held_take(const struct files *files, const struct store_owner *owner, struct held *held,
                     struct fault *fault)
{
    const struct file_rule rule = {.owner = owner->uid, .forbidden = 0177, .size_max = RECORD_SIZE};
    char name[FILE_NAME_SIZE], path[FILE_PATH_SIZE];
    enum found found;

    files_name(name, owner->name, RECORD_SUFFIX);
    snprintf(path, sizeof path, "%s/%s", files->dir.path, name);
    *held = (struct held){.files = files, .owner = owner, .fd = -1};
    files->memory->ended = 0;
    for (int tries = 0; tries < TRIES; tries++) {
        found = file_open(&files->dir, name, O_RDWR, &rule, &held->fd, fault);
        if (found == FOUND_NOTHING) {
            found = earlier_turn_over(files, owner, NULL, fault);
            if (found != FOUND)
                return found;
            continue;
        }
        if (found == FOUND)
            found = lock_and_read(held, path, fault);
        if (found == FOUND)
            return FOUND;
        held_release(held);
        if (found == FOUND_FAULT)
            return FOUND_FAULT;
    }
    fault_set_class(fault, FAULT_BUSY, "%s: busy: vanished again and again while it was being locked", path);
    return FOUND_FAULT;
}

void held_release(struct held *held)
{
    if (held->fd >= 0)
        close(held->fd);
    held->fd = -1;
}

int held_check_whole(const struct held *held, struct fault *fault)
{
    return held->newest >= 0 ? 0 : fault_whole(held->files, held->owner->name, fault);
}

/* One look at the record without the lock. *WHOLE: whether a slot was. */
static enum found look(const struct files *files, const struct store_owner *owner, struct record *record, bool *whole,
                       struct fault *fault)
{
    const struct file_rule rule = {.owner = owner->uid, .forbidden = 0177, .size_max = RECORD_SIZE};
    unsigned char image[RECORD_SIZE];
    char name[FILE_NAME_SIZE];
    enum found found;
    int fd;

    files_name(name, owner->name, RECORD_SUFFIX);
    found = file_open(&files->dir, name, O_RDONLY, &rule, &fd, fault);
    if (found != FOUND)
        return found;
    if (read_image(files, owner->name, fd, image, fault) != 0)
        found = FOUND_FAULT;
    else
        *whole = record_newest(image, record) >= 0;
    close(fd);
    return found;
}

enum found held_look(const struct files *files, const struct store_owner *owner, struct record *record,
                     struct fault *fault)
{
    bool whole = false;

    /* Somebody who writes one slot and then the other, between which this read them, is not at it for ever. */
    for (int tries = 0; tries < TRIES; tries++) {
        enum found found = look(files, owner, record, &whole, fault);

        if (found != FOUND || whole)
            return found;
        deadline_sleep(2);
    }
    fault_whole(files, owner->name, fault);
    return FOUND_FAULT;
}
