/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: who may connect is what the socket's mode says from its first moment; who has connected is what the kernel
 * says. What MUST NOT happen: a socket taken away from a service that answers there.
 */
#include "base/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define HANDED_FD 3 /* the first that systemd hands over */

/* The number in the environment variable NAME; -1: none. */
static long number_of(const char *name)
{
    const char *text = getenv(name);
    char *end;
    long number;

    if (text == NULL || text[0] < '0' || text[0] > '9')
        return -1;
    number = strtol(text, &end, 10);
    return *end == '\0' ? number : -1;
}

enum found listener_take(int *fd, const char *unit, struct fault *fault)
{
    int listens = 0, domain = 0;
    socklen_t length = sizeof listens;

    if (number_of("LISTEN_PID") != (long)getpid())
        return FOUND_NOTHING;
    if (number_of("LISTEN_FDS") != 1) {
        fault_set(fault, "systemd hands over %ld sockets, expected one; see %s", number_of("LISTEN_FDS"), unit);
        return FOUND_FAULT;
    }
    if (getsockopt(HANDED_FD, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) != 0 || listens != 1 ||
        getsockopt(HANDED_FD, SOL_SOCKET, SO_DOMAIN, &domain, &length) != 0 || domain != AF_UNIX ||
        fcntl(HANDED_FD, F_SETFD, FD_CLOEXEC) != 0 || fcntl(HANDED_FD, F_SETFL, O_NONBLOCK) != 0) {
        fault_set(fault, "what systemd hands over is no listening Unix socket; see %s", unit);
        return FOUND_FAULT;
    }
    *fd = HANDED_FD;
    return FOUND;
}

/* Whether somebody answers at ADDRESS already. */
static bool is_answered(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool answered = fd >= 0 && (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 || errno == EAGAIN);

    if (fd >= 0)
        close(fd);
    return answered;
}

/* Makes the directory that holds the socket, if it is missing: root's, and open to all. */
static int make_parent(const char *path, struct fault *fault)
{
    char parent[sizeof((struct sockaddr_un *)0)->sun_path];
    char *slash;
    struct stat status;

    snprintf(parent, sizeof parent, "%s", path);
    slash = strrchr(parent, '/');
    if (slash == parent)
        return 0;
    *slash = '\0';
    if (mkdir(parent, 0755) == 0)
        return chmod(parent, 0755) == 0 ? 0 : fault_set(fault, "%s: cannot open to all: %s", parent, strerror(errno));
    if (errno != EEXIST || lstat(parent, &status) != 0)
        return fault_set(fault, "%s: cannot make: %s", parent, strerror(errno));
    if (!S_ISDIR(status.st_mode) || status.st_uid != 0 || (status.st_mode & 022) != 0)
        return fault_set(fault, "%s: must be a directory of root's that nobody else can write to", parent);
    return 0;
}

/* Binds with no right for anybody, and gives what is to be given when the owner is right. */
static int bind_socket(int fd, const struct sockaddr_un *address, mode_t mode, gid_t group)
{
    const mode_t mask = umask(0777);
    const int bound = bind(fd, (const struct sockaddr *)address, sizeof *address);

    umask(mask);
    if (bound != 0 || (group != (gid_t)-1 && chown(address->sun_path, (uid_t)-1, group) != 0))
        return -1;
    return chmod(address->sun_path, mode);
}

int listener_make(int *fd, const char *path, mode_t mode, gid_t group, int backlog, struct fault *fault)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat status;

    if (path[0] != '/' || strlen(path) >= sizeof address.sun_path)
        return fault_set(fault, "the socket's path must be absolute and have at most %zu bytes",
                         sizeof address.sun_path - 1);
    strcpy(address.sun_path, path);
    if (make_parent(path, fault) != 0)
        return -1;
    if (lstat(path, &status) == 0) {
        if (!S_ISSOCK(status.st_mode))
            return fault_set(fault, "%s: is there already, and no socket", path);
        if (is_answered(&address))
            return fault_set(fault, "%s: another program answers there", path);
        unlink(path);
    }
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd < 0 || bind_socket(*fd, &address, mode, group) != 0 || listen(*fd, backlog) != 0)
        return fault_set(fault, "%s: cannot listen: %s", path, strerror(errno));
    return 0;
}

int listener_signals(struct fault *fault)
{
    sigset_t signals;
    int fd;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
    fd = sigprocmask(SIG_BLOCK, &signals, NULL) == 0 ? signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK) : -1;
    return fd >= 0 ? fd : fault_set(fault, "cannot take signals: %s", strerror(errno));
}

int listener_peer(int fd, struct listener_peer *peer, struct fault *fault)
{
    struct ucred credentials;
    socklen_t length = sizeof credentials;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0 || length != sizeof credentials)
        return fault_set(fault, "the kernel does not say who has connected: %s", strerror(errno));
    if (credentials.uid == (uid_t)-1 || credentials.gid == (gid_t)-1)
        return fault_set(fault, "the kernel does not know who has connected");
    *peer = (struct listener_peer){credentials.uid, credentials.gid};
    return 0;
}
