/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The pam_mfa authors */
/*
 * Linked into everything that tests/coverage/run builds, and into nothing else: lets processes that would not, or could
 * not, leave their counts behind do so.
 */
#define _GNU_SOURCE
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HIDDEN __attribute__((visibility("hidden")))

void __gcov_dump(void);

/* By all users into the same files: so these must be everybody's, whatever the umask of who makes them. */
__attribute__((destructor)) static void flush(void)
{
    mode_t mask = umask(0);

    __gcov_dump();
    umask(mask);
}

/* libc's runs no destructors. */
HIDDEN void _exit(int status)
{
    flush();
    for (;;)
        syscall(SYS_exit_group, status);
}

/* The Duo helper forbids itself to write files; the rest of its limits stay. */
HIDDEN int setrlimit(__rlimit_resource_t resource, const struct rlimit *limit)
{
    return resource == RLIMIT_FSIZE ? 0 : (int)syscall(SYS_prlimit64, 0, (int)resource, limit, NULL);
}
