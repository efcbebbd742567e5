/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/check_path.h"

#include "admin/node.h"
#include "admin/override.h"
#include "base/file.h"
#include "base/shell.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* One directory, or a symbolic link to one, on the way to PATH. */
static void check_parent(const char *parent, const char *path, struct report *report)
{
    struct stat status;

    if (lstat(parent, &status) != 0) {
        if (errno != ENOENT) /* that it is missing is for whoever looks for what is in it */
            report_found(report, "parent_directory", "%s: cannot look at it: %s", parent, strerror(errno));
        return;
    }
    if (status.st_uid != 0)
        report_found(report, "parent_directory",
                     "%s: belongs to user id %u, who can put another file in the place of %s; run: chown -h "
                     "root %s", parent, (unsigned)status.st_uid, path, shell_word(parent).text);
    if (S_ISLNK(status.st_mode) && stat(parent, &status) != 0)
        return;
    /* With the sticky bit, others can add to the directory but not replace what is root's. */
    if ((status.st_mode & 022) != 0 && (status.st_mode & S_ISVTX) == 0)
        report_found(report, "parent_directory",
                     "%s: has mode %04o, so others than root can put another file in the place of %s; run: "
                     "chmod go-w %s", parent, (unsigned)(status.st_mode & 07777), path, shell_word(parent).text);
    if ((status.st_mode & 0111) != 0111)
        report_found(report, "parent_directory",
                     "%s: has mode %04o, so users cannot reach %s, and nobody enrols; run: chmod a+x %s", parent,
                     (unsigned)(status.st_mode & 07777), path, shell_word(parent).text);
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

/* Where such bits count for nothing, mfa-enroll reaches no enrolment, and says so with words of its own. */
static void check_mount(const char *path, struct report *report)
{
    struct statvfs status;

    if (statvfs(path, &status) == 0 && (status.f_flag & ST_NOSUID) != 0)
        report_found(report, "nosuid",
                     "%s: is on a file system that is mounted nosuid, so its set-user-ID or set-group-ID bit "
                     "counts for nothing and nobody enrols; run: mount -o remount,suid \"$(findmnt -n -o TARGET -T "
                     "%s)\"", path, shell_word(path).text);
}

bool check_program(const char *path, const struct node_rule *set, struct report *report)
{
    const struct node_rule plain = {.type = S_IFREG, .mode = 0755, .forbidden = 06022, .needed = 0100,
                             .need = "it cannot be run"};
    struct override override;

    check_parents(path, report);
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return false;
    if (set != NULL && override_find(OVERRIDE_FILE, path, &override) == FOUND)
        set = &override.rule;
    node_check(path, set != NULL ? set : &plain, report);
    if (set != NULL)
        check_mount(path, report);
    return true;
}
