/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The pam_mfa authors */
/*
 * Loaded into a program by LD_PRELOAD, makes one call of it fail:
 *
 *   INJECT_CALLER=TEXT  count the calls made by the object (program or library) whose file name holds TEXT
 *   INJECT_FAIL=N       the Nth of these fails; 0, or none: all are only counted
 *   INJECT_STICKY=1     so do all after it
 *   INJECT_NEGATIVE=1   libcrypto reports its failures as -1 where it would say 0
 *   INJECT_SHORT=1      reads and writes do not fail but stop after one byte, which must do no harm
 *   INJECT_REPORT=FILE  is appended to: `failed FUNCTION OBJECT+OFFSET`, and at the end `calls N leaked M`
 *
 * What leaked is what the callers above took with malloc, calloc, realloc and libcrypto's *_CTX_new and did not free.
 * Calls inside libc (stdio's writes, the allocations of NSS) and inside libpam are out of reach, and not counted.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define TRACKED_MAX 8192

/* libc's allocator by the names that nothing replaces, since finding the replaced ones would need it. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void __libc_free(void *block);

static struct {
    const char *caller, *report;
    unsigned long fail, calls;
    bool sticky, negative, brief;
    void *tracked[TRACKED_MAX];
    unsigned long tracked_count, tracked_lost;
} inject;

static void report(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void report(const char *format, ...)
{
    char line[512];
    va_list args;
    int fd, length;

    if (inject.report == NULL)
        return;
    va_start(args, format);
    length = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    fd = (int)syscall(SYS_openat, AT_FDCWD, inject.report, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0)
        return;
    syscall(SYS_write, fd, line, length);
    syscall(SYS_close, fd);
}

__attribute__((constructor)) static void begin(void)
{
    const char *fail = getenv("INJECT_FAIL");

    inject.report = getenv("INJECT_REPORT");
    inject.fail = fail != NULL ? strtoul(fail, NULL, 10) : 0;
    inject.sticky = getenv("INJECT_STICKY") != NULL;
    inject.negative = getenv("INJECT_NEGATIVE") != NULL;
    inject.brief = getenv("INJECT_SHORT") != NULL;
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

    if (caller == NULL)
        return false;
    inject.calls++;
    if (inject.fail == 0 || inject.calls < inject.fail || (inject.calls > inject.fail && !inject.sticky))
        return false;
    if (inject.calls == inject.fail)
        report("failed %s %s+0x%lx\n", function, caller->l_name[0] != '\0' ? caller->l_name : program_invocation_name,
               (unsigned long)((uintptr_t)address - caller->l_addr));
    return true;
}

static void *track(void *block, void *address)
{
    if (block == NULL || find_caller(address) == NULL)
        return block;
    for (unsigned long i = 0; i < inject.tracked_count; i++) {
        if (inject.tracked[i] == NULL) {
            inject.tracked[i] = block;
            return block;
        }
    }
    if (inject.tracked_count < TRACKED_MAX)
        inject.tracked[inject.tracked_count++] = block;
    else
        inject.tracked_lost++;
    return block;
}

static void forget(const void *block)
{
    for (unsigned long i = 0; block != NULL && i < inject.tracked_count; i++)
        if (inject.tracked[i] == block)
            inject.tracked[i] = NULL;
}

/* The real NAME: in libc, or in a library that came with a module and that the global scope does not hold. */
static void *real(const char *name)
{
    static const char *const libraries[] = {"libcrypto.so.3", "libcurl.so.4", NULL};
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

EXPORT void *malloc(size_t size)
{
    if (fails("malloc", HERE)) {
        errno = ENOMEM;
        return NULL;
    }
    return track(__libc_malloc(size), HERE);
}

EXPORT void *calloc(size_t count, size_t size)
{
    if (fails("calloc", HERE)) {
        errno = ENOMEM;
        return NULL;
    }
    return track(__libc_calloc(count, size), HERE);
}

EXPORT void *realloc(void *block, size_t size)
{
    void *larger;

    if (fails("realloc", HERE)) {
        errno = ENOMEM;
        return NULL;
    }
    larger = __libc_realloc(block, size);
    if (larger != NULL)
        forget(block);
    return track(larger, HERE);
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
            errno = error;                                                                                             \
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
            errno = EMFILE;                                                                                            \
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

#define WRAP_TRANSFER(name, number, qualifier, error)                                                                  \
    EXPORT ssize_t name(int fd, qualifier void *buffer, size_t size)                                                   \
    {                                                                                                                  \
        bool chosen = fails(#name, HERE);                                                                              \
        if (chosen && !inject.brief) {                                                                                 \
            errno = error;                                                                                             \
            return -1;                                                                                                 \
        }                                                                                                              \
        return (ssize_t)syscall(number, fd, buffer, chosen && size > 1 ? 1 : size);                                    \
    }
WRAP_TRANSFER(read, SYS_read, , EIO)
WRAP_TRANSFER(write, SYS_write, const, ENOSPC)

WRAP(int, fstat, (int fd, struct stat *status), (fd, status), -1, EIO)
WRAP(int, fsync, (int fd), (fd), -1, EIO)
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
