/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/check_path.h"

#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* One directory, or a symbolic link to one, on the way to PATH. */
static void check_parent(const char *parent, const char *path, struct report *report)
{
    struct stat status;

    if (lstat(parent, &status) != 0) {
        if (errno != ENOENT) /* that it is missing is for whoever looks for what is in it */
            report_line(report, "%s: cannot look at it: %s", parent, strerror(errno));
        return;
    }
    if (status.st_uid != 0)
        report_line(report, "%s: belongs to user id %u, who can put another file in the place of %s; run: chown root "
                    "%s", parent, (unsigned)status.st_uid, path, parent);
    if (S_ISLNK(status.st_mode) && stat(parent, &status) != 0)
        return;
    /* With the sticky bit, others can add to the directory but not replace what is root's. */
    if ((status.st_mode & 022) != 0 && (status.st_mode & S_ISVTX) == 0)
        report_line(report, "%s: has mode %04o, so others than root can put another file in the place of %s; run: "
                    "chmod go-w %s", parent, (unsigned)(status.st_mode & 07777), path, parent);
}

void check_parents(const char *path, struct report *report)
{
    char parent[DIR_PATH_SIZE];

    check_parent("/", path, report);
    for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        if ((size_t)(slash - path) >= sizeof parent)
            return;
        snprintf(parent, sizeof parent, "%.*s", (int)(slash - path), path);
        check_parent(parent, path, report);
    }
}

bool check_program(const char *path, const gid_t *group, struct report *report)
{
    mode_t expected = group != NULL ? 02000 : 0;
    struct stat status;

    check_parents(path, report);
    if (lstat(path, &status) != 0) {
        if (errno == ENOENT)
            return false;
        report_line(report, "%s: cannot look at it: %s", path, strerror(errno));
        return true;
    }
    if (!S_ISREG(status.st_mode))
        report_line(report, "%s: is not a regular file, expected the program itself; install it anew", path);
    if (status.st_uid != 0)
        report_line(report, "%s: belongs to user id %u, expected root; install it anew", path,
                    (unsigned)status.st_uid);
    if ((status.st_mode & 022) != 0)
        report_line(report, "%s: has mode %04o, so others than root can change it; install it anew", path,
                    (unsigned)(status.st_mode & 07777));
    if ((status.st_mode & 0111) == 0)
        report_line(report, "%s: has mode %04o, so it cannot be run; run: chmod 0755 %s", path,
                    (unsigned)(status.st_mode & 07777), path);
    if ((status.st_mode & 06000) != expected || (group != NULL && status.st_gid != *group))
        report_line(report, group != NULL ? "%s: has mode %04o and group id %u, expected set-group-ID pam_mfa; run: "
                    "mfactl init" : "%s: has mode %04o and group id %u, expected no set-user-ID or set-group-ID bit; "
                    "run: chmod ug-s on it", path, (unsigned)(status.st_mode & 07777), (unsigned)status.st_gid);
    return true;
}
