/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two locks in one. The traditional record lock (fcntl) is taken first, since the kernel tells who has it; then flock, which
 * also keeps out the threads of one process. Both end with the process that holds them, however it ends.
 *
 * Whoever runs su or mfa-enroll can stop that process at any step, for ever, also with the lock held. So the one who waits
 * ends it: no other remedy leaves the record as it is. (To go on without the lock, on a copy, fails where the stopped one
 * wakes: it would write to what others have read.) The kernel frees the lock of a process once no call of it is under way,
 * so what it wrote is either there or not; and its mark stays, so its guess is charged.
 *
 * What MUST hold: only a process that holds this lock is ended. The kernel named it before the handle to it was opened and
 * again after, so the handle is its, and no other's that came to have its number.
 * What MUST NOT happen: a process ended that is merely slow: one that is stopped or traced has PATIENCE_MS, any other
 * LIMIT_MS; what the lock is held for takes a few milliseconds.
 *
 * Root can end everybody's, mfa-enroll its user's own. Where the kernel does not let us, or the holder is in another pid
 * namespace or a thread of this process, the fault says busy.
 */
#include "store/lock.h"

#include "base/deadline.h"
#include "base/shell.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#define POLL_MS 5
#define LOOK_MS 100       /* between two looks at who holds it */
#define PATIENCE_MS 2000  /* with a holder that is stopped or traced */
#define LIMIT_MS 5000     /* with any other: a frozen one, or one that is stopped and let go on in turns */
#define GIVE_UP_MS 8000
#define QUEUE_MS 30000     /* for all who were before us, one after the other */
#define NAMED_AT 0x40000000 /* the byte that the record lock is on; no file of ours is that long */

/* Tries once. 1 taken, 0 somebody has it, -1 errno. */
static int try_lock(int fd)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = NAMED_AT, .l_len = 1};

    if (fcntl(fd, F_SETLK, &lock) != 0)
        return errno == EAGAIN || errno == EACCES || errno == EINTR ? 0 : -1;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return 1;
    if (errno != EWOULDBLOCK && errno != EINTR)
        return -1;
    /* Somebody has it whom the kernel cannot tell from us, or does not name. We must not be taken for the holder. */
    lock.l_type = F_UNLCK;
    fcntl(fd, F_SETLK, &lock);
    return 0;
}

/* Who holds it, as the kernel says; 0: nobody that can be named. */
static pid_t find_holder(int fd)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = NAMED_AT, .l_len = 1};

    return fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK && lock.l_pid > 1 && lock.l_pid != getpid()
               ? lock.l_pid
               : 0;
}

/* Whether PID is stopped or traced: the letter behind its name, which may hold anything. */
static bool is_stopped(pid_t pid)
{
    char path[32], text[512];
    const char *end = NULL;
    ssize_t length = -1;
    int fd;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd >= 0) {
        length = read(fd, text, sizeof text - 1);
        close(fd);
    }
    if (length > 0) {
        text[length] = '\0';
        end = strrchr(text, ')');
    }
    return end != NULL && end[1] == ' ' && (end[2] == 'T' || end[2] == 't');
}

/* Ends the holder if it has had its time. Returns its process id, or 0: it was let be. */
static pid_t end_holder(int fd, int held_ms)
{
    pid_t holder = find_holder(fd), ended = 0;
    int handle;

    if (holder == 0 || (held_ms < LIMIT_MS && !is_stopped(holder)))
        return 0;
    handle = (int)syscall(SYS_pidfd_open, holder, 0);
    if (handle < 0)
        return 0;
    if (find_holder(fd) == holder && syscall(SYS_pidfd_send_signal, handle, SIGKILL, NULL, 0) == 0)
        ended = holder;
    close(handle);
    return ended;
}

static int fault_busy(int fd, const char *path, struct fault *fault)
{
    pid_t holder = find_holder(fd);

    if (holder == 0)
        return fault_set_class(fault, FAULT_BUSY, "%s: busy: another process has it for more than %d ms; see which with: "
                               "fuser %s", path, GIVE_UP_MS, shell_word(path).text);
    return fault_set_class(fault, FAULT_BUSY, "%s: busy: process %d has it for more than %d ms, and could not be ended; see "
                           "what it does with: ps -f %d", path, (int)holder, GIVE_UP_MS, (int)holder);
}

/*
 * Waits by asking again: a call that blocks could only be bounded by a signal, and signals are the host program's. What
 * counts is for how long one and the same process holds the lock, so that a long queue ends nobody. It is counted in pauses
 * that were waited out: neither being stopped ourselves nor being interrupted makes the holder's time seem longer.
 */
int lock_take(int fd, const char *path, pid_t *ended, struct fault *fault)
{
    int taken, held = 0; /* ms that HOLDER has it */
    pid_t holder = 0;

    for (int waited = 0; (taken = try_lock(fd)) == 0; waited += POLL_MS, held += POLL_MS) {
        pid_t present = waited % LOOK_MS == 0 ? find_holder(fd) : holder;

        if (present != holder) {
            holder = present;
            held = 0;
        }
        if (held >= GIVE_UP_MS || waited >= QUEUE_MS)
            return fault_busy(fd, path, fault);
        if (waited % LOOK_MS == 0 && held >= PATIENCE_MS && end_holder(fd, held) != 0)
            *ended = holder;
        deadline_sleep(POLL_MS);
    }
    return taken > 0 ? 0 : fault_set(fault, "%s: cannot lock: %s", path, strerror(errno));
}
