/* SPDX-License-Identifier: BSD-2-Clause */
/* The lock on a user's file: the kernel's, and no process that does not go on keeps it for long. See lock.c. */
#ifndef PAM_MFA_LOCK_H
#define PAM_MFA_LOCK_H

#include "base/fault.h"

#include <sys/types.h>

/*
 * Takes the exclusive lock on the open file FD (of mode O_RDWR), whose PATH is for messages. It ends with FD or the process.
 * *ENDED becomes the process that had to be ended for it; else it is left alone. -1: fault, of class busy where others hold
 * it and go on holding it.
 */
__attribute__((warn_unused_result)) int lock_take(int fd, const char *path, pid_t *ended, struct fault *fault);

#endif
