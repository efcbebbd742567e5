/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold:
 *  - after success, no user or group id of this process is root's or opens a file of pam_mfa's, and none can become so
 *    again;
 *  - the resource limits are those below, and never lower than is needed: whoever started su or sudo has set those that
 *    are inherited, and a process that may have no thread, or no descriptor, cannot reach Duo.
 * What MUST NOT happen: going on with what could not be given up, or with too little to reach Duo by.
 */
#include "helper/duo_confine.h"

#include "base/rlimit.h"

#include <errno.h>
#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIB (1024UL * 1024)
#define THREAD_STACK (2 * MIB) /* in place of what the stack's limit was when this program started */
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

struct limit {
    rlimit_resource resource;
    const char *name; /* as prlimit(1) has it */
    rlim_t value;
    rlim_t least; /* will do where a lower limit cannot be raised, as without CAP_SYS_RESOURCE */
};

static const struct limit limits[] = {
    {RLIMIT_CORE, "core", 0, 0},
    {RLIMIT_FSIZE, "fsize", 0, 0},
    {RLIMIT_CPU, "cpu", 60, 5},
    {RLIMIT_NOFILE, "nofile", 64, 16},
    {RLIMIT_NPROC, "nproc", RLIM_INFINITY, 16}, /* threads of all helpers; one has three at most */
    {RLIMIT_STACK, "stack", 8 * MIB, MIB},
#ifndef __SANITIZE_ADDRESS__ /* whose shadow memory counts */
    {RLIMIT_AS, "as", RLIM_INFINITY, 256 * MIB},
    {RLIMIT_DATA, "data", 256 * MIB, 32 * MIB},
#endif
};

/* Unlike lowering, this may fail. */
static int raise_limit(const struct limit *wanted)
{
    const struct rlimit limit = {.rlim_cur = wanted->value, .rlim_max = wanted->value};

    return setrlimit(wanted->resource, &limit);
}

static int set_limit(const struct limit *wanted, struct fault *fault)
{
    struct rlimit limit = {.rlim_cur = wanted->value, .rlim_max = wanted->value}, present;

    if (getrlimit(wanted->resource, &present) != 0)
        return fault_set(fault, "the Duo helper does not know its limit for %s: %s", wanted->name, strerror(errno));
    if (present.rlim_max < wanted->value) {
        if (raise_limit(wanted) == 0)
            return 0;
        if (present.rlim_max < wanted->least)
            return fault_set(fault, "the Duo helper needs a hard limit of at least %llu for %s, has %llu, and may not "
                             "raise it; give the service that logs in CAP_SYS_RESOURCE, or that limit",
                             (unsigned long long)wanted->least, wanted->name, (unsigned long long)present.rlim_max);
        limit.rlim_cur = limit.rlim_max = present.rlim_max;
    }
    if (setrlimit(wanted->resource, &limit) != 0)
        return fault_set(fault, "the Duo helper cannot set its limit for %s: %s", wanted->name, strerror(errno));
    return 0;
}

/* Before the change of user, which takes CAP_SYS_RESOURCE away. */
static int set_limits(struct fault *fault)
{
    pthread_attr_t threads;
    int error;

    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        if (set_limit(&limits[i], fault) != 0)
            return -1;
    error = pthread_attr_init(&threads);
    if (error == 0)
        error = pthread_attr_setstacksize(&threads, THREAD_STACK);
    if (error == 0)
        error = pthread_setattr_default_np(&threads);
    if (error != 0)
        return fault_set(fault, "the Duo helper cannot be confined: stacks of threads: %s", strerror(error));
    return 0;
}

int duo_confine(const char *name, struct fault *fault)
{
    uid_t real, effective, saved;

    if (getresuid(&real, &effective, &saved) != 0)
        return fault_set(fault, "the Duo helper does not know who it is: %s", strerror(errno));
    if (set_limits(fault) != 0)
        return -1;
    if ((real == 0 || effective == 0 || saved == 0) && become(name, fault) != 0)
        return -1;
    umask(077);
    if (chdir("/") != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
        /* After the change of user, which clears it. */
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
        return fault_set(fault, "the Duo helper cannot be confined: %s", strerror(errno));
    return 0;
}
