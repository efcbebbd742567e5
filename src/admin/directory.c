/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: owner, group and mode are set on the descriptor that was checked, never on a path.
 * What MUST NOT happen: taking over a directory that somebody else has made.
 */
#include "admin/directory.h"

#include "admin/node.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_WAIT_MS 10000

/* Makes the directories above PATH that are not there. Those that are there are not ours to change. */
static int make_parents(const char *path, struct report *report, struct fault *fault)
{
    char parent[DIR_PATH_SIZE];

    for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        size_t length = (size_t)(slash - path);

        if (length >= sizeof parent)
            return fault_set(fault, "%s: the path is too long, the limit is %zu bytes", path, sizeof parent - 1);
        memcpy(parent, path, length);
        parent[length] = '\0';
        if (mkdir(parent, 0700) == 0) {
            if (chmod(parent, 0755) != 0)
                return fault_set(fault, "%s: cannot set mode 0755: %s", parent, strerror(errno));
            if (report != NULL)
                report_line(report, "made %s", parent);
        } else if (errno != EEXIST)
            return fault_set(fault, "%s: cannot make the directory: %s", parent, strerror(errno));
    }
    return 0;
}

int directory_make(struct dir *dir, const struct dir *parent, const char *name, gid_t group, mode_t mode,
                   struct report *report, struct fault *fault)
{
    int parent_fd = parent != NULL ? parent->fd : AT_FDCWD, fd, result;
    const struct node_rule rule = {.type = S_IFDIR, .mode = mode, .forbidden = ~mode & 07777, .group = &group};
    char path[DIR_PATH_SIZE + 256];
    bool made;

    *dir = (struct dir)DIR_CLOSED;
    if (parent == NULL && make_parents(name, report, fault) != 0)
        return -1;
    snprintf(path, sizeof path, "%s%s%s", parent != NULL ? parent->path : "", parent != NULL ? "/" : "", name);
    made = mkdirat(parent_fd, name, 0700) == 0;
    if (!made && errno != EEXIST)
        return fault_set(fault, "%s: cannot make the directory: %s", path, strerror(errno));
    fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return fault_set(fault, "%s: cannot open it as a directory: %s", path, strerror(errno));
    result = node_mend_open(fd, path, &rule, made ? NULL : report, fault);
    if (result == 0 && made && report != NULL)
        report_line(report, "made %s (mode %04o)", path, (unsigned)mode);
    close(fd);
    if (result == 0 && made && parent != NULL && fsync(parent->fd) != 0)
        result = fault_set(fault, "%s: cannot fsync the directory: %s", parent->path, strerror(errno));
    if (result == 0 && dir_open(dir, parent, name, 0, fault) != FOUND)
        result = dir->fd < 0 && access(path, F_OK) != 0 ? fault_set(fault, "%s: vanished again", path) : -1;
    return result;
}

int directory_lock(const struct dir *dir, const char *name, struct fault *fault)
{
    /* Only root can write to this directory, so nobody else can have put a file there, and O_CREAT is safe. */
    int fd = openat(dir->fd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);

    if (fd < 0)
        return fault_set(fault, "%s/%s: cannot open: %s; mfactl must run as root", dir->path, name, strerror(errno));
    close(fd);
    return file_lock(dir, name, 0, LOCK_WAIT_MS, fault);
}
