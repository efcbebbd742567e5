/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: mode and group are set on the descriptor that was checked, never on a path.
 * What MUST NOT happen: advice that takes away what enrolment needs, or that names another file than the one at fault.
 */
#include "admin/node.h"

#include "admin/service_account.h"
#include "base/shell.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct node_rule node_conf = {
    .type = S_IFREG, .mode = 0644, .forbidden = 0022, .needed = 0444, .need = "mfa-enroll cannot read it for its user",
};
const struct node_rule node_secret = {.type = S_IFREG, .mode = 0600, .forbidden = 0177};
const struct node_rule node_directory = {
    .type = S_IFDIR, .mode = 0755, .forbidden = 0022, .needed = 0555, .need = "mfa-enroll cannot enter it for its user",
};

struct node_rule node_seal_key(const gid_t *group)
{
    return (struct node_rule){.type = S_IFREG, .mode = 0640, .forbidden = 0137, .needed = 0440, .group = group,
                              .need = "mfa-enroll cannot read it"};
}

struct node_rule node_state_directory(const gid_t *group)
{
    return (struct node_rule){.type = S_IFDIR, .mode = 01770, .forbidden = 0007, .needed = 01770, .group = group,
                              .need = "mfa-enroll cannot write to it, or users reach each other's files"};
}

struct node_rule node_enroll(const gid_t *group)
{
    return (struct node_rule){.type = S_IFREG, .mode = 02755, .forbidden = 04022, .needed = 02111, .group = group,
                              .need = "users cannot enrol with it"};
}

struct node_rule node_approve(const gid_t *group)
{
    return (struct node_rule){.type = S_IFREG, .mode = 04710, .forbidden = 02027, .needed = 04110, .group = group,
                              .need = "nobody whom Duo covers can enrol"};
}

static bool has_group(const struct stat *status, const struct node_rule *rule)
{
    return rule->group == NULL || status->st_gid == *rule->group;
}

/* What is no matter of owner or mode, which nobody can mend without a look: as a sentence's rest, or NULL. */
static const char *strange(const struct stat *status, const struct node_rule *rule)
{
    if ((status->st_mode & S_IFMT) != rule->type)
        return rule->type == S_IFDIR ? "is no directory, expected one; look at it, and put the directory itself there"
                                     : "is no regular file, expected one; look at it, and put the file itself there";
    /* To root's other files anybody may have made a link, somewhere else; one to this would outlive a new version. */
    if (rule->type == S_IFREG && (rule->mode & S_ISGID) != 0 && status->st_nlink != 1)
        return "has more than one hard link, so its content has another name too; look at it, and put a copy there";
    return NULL;
}

/* The one command that sets PATH right, in OUT. A change of owner or group comes first: it takes set-group-ID away. */
static void command_for(const struct stat *status, const struct node_rule *rule, const char *path, char *out,
                        size_t size)
{
    const struct shell_word word = shell_word(path);
    bool owner = status->st_uid != 0, group = !has_group(status, rule);

    if (owner || group)
        snprintf(out, size, "chown %s%s %s && chmod %04o %s", owner ? "root" : "",
                 !group ? "" : *rule->group == 0 ? ":root" : ":" SERVICE_ACCOUNT, word.text, (unsigned)rule->mode,
                 word.text);
    else
        snprintf(out, size, "chmod %04o %s", (unsigned)rule->mode, word.text);
}

/* Whether the bits of STATUS are as they must be. */
static bool has_mode(const struct stat *status, const struct node_rule *rule)
{
    return (status->st_mode & rule->forbidden) == 0 && (status->st_mode & rule->needed) == rule->needed;
}

/* What of owner, group and mode is wrong, in OUT. */
static void describe(const struct stat *status, const struct node_rule *rule, char *out, size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    if (status->st_uid != 0)
        used += (size_t)snprintf(out, size, "belongs to user id %u, expected root", (unsigned)status->st_uid);
    if (!has_group(status, rule))
        used += (size_t)snprintf(out + used, size - used, "%shas group id %u, expected that of " SERVICE_ACCOUNT,
                                 used > 0 ? ", " : "", (unsigned)status->st_gid);
    if (!has_mode(status, rule))
        snprintf(out + used, size - used, "%shas mode %04o, expected %04o", used > 0 ? ", " : "",
                 (unsigned)(status->st_mode & 07777), (unsigned)rule->mode);
}

/* Why the owner, the group or the mode is wrong. */
static const char *reason(const struct stat *status, const struct node_rule *rule)
{
    if (status->st_uid != 0)
        return "whoever it belongs to can change it; look at what is in it";
    if ((status->st_mode & rule->forbidden) != 0)
        return "others than root can change it, or read what they should not; look at what is in it";
    return rule->need != NULL ? rule->need : "it is not as it was made";
}

bool node_check(const char *path, const struct node_rule *rule, struct report *report)
{
    char command[1400], wrong[256];
    struct stat status;

    if (lstat(path, &status) != 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            return true;
        if (report != NULL)
            report_found(report, "permissions", "%s: cannot look at it: %s", path, strerror(errno));
        return false;
    }
    if (strange(&status, rule) != NULL) {
        if (report != NULL)
            report_found(report, "file_type", "%s: %s", path, strange(&status, rule));
        return false;
    }
    if (status.st_uid == 0 && has_group(&status, rule) && has_mode(&status, rule))
        return true;
    if (report == NULL)
        return false;
    describe(&status, rule, wrong, sizeof wrong);
    command_for(&status, rule, path, command, sizeof command);
    report_found(report, "permissions", "%s: %s: %s; run: %s", path, wrong, reason(&status, rule), command);
    return false;
}

int node_mend_open(int fd, const char *path, const struct node_rule *rule, struct report *report, struct fault *fault)
{
    char command[1400];
    struct stat status;
    bool group, mode;

    if (fstat(fd, &status) != 0)
        return fault_set(fault, "%s: cannot fstat: %s", path, strerror(errno));
    if (strange(&status, rule) != NULL)
        return fault_set(fault, "%s: %s", path, strange(&status, rule));
    if (status.st_uid != 0) {
        command_for(&status, rule, path, command, sizeof command);
        return fault_set(fault, "%s: belongs to user id %u, expected root; look at what is in it, then run: %s", path,
                         (unsigned)status.st_uid, command);
    }
    group = !has_group(&status, rule);
    mode = (status.st_mode & 07777) != rule->mode;
    if (!group && !mode)
        return 0;
    if ((group && fchown(fd, (uid_t)-1, *rule->group) != 0) || fchmod(fd, rule->mode) != 0)
        return fault_set(fault, "%s: cannot give it its group and mode %04o: %s", path, (unsigned)rule->mode,
                         strerror(errno));
    if (report != NULL)
        report_line(report, "set %s to group id %u and mode %04o; it had %u and %04o%s", path,
                    (unsigned)(rule->group != NULL ? *rule->group : status.st_gid), (unsigned)rule->mode,
                    (unsigned)status.st_gid, (unsigned)(status.st_mode & 07777),
                    (status.st_mode & rule->forbidden & 077) != 0 ? ", so others may have read or changed it" : "");
    return 0;
}

int node_mend(int dirfd, const char *name, const char *path, const struct node_rule *rule, struct report *report,
              struct fault *fault)
{
    int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), result;

    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0)
        return fault_set(fault, "%s: cannot open: %s", path, strerror(errno));
    result = node_mend_open(fd, path, rule, report, fault);
    close(fd);
    return result;
}
