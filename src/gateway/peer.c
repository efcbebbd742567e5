/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: identity is what the kernel says of the socket, and nothing that the client wrote; once the process
 * is somebody, it is that and nothing else, and cannot go back. The group that may enter the store is not in effect
 * before there is a request to work on.
 * What MUST NOT happen: a process that goes on after a step of this has failed; the new owner of the process looking
 * into it, since it will read the seal key. (That its saved group is not the owner's keeps them out as well, also while
 * the kernel, on a host with fs.suid_dumpable=1, thinks that a process whose ids have changed may be looked into.)
 */
#include "gateway/peer.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

int peer_read(int fd, struct peer *peer, struct fault *fault)
{
    struct ucred credentials;
    socklen_t length = sizeof credentials;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0 || length != sizeof credentials)
        return fault_set(fault, "the kernel does not say who has connected: %s", strerror(errno));
    if (credentials.uid == (uid_t)-1 || credentials.gid == (gid_t)-1)
        return fault_set(fault, "the kernel does not know who has connected");
    *peer = (struct peer){.uid = credentials.uid, .gid = credentials.gid};
    return 0;
}

/* The supplementary groups that the peer had when it connected, for the caller to free. */
static int read_groups(int fd, gid_t **groups, size_t *count, struct fault *fault)
{
    socklen_t length = 0;

    *groups = NULL;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &length) != 0 && errno != ERANGE)
        return fault_set(fault, "the kernel does not say which groups the caller has: %s", strerror(errno));
    *groups = malloc(length + sizeof **groups);
    if (*groups == NULL)
        return fault_set(fault, "out of memory");
    if (length > 0 && getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, *groups, &length) != 0)
        return fault_set(fault, "the kernel does not say which groups the caller has: %s", strerror(errno));
    *count = length / sizeof **groups;
    return 0;
}

static int take_groups(int fd, struct fault *fault)
{
    gid_t *groups = NULL;
    size_t count = 0;
    int result = read_groups(fd, &groups, &count, fault);

    if (result == 0 && setgroups(count, groups) != 0)
        result = fault_set(fault, "cannot take the caller's groups: %s", strerror(errno));
    free(groups);
    return result;
}

bool peer_is_member(int fd, const struct peer *peer, gid_t group)
{
    bool is_member = peer->gid == group;
    struct fault ignored;
    gid_t *groups = NULL;
    size_t count = 0;

    if (is_member)
        return true;
    if (read_groups(fd, &groups, &count, &ignored) == 0)
        for (size_t i = 0; i < count; i++)
            is_member = is_member || groups[i] == group;
    free(groups);
    return is_member;
}

static int keep_owner_out(struct fault *fault)
{
    if (prctl(PR_SET_DUMPABLE, 0) != 0 || prctl(PR_GET_DUMPABLE) != 0)
        return fault_set(fault, "cannot keep the caller out of this process: %s", strerror(errno));
    return 0;
}

/* Whether this process has exactly these ids. */
static bool has_ids(uid_t uid, gid_t real, gid_t effective, gid_t saved)
{
    uid_t uids[3];
    gid_t gids[3];

    return getresuid(&uids[0], &uids[1], &uids[2]) == 0 && getresgid(&gids[0], &gids[1], &gids[2]) == 0 &&
           uids[0] == uid && uids[1] == uid && uids[2] == uid && gids[0] == real && gids[1] == effective &&
           gids[2] == saved;
}

int peer_become(int fd, const struct peer *peer, gid_t store, struct fault *fault)
{
    const gid_t saved = peer->uid == 0 ? peer->gid : store;

    if (take_groups(fd, fault) != 0)
        return -1;
    if (setresgid(peer->gid, peer->gid, saved) != 0 || setresuid(peer->uid, peer->uid, peer->uid) != 0)
        return fault_set(fault, "cannot become the caller: %s", strerror(errno));
    if (!has_ids(peer->uid, peer->gid, peer->gid, saved) || (peer->uid != 0 && setuid(0) == 0))
        return fault_set(fault, "the kernel did not make this process the caller's");
    return keep_owner_out(fault);
}

int peer_enter_store(const struct peer *peer, gid_t store, struct fault *fault)
{
    if (peer->uid == 0)
        return 0;
    if (setresgid((gid_t)-1, store, store) != 0 || !has_ids(peer->uid, peer->gid, store, store))
        return fault_set(fault, "cannot take the group of the store: %s", strerror(errno));
    return keep_owner_out(fault);
}
