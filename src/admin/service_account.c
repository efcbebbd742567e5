/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: the account is nobody else: not root, no member of root's group, with the group of its own name.
 * What MUST NOT happen: a program from the caller's PATH, or the caller's environment, taking part in making it.
 */
#include "admin/service_account.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ENTRY_SIZE (256 * 1024) /* of a group with all its members */

static enum found find_group(gid_t *gid, struct fault *fault)
{
    struct group entry, *result = NULL;
    char *buffer = malloc(ENTRY_SIZE);
    int error = buffer == NULL ? ENOMEM : getgrnam_r(SERVICE_ACCOUNT, &entry, buffer, ENTRY_SIZE, &result);

    if (result != NULL)
        *gid = entry.gr_gid;
    free(buffer);
    if (error != 0 && error != ENOENT && error != ESRCH) {
        fault_set(fault, "the group database does not answer: %s", strerror(error));
        return FOUND_FAULT;
    }
    return result != NULL ? FOUND : FOUND_NOTHING;
}

static enum found find_user(uid_t *uid, gid_t *gid, struct fault *fault)
{
    struct passwd entry, *result = NULL;
    char *buffer = malloc(ENTRY_SIZE);
    int error = buffer == NULL ? ENOMEM : getpwnam_r(SERVICE_ACCOUNT, &entry, buffer, ENTRY_SIZE, &result);

    if (result != NULL) {
        *uid = entry.pw_uid;
        *gid = entry.pw_gid;
    }
    free(buffer);
    if (error != 0 && error != ENOENT && error != ESRCH) {
        fault_set(fault, "the passwd database does not answer: %s", strerror(error));
        return FOUND_FAULT;
    }
    return result != NULL ? FOUND : FOUND_NOTHING;
}

enum found service_account_find(struct service_account *account, struct fault *fault)
{
    gid_t primary = 0;
    enum found found = find_group(&account->gid, fault);

    if (found != FOUND)
        return found;
    found = find_user(&account->uid, &primary, fault);
    if (found != FOUND)
        return found;
    if (account->uid == 0 || account->gid == 0 || primary != account->gid) {
        fault_set(fault, "the user " SERVICE_ACCOUNT " has user id %u and group id %u, expected an id of its own and "
                  "%u, the group " SERVICE_ACCOUNT "; set it right with: usermod --gid " SERVICE_ACCOUNT " "
                  SERVICE_ACCOUNT, (unsigned)account->uid, (unsigned)primary, (unsigned)account->gid);
        return FOUND_FAULT;
    }
    return FOUND;
}

/* Runs TOOL with ARGV to its end. 0 it ran, whatever it says; -1 it is not there or cannot run. */
static int run(const char *const tool[], char *const argv[], struct fault *fault)
{
    static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", language[] = "LC_ALL=C";
    char *const environment[] = {path, language, NULL};
    int error = ENOENT, status = 0;
    pid_t child = -1;

    for (size_t i = 0; tool[i] != NULL && error == ENOENT; i++)
        error = posix_spawn(&child, tool[i], NULL, NULL, argv, environment);
    if (error != 0)
        return fault_set(fault, "cannot run %s: %s; install it (it comes with the package `passwd` or `shadow`), or "
                         "make a system group and a system user " SERVICE_ACCOUNT " without a login by other means, "
                         "and run this again", tool[0], strerror(error));
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return fault_set(fault, "%s: its end cannot be waited for: %s", tool[0], strerror(errno));
    return 0;
}

static int make_group(struct report *report, struct fault *fault)
{
    static const char *const tool[] = {"/usr/sbin/groupadd", "/sbin/groupadd", NULL};
    static char name[] = "groupadd", system_group[] = "--system", group[] = SERVICE_ACCOUNT;
    char *const argv[] = {name, system_group, group, NULL};
    gid_t gid;
    enum found found = find_group(&gid, fault);

    if (found != FOUND_NOTHING)
        return found == FOUND ? 0 : -1;
    if (run(tool, argv, fault) != 0)
        return -1;
    /* What counts is that it is there now, even if another `init` was faster and the tool failed for that reason. */
    found = find_group(&gid, fault);
    if (found == FOUND)
        report_line(report, "made the group " SERVICE_ACCOUNT " (id %u)", (unsigned)gid);
    else if (found == FOUND_NOTHING)
        fault_set(fault, "groupadd did not make the group " SERVICE_ACCOUNT "; run it by hand to see why: groupadd "
                  "--system " SERVICE_ACCOUNT);
    return found == FOUND ? 0 : -1;
}

static int make_user(struct report *report, struct fault *fault)
{
    static const char *const tool[] = {"/usr/sbin/useradd", "/sbin/useradd", NULL};
    static char name[] = "useradd", system_user[] = "--system", gid_option[] = "--gid", user[] = SERVICE_ACCOUNT,
                home_option[] = "--home-dir", home[] = "/nonexistent", no_home[] = "--no-create-home",
                shell_option[] = "--shell", shell[] = "/usr/sbin/nologin";
    char *const argv[] = {name, system_user, gid_option, user, home_option, home, no_home, shell_option, shell, user,
                          NULL};
    uid_t uid;
    gid_t gid;
    enum found found = find_user(&uid, &gid, fault);

    if (found != FOUND_NOTHING)
        return found == FOUND ? 0 : -1;
    if (run(tool, argv, fault) != 0)
        return -1;
    found = find_user(&uid, &gid, fault);
    if (found == FOUND)
        report_line(report, "made the user " SERVICE_ACCOUNT " (id %u), which cannot log in", (unsigned)uid);
    else if (found == FOUND_NOTHING)
        fault_set(fault, "useradd did not make the user " SERVICE_ACCOUNT "; run it by hand to see why: useradd "
                  "--system --gid " SERVICE_ACCOUNT " --no-create-home --shell /usr/sbin/nologin " SERVICE_ACCOUNT);
    return found == FOUND ? 0 : -1;
}

int service_account_make(struct service_account *account, struct report *report, struct fault *fault)
{
    if (make_group(report, fault) != 0 || make_user(report, fault) != 0)
        return -1;
    switch (service_account_find(account, fault)) {
    case FOUND: return 0;
    case FOUND_NOTHING: return fault_set(fault, "the group or the user " SERVICE_ACCOUNT " vanished again");
    case FOUND_FAULT: break;
    }
    return -1;
}
