/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: within an epoch a store has one identity, and its revision only grows; an answer that shows less than was
 * known when it was asked for is from a store that was put back, or from another one. Only a higher epoch, which an
 * administrator sets once old codes are dealt with, makes a new beginning.
 * What MUST NOT happen: a file that cannot be read taken for a first start; the mark going down.
 */
#include "broker/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TEXT_SIZE 128

int guard_open(struct guard *guard, const char *path, struct fault *fault)
{
    char text[TEXT_SIZE] = "";
    int fd, end = 0, went_back = 0;
    ssize_t got;

    *guard = (struct guard){.went_back = false};
    snprintf(guard->path, sizeof guard->path, "%s", path);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT)
        return 0;
    got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    if (got < 0)
        return fault_set(fault, "%s: cannot read: %s", path, strerror(errno));
    if (sscanf(text, "epoch=%lld cluster=%" SCNx64 " revision=%" SCNd64 " went_back=%d%n", &guard->mark.epoch,
               &guard->mark.cluster, &guard->mark.revision, &went_back, &end) != 4 ||
        strcmp(text + end, "\n") != 0 || went_back < 0 || went_back > 1 || guard->mark.epoch < 1 || guard->mark.cluster == 0 || guard->mark.revision < 1) {
        guard->mark = (struct mark){0};
        return fault_set(fault, "%s: does not say how far the store had come, expected a line of this program's; if the "
                         "store is known to be no older than what this host last saw, remove the file", path);
    }
    guard->went_back = guard->saved_went_back = went_back == 1;
    guard->saved = guard->mark;
    return 0;
}

static bool same(const struct mark *a, const struct mark *b)
{
    return a->epoch == b->epoch && a->cluster == b->cluster && a->revision == b->revision;
}

int guard_save(struct guard *guard, struct fault *fault)
{
    char temporary[GUARD_PATH_SIZE + 8], text[TEXT_SIZE];
    int fd, length;
    bool written;

    if (same(&guard->mark, &guard->saved) && guard->went_back == guard->saved_went_back)
        return 0;
    snprintf(temporary, sizeof temporary, "%s.new", guard->path);
    length = snprintf(text, sizeof text, "epoch=%lld cluster=%" PRIx64 " revision=%" PRId64 " went_back=%d\n", guard->mark.epoch,
                      guard->mark.cluster, guard->mark.revision, guard->went_back);
    fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return fault_set(fault, "%s: cannot make: %s", temporary, strerror(errno));
    written = write(fd, text, (size_t)length) == length && fdatasync(fd) == 0;
    if (close(fd) != 0 || !written || rename(temporary, guard->path) != 0)
        return fault_set(fault, "%s: cannot write: %s", guard->path, strerror(errno));
    guard->saved = guard->mark;
    guard->saved_went_back = guard->went_back;
    return 0;
}

bool guard_accepts(struct guard *guard, const struct mark *sent, const struct mark *seen)
{
    struct mark *mark = &guard->mark;

    if (seen->epoch > mark->epoch) {
        *mark = *seen;
        guard->went_back = false;
        return true;
    }
    if (seen->epoch < sent->epoch || (seen->epoch == sent->epoch && seen->revision < sent->revision) ||
        (seen->epoch == mark->epoch && seen->cluster != mark->cluster)) {
        guard->went_back = true;
        return false;
    }
    if (seen->epoch == mark->epoch && seen->revision > mark->revision)
        mark->revision = seen->revision;
    return !guard->went_back;
}
