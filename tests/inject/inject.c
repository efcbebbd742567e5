/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The pam_mfa authors */
/*
 * Loaded into a program by LD_PRELOAD, makes one call of it fail:
 *
 *   INJECT_CALLER=TEXT  count the calls made by the object (program or library) whose file name holds TEXT
 *   INJECT_ONLY=NAME    and of these the calls of function NAME alone
 *   INJECT_NOT=NAME     or all but these
 *   INJECT_FAIL=N       the Nth of these fails; 0, or none: all are only counted
 *   INJECT_STICKY=1     so do all after it
 *   INJECT_NEGATIVE=1   libcrypto reports its failures as -1 where it would say 0
 *   INJECT_SHORT=1      reads and writes do not fail but stop after one byte, which must do no harm
 *   INJECT_ERRNO=N      what fails with an errno does so with this one
 *   INJECT_CURL=N       what fails with a CURLcode does so with this one, in place of CURLE_OUT_OF_MEMORY
 *   INJECT_LATE=1       curl_easy_perform fails after it has done all, and not before
 *   INJECT_REPORT=FILE  is appended to: `failed FUNCTION OBJECT+OFFSET`, and at the end `calls N leaked M`
 *
 * What leaked is what the callers above took with malloc, calloc, realloc, strdup, libcrypto's *_CTX_new, curl_easy_init,
 * curl_slist_append and json_loadb, and did not give back.
 * Calls inside libc (stdio's writes, the allocations of NSS) and inside libpam are out of reach, and not counted.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <link.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define TRACKED_MAX 8192
#define REPORT_SIZE 4096
#define CURLE_OUT_OF_MEMORY 27

/* libc's allocator by the names that nothing replaces, since finding the replaced ones would need it. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void __libc_free(void *block);

static struct {
    const char *caller, *only, *not;
    char *report; /* a file in memory: mfa-duo, confined, can neither open nor write one */
    unsigned long fail, calls;
    int error, curl;
    bool sticky, negative, brief, late, reaped;
    pthread_mutex_t lock; /* libcurl resolves names in a thread */
    void *tracked[TRACKED_MAX];
    unsigned long tracked_count, tracked_lost;
} inject = {.lock = PTHREAD_MUTEX_INITIALIZER, .curl = CURLE_OUT_OF_MEMORY};

