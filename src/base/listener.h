/* SPDX-License-Identifier: BSD-2-Clause */
/* The Unix socket that a service listens on: handed over by systemd, or made by the service; and who connects to it. */
#ifndef PAM_MFA_LISTENER_H
#define PAM_MFA_LISTENER_H

#include "base/fault.h"
#include "base/found.h"

#include <sys/types.h>

/* The socket that systemd has made. FOUND_NOTHING: this was started in another way. UNIT is the socket unit's name. */
__attribute__((warn_unused_result)) enum found listener_take(int *fd, const char *unit, struct fault *fault);

/*
 * Makes the socket at the absolute PATH, with its directory if that is missing, for MODE and GROUP ((gid_t)-1: the
 * process's own); one that nobody answers at is replaced.
 */
__attribute__((warn_unused_result)) int listener_make(int *fd, const char *path, mode_t mode, gid_t group, int backlog,
                                                      struct fault *fault);

/* Signals that end a service (TERM, INT), as a descriptor; -1: fault. A broken pipe is no signal from here on. */
__attribute__((warn_unused_result)) int listener_signals(struct fault *fault);

struct listener_peer {
    uid_t uid;
    gid_t gid; /* the effective one when it connected */
};

/* Reads from the kernel who connected the socket FD. */
__attribute__((warn_unused_result)) int listener_peer(int fd, struct listener_peer *peer, struct fault *fault);

#endif
