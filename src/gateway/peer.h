/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is at the other end of a connection, and becoming them. */
#ifndef MFA_REST_PEER_H
#define MFA_REST_PEER_H

#include "base/fault.h"

#include <stdbool.h>
#include <sys/types.h>

struct peer {
    uid_t uid;
    gid_t gid;
    bool is_member; /* in a worker: of the group of the store */
};

/* Reads from the kernel who connected the socket FD, but for `is_member`. */
__attribute__((warn_unused_result)) int peer_read(int fd, struct peer *peer, struct fault *fault);

/*
 * Makes this process, which is root's, the peer of the socket FD, for good: user, group and supplementary groups are
 * theirs. For anyone but root the group STORE stays behind as the saved one, and gives no right until
 * peer_enter_store().
 */
__attribute__((warn_unused_result)) int peer_become(int fd, const struct peer *peer, gid_t store,
                                                    struct fault *fault);

/* Whether the peer of the socket FD has GROUP, as its own or as a supplementary one. A kernel that does not say: no. */
bool peer_is_member(int fd, const struct peer *peer, gid_t group);

/* Makes STORE the effective group, as mfa-enroll has it; root has no need of it, and stays as it is. */
__attribute__((warn_unused_result)) int peer_enter_store(const struct peer *peer, gid_t store, struct fault *fault);

#endif