static void report(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void report(const char *format, ...)
{
    va_list args;
    size_t used;

    if (inject.report == NULL)
        return;
    used = strlen(inject.report);
    va_start(args, format);
    vsnprintf(inject.report + used, REPORT_SIZE - used, format, args);
    va_end(args);
}

static char *open_report(const char *path)
{
    void *map = MAP_FAILED;
    int fd = path == NULL ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);

    if (fd < 0)
        return NULL;
    if (ftruncate(fd, REPORT_SIZE) == 0)
        map = mmap(NULL, REPORT_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    syscall(SYS_close, fd);
    return map != MAP_FAILED ? map : NULL;
}

static int number(const char *name, int otherwise)
{
    const char *value = getenv(name);

    return value != NULL ? atoi(value) : otherwise;
}

__attribute__((constructor)) static void begin(void)
{
    inject.report = open_report(getenv("INJECT_REPORT"));
    inject.fail = (unsigned long)number("INJECT_FAIL", 0);
    inject.error = number("INJECT_ERRNO", 0);
    inject.curl = number("INJECT_CURL", CURLE_OUT_OF_MEMORY);
    inject.sticky = getenv("INJECT_STICKY") != NULL;
    inject.negative = getenv("INJECT_NEGATIVE") != NULL;
    inject.brief = getenv("INJECT_SHORT") != NULL;
    inject.late = getenv("INJECT_LATE") != NULL;
    inject.only = getenv("INJECT_ONLY");
    inject.not = getenv("INJECT_NOT");
    inject.caller = getenv("INJECT_CALLER"); /* last: from here on calls are counted */
}

__attribute__((destructor)) static void end(void)
{
    unsigned long leaked = 0;

    if (inject.caller == NULL)
        return;
    inject.caller = NULL;
    for (unsigned long i = 0; i < inject.tracked_count; i++)
        leaked += inject.tracked[i] != NULL;
    report("calls %lu leaked %lu\n", inject.calls, leaked + inject.tracked_lost);
}

/* The object that holds ADDRESS if it is the one whose calls count, else NULL. (dladdr would look for a symbol, too.) */
static const struct link_map *find_caller(void *address)
{
    struct dl_find_object object;
    const char *name, *slash;

    if (inject.caller == NULL || _dl_find_object(address, &object) != 0)
        return NULL;
    name = object.dlfo_link_map->l_name[0] != '\0' ? object.dlfo_link_map->l_name : program_invocation_name;
    slash = strrchr(name, '/');
    return strstr(slash != NULL ? slash : name, inject.caller) != NULL ? object.dlfo_link_map : NULL;
}

/* Whether the call of FUNCTION from ADDRESS is the one. */
static bool fails(const char *function, void *address)
{
    const struct link_map *caller = find_caller(address);
    unsigned long call;

    if (caller == NULL || (inject.only != NULL && strcmp(inject.only, function) != 0) ||
        (inject.not != NULL && strcmp(inject.not, function) == 0))
        return false;
    call = __atomic_add_fetch(&inject.calls, 1, __ATOMIC_RELAXED);
    if (inject.fail == 0 || call < inject.fail || (call > inject.fail && !inject.sticky))
        return false;
    if (call == inject.fail)
        report("failed %s %s+0x%lx\n", function, caller->l_name[0] != '\0' ? caller->l_name : program_invocation_name,
               (unsigned long)((uintptr_t)address - caller->l_addr));
    return true;
}

static void *track(void *block, void *address)
{
    unsigned long i = 0;

    if (block == NULL || find_caller(address) == NULL)
        return block;
    pthread_mutex_lock(&inject.lock);
    while (i < inject.tracked_count && inject.tracked[i] != NULL && inject.tracked[i] != block)
        i++;
    if (i == TRACKED_MAX)
        inject.tracked_lost++;
    else {
        inject.tracked[i] = block;
        inject.tracked_count += i == inject.tracked_count;
    }
    pthread_mutex_unlock(&inject.lock);
    return block;
}

static void forget(const void *block)
{
    if (block == NULL || inject.tracked_count == 0)
        return;
    pthread_mutex_lock(&inject.lock);
    for (unsigned long i = 0; i < inject.tracked_count; i++)
        if (inject.tracked[i] == block)
            inject.tracked[i] = NULL;
    pthread_mutex_unlock(&inject.lock);
}

/* The real NAME: in libc, or in a library that came with a module and that the global scope does not hold. */
static void *real(const char *name)
{
    static const char *const libraries[] = {"libcrypto.so.3", NULL};
    void *found = dlsym(RTLD_NEXT, name);

    for (int i = 0; found == NULL && libraries[i] != NULL; i++) {
        void *library = dlopen(libraries[i], RTLD_LAZY | RTLD_NOLOAD);

        if (library != NULL) {
            found = dlsym(library, name);
            dlclose(library);
        }
    }
    if (found == NULL)
        abort();
    return found;
}

#define HERE __builtin_return_address(0)
#define REAL(name) ((__typeof__(&name))real(#name))
#define FAIL_WITH(number) (errno = inject.error != 0 ? inject.error : (number))

EXPORT void *malloc(size_t size)
{
    if (fails("malloc", HERE)) {
        FAIL_WITH(ENOMEM);
        return NULL;
    }
    return track(__libc_malloc(size), HERE);
}

EXPORT void *calloc(size_t count, size_t size)
{
    if (fails("calloc", HERE)) {
        FAIL_WITH(ENOMEM);
        return NULL;
    }
    return track(__libc_calloc(count, size), HERE);
}

static void *resize(void *block, size_t size, void *address)
{
    void *larger = __libc_realloc(block, size);

    if (larger != NULL)
        forget(block);
    return track(larger, address);
}

EXPORT void *realloc(void *block, size_t size)
{
    if (fails("realloc", HERE)) {
        FAIL_WITH(ENOMEM);
        return NULL;
    }
    return resize(block, size, HERE);
}

EXPORT void *reallocarray(void *block, size_t count, size_t size)
{
    if (fails("reallocarray", HERE) || (size > 0 && count > SIZE_MAX / size)) {
        FAIL_WITH(ENOMEM);
        return NULL;
    }
    return resize(block, count * size, HERE);
}

EXPORT char *strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    void *copy;

    if (fails("strdup", HERE)) {
        FAIL_WITH(ENOMEM);
        return NULL;
    }
    copy = __libc_malloc(size);
    return copy != NULL ? track(memcpy(copy, text, size), HERE) : NULL;
}

