/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: after success, no user or group id of this process is root's or opens a file of pam_mfa's, and none
 * can become so again.
 * What MUST NOT happen: going on with what could not be given up.
 */
#include "duo_confine.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define MEMORY_MAX (256UL * 1024 * 1024)
#define CPU_SECONDS_MAX 60
#define DESCRIPTORS_MAX 64
/* The kernel's group of nobody. Not the user's own group, which may read the seal key and enter the state directory. */
#define NOBODYS_GROUP 65534

static int become(const char *name, struct fault *fault)
{
    const struct passwd *entry;
    uid_t real, effective, saved;

    errno = 0;
    entry = getpwnam(name);
    if (entry == NULL)
        return fault_set(fault, "the user %s, which the Duo helper runs as, is not to be had: %s; run: mfactl init",
                         name, errno != 0 ? strerror(errno) : "it does not exist");
    if (entry->pw_uid == 0 || entry->pw_gid == 0)
        return fault_set(fault, "the user %s, which the Duo helper runs as, is root or in root's group; run: mfactl init",
                         name);
    if (setgroups(0, NULL) != 0 || setresgid(NOBODYS_GROUP, NOBODYS_GROUP, NOBODYS_GROUP) != 0 ||
        setresuid(entry->pw_uid, entry->pw_uid, entry->pw_uid) != 0)
        return fault_set(fault, "the Duo helper cannot become user %s: %s", name, strerror(errno));
    if (getresuid(&real, &effective, &saved) != 0 || real == 0 || effective == 0 || saved == 0 || setuid(0) == 0 ||
        setgid(0) == 0)
        return fault_set(fault, "the Duo helper is still root after becoming user %s", name);
    return 0;
}

static int limit(int resource, rlim_t value)
{
    const struct rlimit limit = {.rlim_cur = value, .rlim_max = value};
    struct rlimit present;

    /* A host's own limit may be lower, and stays. */
    if (getrlimit((__rlimit_resource_t)resource, &present) == 0 && present.rlim_max < value)
        return 0;
    return setrlimit((__rlimit_resource_t)resource, &limit);
}

int duo_confine(const char *name, struct fault *fault)
{
    uid_t real, effective, saved;

    if (getresuid(&real, &effective, &saved) != 0)
        return fault_set(fault, "the Duo helper does not know who it is: %s", strerror(errno));
    if ((real == 0 || effective == 0 || saved == 0) && become(name, fault) != 0)
        return -1;
    umask(077);
    if (chdir("/") != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
        /* After the change of user, which clears it. */
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || limit(RLIMIT_CORE, 0) != 0 || limit(RLIMIT_FSIZE, 0) != 0 ||
        limit(RLIMIT_NOFILE, DESCRIPTORS_MAX) != 0 || limit(RLIMIT_CPU, CPU_SECONDS_MAX) != 0)
        return fault_set(fault, "the Duo helper cannot be confined: %s", strerror(errno));
#ifndef __SANITIZE_ADDRESS__ /* whose shadow memory counts */
    if (limit(RLIMIT_DATA, MEMORY_MAX) != 0)
        return fault_set(fault, "the Duo helper cannot be confined: %s", strerror(errno));
#endif
    return 0;
}