EXPORT void free(void *block)
{
    int error = errno;

    forget(block);
    __libc_free(block);
    errno = error;
}

/* RESULT NAME(PARAMETERS): fails with VALUE and errno ERROR, else is called with ARGUMENTS. */
#define WRAP(result, name, parameters, arguments, value, error)                                                        \
    EXPORT result name parameters;                                                                                     \
    EXPORT result name parameters                                                                                      \
    {                                                                                                                  \
        static __typeof__(&name) next;                                                                                 \
        if (fails(#name, HERE)) {                                                                                      \
            FAIL_WITH(error);                                                                                          \
            return value;                                                                                              \
        }                                                                                                              \
        if (next == NULL)                                                                                              \
            next = REAL(name);                                                                                         \
        return next arguments;                                                                                         \
    }

#define WRAP_OPEN(name, first, passed)                                                                                 \
    EXPORT int name(first const char *path, int flags, ...)                                                            \
    {                                                                                                                  \
        va_list args;                                                                                                  \
        mode_t mode = 0;                                                                                               \
        if (fails(#name, HERE)) {                                                                                      \
            FAIL_WITH(EMFILE);                                                                                         \
            return -1;                                                                                                 \
        }                                                                                                              \
        if ((flags & O_CREAT) != 0) {                                                                                  \
            va_start(args, flags);                                                                                     \
            mode = va_arg(args, mode_t);                                                                               \
            va_end(args);                                                                                              \
        }                                                                                                              \
        return (int)syscall(SYS_openat, passed path, flags, mode);                                                     \
    }
#define COMMA ,
WRAP_OPEN(open, , AT_FDCWD COMMA)
WRAP_OPEN(open64, , AT_FDCWD COMMA)
WRAP_OPEN(openat, int directory COMMA, directory COMMA)
WRAP_OPEN(openat64, int directory COMMA, directory COMMA)

/* NAME(fd, buffer, size PARAMETERS), by system call NUMBER with PASSED behind its size. Can stop short. */
#define WRAP_TRANSFER(name, number, qualifier, parameters, passed, error)                                              \
    EXPORT ssize_t name(int fd, qualifier void *buffer, size_t size parameters)                                        \
    {                                                                                                                  \
        bool chosen = fails(#name, HERE);                                                                              \
        if (chosen && !inject.brief) {                                                                                 \
            FAIL_WITH(error);                                                                                          \
            return -1;                                                                                                 \
        }                                                                                                              \
        return (ssize_t)syscall(number, fd, buffer, chosen && size > 1 ? 1 : size passed);                             \
    }
WRAP_TRANSFER(read, SYS_read, , , , EIO)
WRAP_TRANSFER(write, SYS_write, const, , , ENOSPC)
WRAP_TRANSFER(send, SYS_sendto, const, COMMA int flags, COMMA flags COMMA NULL COMMA 0, ECONNRESET)
WRAP_TRANSFER(recv, SYS_recvfrom, , COMMA int flags, COMMA flags COMMA NULL COMMA 0, ECONNRESET)
WRAP_TRANSFER(pread, SYS_pread64, , COMMA off_t offset, COMMA offset, EIO)
WRAP_TRANSFER(pwrite, SYS_pwrite64, const, COMMA off_t offset, COMMA offset, ENOSPC)
/* The names that a build with 64-bit offsets calls them by. */
WRAP_TRANSFER(pread64, SYS_pread64, , COMMA off64_t offset, COMMA offset, EIO)
WRAP_TRANSFER(pwrite64, SYS_pwrite64, const, COMMA off64_t offset, COMMA offset, ENOSPC)

WRAP(int, fstat, (int fd, struct stat *status), (fd, status), -1, EIO)
WRAP(int, fsync, (int fd), (fd), -1, EIO)
WRAP(int, fdatasync, (int fd), (fd), -1, EIO)
WRAP(ssize_t, pwritev2, (int fd, const struct iovec *all, int count, off_t at, int flags), (fd, all, count, at, flags), -1, EIO)
WRAP(ssize_t, pwritev64v2, (int fd, const struct iovec *all, int count, off64_t at, int flags), (fd, all, count, at, flags), -1,
     EIO)
WRAP(int, fstat64, (int fd, struct stat64 *status), (fd, status), -1, EIO)
WRAP(int, ftruncate, (int fd, off_t length), (fd, length), -1, EIO)
WRAP(int, flock, (int fd, int operation), (fd, operation), -1, ENOLCK)
WRAP(int, fchown, (int fd, uid_t uid, gid_t gid), (fd, uid, gid), -1, EPERM)
WRAP(int, fchmod, (int fd, mode_t mode), (fd, mode), -1, EPERM)
WRAP(int, unlinkat, (int fd, const char *path, int flags), (fd, path, flags), -1, EIO)
WRAP(int, renameat, (int from, const char *old, int to, const char *new), (from, old, to, new), -1, EIO)
WRAP(int, renameat2, (int from, const char *old, int to, const char *new, unsigned int flags),
     (from, old, to, new, flags), -1, EIO)
WRAP(int, getentropy, (void *buffer, size_t length), (buffer, length), -1, ENOSYS)
WRAP(ssize_t, getrandom, (void *buffer, size_t length, unsigned int flags), (buffer, length, flags), -1, ENOSYS)
WRAP(int, getpwnam_r, (const char *name, struct passwd *entry, char *buffer, size_t size, struct passwd **result),
     (name, entry, buffer, size, result), EIO, EIO)
WRAP(int, getpwuid_r, (uid_t uid, struct passwd *entry, char *buffer, size_t size, struct passwd **result),
     (uid, entry, buffer, size, result), EIO, EIO)

/* Linux closes whatever it then says. */
EXPORT int close(int fd)
{
    bool chosen = fails("close", HERE);
    int result = (int)syscall(SYS_close, fd);

    if (!chosen)
        return result;
    FAIL_WITH(EIO);
    return -1;
}

/* From the chosen call on, someone else has been faster to learn of a child's end. */
EXPORT pid_t waitpid(pid_t pid, int *status, int options)
{
    bool chosen = fails("waitpid", HERE);
    pid_t got;

    if (chosen && inject.error != 0) {
        errno = inject.error;
        return -1;
    }
    inject.reaped = inject.reaped || chosen;
    got = (pid_t)syscall(SYS_wait4, pid, status, options, NULL);
    if (got <= 0 || !inject.reaped || find_caller(HERE) == NULL)
        return got;
    errno = ECHILD;
    return -1;
}

WRAP(int, socket, (int domain, int type, int protocol), (domain, type, protocol), -1, EMFILE)
WRAP(int, socketpair, (int domain, int type, int protocol, int pair[2]), (domain, type, protocol, pair), -1, EMFILE)
WRAP(int, connect, (int fd, const struct sockaddr *address, socklen_t length), (fd, address, length), -1, ENETUNREACH)
WRAP(int, getsockname, (int fd, struct sockaddr *address, socklen_t *length), (fd, address, length), -1, ENOBUFS)
WRAP(int, getpeername, (int fd, struct sockaddr *address, socklen_t *length), (fd, address, length), -1, ENOTCONN)
WRAP(int, getsockopt, (int fd, int level, int name, void *value, socklen_t *length), (fd, level, name, value, length),
     -1, ENOBUFS)
WRAP(int, setsockopt, (int fd, int level, int name, const void *value, socklen_t length),
     (fd, level, name, value, length), -1, ENOBUFS)
WRAP(int, getaddrinfo,
     (const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result),
     (node, service, hints, result), EAI_AGAIN, EAGAIN)
WRAP(int, poll, (struct pollfd *fds, nfds_t count, int timeout), (fds, count, timeout), -1, ENOMEM)
WRAP(int, pthread_create,
     (pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument),
     (thread, attributes, start, argument), EAGAIN, EAGAIN)
WRAP(FILE *, fopen, (const char *path, const char *mode), (path, mode), NULL, EMFILE)
WRAP(FILE *, fopen64, (const char *path, const char *mode), (path, mode), NULL, EMFILE)
WRAP(int, chdir, (const char *path), (path), -1, EACCES)
WRAP(int, kill, (pid_t pid, int number), (pid, number), -1, EPERM)
WRAP(int, nanosleep, (const struct timespec *time, struct timespec *left), (time, left), -1, EINTR)
WRAP(int, clock_gettime, (clockid_t clock, struct timespec *time), (clock, time), -1, EINVAL)
WRAP(struct tm *, gmtime_r, (const time_t *time, struct tm *broken), (time, broken), NULL, EOVERFLOW)
WRAP(int, gethostname, (char *name, size_t size), (name, size), -1, ENAMETOOLONG)
WRAP(struct passwd *, getpwnam, (const char *name), (name), NULL, EIO)
WRAP(int, getgrouplist, (const char *name, gid_t group, gid_t *groups, int *count), (name, group, groups, count), -1,
     ENOMEM)
WRAP(int, getgrnam_r, (const char *name, struct group *entry, char *buffer, size_t size, struct group **result),
     (name, entry, buffer, size, result), EIO, EIO)

/* What mfa-duo gives up its privileges with. */
WRAP(int, getresuid, (uid_t *real_id, uid_t *effective, uid_t *saved), (real_id, effective, saved), -1, EPERM)
WRAP(int, setgroups, (size_t count, const gid_t *groups), (count, groups), -1, EPERM)
WRAP(int, setresgid, (gid_t real_id, gid_t effective, gid_t saved), (real_id, effective, saved), -1, EPERM)
WRAP(int, setresuid, (uid_t real_id, uid_t effective, uid_t saved), (real_id, effective, saved), -1, EAGAIN)
WRAP(int, setuid, (uid_t id), (id), -1, EPERM)
WRAP(int, setgid, (gid_t id), (id), -1, EPERM)
WRAP(int, getrlimit, (__rlimit_resource_t resource, struct rlimit *limit), (resource, limit), -1, EINVAL)
WRAP(int, setrlimit, (__rlimit_resource_t resource, const struct rlimit *limit), (resource, limit), -1, EPERM)
WRAP(sighandler_t, signal, (int number, sighandler_t handler), (number, handler), SIG_ERR, EINVAL)

/* RESULT NAME(PARAMETERS, LAST, ...), where one more word follows, or none. */
#define WRAP_VARIADIC(result, name, first, one, last, two, value, error)                                               \
    EXPORT result name(first one, last two, ...);                                                                      \
    EXPORT result name(first one, last two, ...)                                                                       \
    {                                                                                                                  \
        static __typeof__(&name) next;                                                                                 \
        va_list args;                                                                                                  \
        void *word;                                                                                                    \
        if (fails(#name, HERE)) {                                                                                      \
            FAIL_WITH(error);                                                                                          \
            return value;                                                                                              \
        }                                                                                                              \
        if (next == NULL)                                                                                              \
            next = REAL(name);                                                                                         \
        va_start(args, two);                                                                                           \
        word = va_arg(args, void *);                                                                                   \
        va_end(args);                                                                                                  \
        return next(one, two, word);                                                                                   \
    }
WRAP_VARIADIC(int, fcntl, int, fd, int, command, -1, ENOMEM)
WRAP_VARIADIC(int, fcntl64, int, fd, int, command, -1, ENOMEM)
WRAP_VARIADIC(int, ioctl, int, fd, unsigned long, request, -1, EIO)

EXPORT int prctl(int option, ...)
{
    unsigned long words[4];
    va_list args;

    if (fails("prctl", HERE)) {
        FAIL_WITH(EPERM);
        return -1;
    }
    va_start(args, option);
    for (int i = 0; i < 4; i++)
        words[i] = va_arg(args, unsigned long);
    va_end(args);
    return (int)syscall(SYS_prctl, option, words[0], words[1], words[2], words[3]);
}

/* posix_spawn and what it needs return their error. */
#define SPAWN_ACTIONS posix_spawn_file_actions_t
#define SPAWN_ATTR posix_spawnattr_t
WRAP(int, posix_spawn,
     (pid_t *pid, const char *path, const SPAWN_ACTIONS *actions, const SPAWN_ATTR *attr, char *const argv[],
      char *const envp[]),
     (pid, path, actions, attr, argv, envp), EAGAIN, EAGAIN)
WRAP(int, posix_spawn_file_actions_init, (SPAWN_ACTIONS *actions), (actions), ENOMEM, ENOMEM)
WRAP(int, posix_spawn_file_actions_adddup2, (SPAWN_ACTIONS *actions, int fd, int new), (actions, fd, new), ENOMEM,
     ENOMEM)
WRAP(int, posix_spawn_file_actions_addopen,
     (SPAWN_ACTIONS *actions, int fd, const char *path, int flags, mode_t mode), (actions, fd, path, flags, mode),
     ENOMEM, ENOMEM)
WRAP(int, posix_spawnattr_init, (SPAWN_ATTR *attr), (attr), ENOMEM, ENOMEM)
WRAP(int, posix_spawnattr_setflags, (SPAWN_ATTR *attr, short flags), (attr, flags), EINVAL, EINVAL)
WRAP(int, posix_spawnattr_setsigdefault, (SPAWN_ATTR *attr, const sigset_t *set), (attr, set), EINVAL, EINVAL)
WRAP(int, posix_spawnattr_setsigmask, (SPAWN_ATTR *attr, const sigset_t *set), (attr, set), EINVAL, EINVAL)

/* libcrypto's face, in plain types, so that its headers are not needed here. */
#define BAD (inject.negative ? -1 : 0)
#define BYTES const unsigned char *
WRAP(int, RAND_bytes, (unsigned char *out, int length), (out, length), BAD, 0)
WRAP(const void *, EVP_sha1, (void), (), NULL, 0)
WRAP(const void *, EVP_sha256, (void), (), NULL, 0)
WRAP(const void *, EVP_sha512, (void), (), NULL, 0)
WRAP(const void *, EVP_aes_256_gcm, (void), (), NULL, 0)
WRAP(int, EVP_MD_get_size, (const void *method), (method), BAD, 0)
WRAP(int, EVP_MD_get_block_size, (const void *method), (method), BAD, 0)
WRAP(int, EVP_Digest, (BYTES data, size_t length, unsigned char *out, unsigned int *size, const void *method, void *engine),
     (data, length, out, size, method, engine), BAD, 0)
WRAP(int, EVP_DigestInit_ex, (void *context, const void *method, void *engine), (context, method, engine), BAD, 0)
WRAP(int, EVP_DigestUpdate, (void *context, const void *data, size_t length), (context, data, length), BAD, 0)
WRAP(int, EVP_DigestFinal_ex, (void *context, unsigned char *out, unsigned int *length), (context, out, length), BAD, 0)
WRAP(int, EVP_MD_CTX_copy_ex, (void *to, const void *from), (to, from), BAD, 0)
#define WRAP_INIT(name)                                                                                                \
    WRAP(int, name, (void *context, const void *method, void *engine, BYTES key, BYTES iv),                            \
         (context, method, engine, key, iv), BAD, 0)
#define WRAP_UPDATE(name)                                                                                              \
    WRAP(int, name, (void *context, unsigned char *out, int *written, BYTES in, int length),                           \
         (context, out, written, in, length), BAD, 0)
#define WRAP_FINAL(name)                                                                                               \
    WRAP(int, name, (void *context, unsigned char *out, int *written), (context, out, written), BAD, 0)
WRAP_INIT(EVP_EncryptInit_ex)
WRAP_UPDATE(EVP_EncryptUpdate)
WRAP_FINAL(EVP_EncryptFinal_ex)
WRAP_INIT(EVP_DecryptInit_ex)
WRAP_UPDATE(EVP_DecryptUpdate)
WRAP_FINAL(EVP_DecryptFinal_ex)
WRAP(int, EVP_CIPHER_CTX_ctrl, (void *context, int type, int number, void *data), (context, type, number, data), BAD, 0)
WRAP(int, EVP_PBE_scrypt,
     (const char *pass, size_t length, BYTES salt, size_t salt_length, uint64_t n, uint64_t r, uint64_t p,
      uint64_t memory, unsigned char *key, size_t key_length),
     (pass, length, salt, salt_length, n, r, p, memory, key, key_length), BAD, 0)

#define WRAP_CONTEXT(new, free)                                                                                        \
    EXPORT void *new(void);                                                                                            \
    EXPORT void *new(void)                                                                                             \
    {                                                                                                                  \
        return fails(#new, HERE) ? NULL : track(REAL(new)(), HERE);                                                    \
    }                                                                                                                  \
    EXPORT void free(void *context);                                                                                   \
    EXPORT void free(void *context)                                                                                    \
    {                                                                                                                  \
        forget(context);                                                                                               \
        REAL(free)(context);                                                                                           \
    }
WRAP_CONTEXT(EVP_MD_CTX_new, EVP_MD_CTX_free)
WRAP_CONTEXT(EVP_CIPHER_CTX_new, EVP_CIPHER_CTX_free)

/* libcurl's, likewise. What it takes as one more word is a pointer, a long, or a curl_off_t of the same size. */
WRAP_CONTEXT(curl_easy_init, curl_easy_cleanup)
WRAP(int, curl_global_init_mem,
     (long flags, void *allocate, void *release, void *resize, void *copy, void *clear),
     (flags, allocate, release, resize, copy, clear), inject.curl, 0)
WRAP_VARIADIC(int, curl_easy_setopt, void *, curl, int, option, inject.curl, 0)
WRAP_VARIADIC(int, curl_easy_getinfo, void *, curl, int, info, inject.curl, 0)

EXPORT int curl_easy_perform(void *curl);
EXPORT int curl_easy_perform(void *curl)
{
    bool chosen = fails("curl_easy_perform", HERE);
    int code = chosen && !inject.late ? 0 : REAL(curl_easy_perform)(curl);

    return chosen ? inject.curl : code;
}

EXPORT void *curl_slist_append(void *list, const char *text);
EXPORT void *curl_slist_append(void *list, const char *text)
{
    return fails("curl_slist_append", HERE) ? NULL : track(REAL(curl_slist_append)(list, text), HERE);
}

EXPORT void curl_slist_free_all(void *list);
EXPORT void curl_slist_free_all(void *list)
{
    forget(list);
    REAL(curl_slist_free_all)(list);
}

/* Jansson's, of which only this one can fail; the others look things up. */
EXPORT void *json_loadb(const char *data, size_t length, size_t flags, void *error);
EXPORT void *json_loadb(const char *data, size_t length, size_t flags, void *error)
{
    return fails("json_loadb", HERE) ? NULL : track(REAL(json_loadb)(data, length, flags, error), HERE);
}

EXPORT void json_delete(void *json);
EXPORT void json_delete(void *json)
{
    forget(json);
    REAL(json_delete)(json);
}
