/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel may do in the middle of reading, writing and locking, which no test from outside can time. This
 * program has its own fstat, read, write, flock and more, in the place of libc's. Its directories pass for root's.
 */
#include "base/file.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct {
    int interruptions; /* how many of the next calls end with EINTR */
    int growth;        /* bytes by which a file is longer when it is read than fstat says */
    int removals;      /* how often the lock file is removed just before it is locked */
    int replacements;  /* how often a file is replaced just after it was opened */
    int flock_error;
    int failing; /* which of the next calls of fchown, fsync and renameat2 fails; 0: none */
} kernel;

static char path[] = "/tmp/test_file.XXXXXX";
static struct dir dir;
static struct fault fault;

static void replace(const char *name)
{
    int fd = openat(dir.fd, "other", O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(syscall(SYS_write, fd, "new", 3), 3);
    close(fd);
    assert_int_equal(renameat(dir.fd, "other", dir.fd, name), 0);
}

int fstat(int fd, struct stat *status)
{
    int result;

    if (kernel.replacements > 0) {
        kernel.replacements--;
        replace("f");
    }
    result = fstatat(fd, "", status, AT_EMPTY_PATH);
    if (result == 0 && S_ISDIR(status->st_mode))
        status->st_uid = 0;
    else if (result == 0)
        status->st_size -= kernel.growth;
    return result;
}

static bool is_interrupted(void)
{
    if (kernel.interruptions == 0)
        return false;
    kernel.interruptions--;
    errno = EINTR;
    return true;
}

ssize_t read(int fd, void *buffer, size_t size)
{
    return is_interrupted() ? -1 : (ssize_t)syscall(SYS_read, fd, buffer, size);
}

ssize_t write(int fd, const void *buffer, size_t size)
{
    return is_interrupted() ? -1 : (ssize_t)syscall(SYS_write, fd, buffer, size);
}

int flock(int fd, int operation)
{
    (void)operation;
    if (is_interrupted())
        return -1;
    if (kernel.flock_error != 0) {
        errno = kernel.flock_error;
        return -1;
    }
    if (kernel.removals > 0) {
        kernel.removals--;
        assert_int_equal(unlinkat(dir.fd, "lock", 0), 0);
    }
    return fd < 0 ? -1 : 0;
}

static bool is_failing(void)
{
    if (kernel.failing == 0 || --kernel.failing > 0)
        return false;
    errno = EIO;
    return true;
}

int fchown(int fd, uid_t owner, gid_t group)
{
    return is_failing() ? -1 : (int)syscall(SYS_fchown, fd, owner, group);
}

int fsync(int fd)
{
    return is_failing() ? -1 : (int)syscall(SYS_fsync, fd);
}

int renameat2(int from, const char *old, int to, const char *new, unsigned int flags)
{
    return is_failing() ? -1 : (int)syscall(SYS_renameat2, from, old, to, new, flags);
}

static int make_directory(void **state)
{
    (void)state;
    return mkdtemp(path) != NULL && dir_open(&dir, NULL, path, 0, &fault) == FOUND ? 0 : -1;
}

static int remove_directory(void **state)
{
    (void)state;
    dir_close(&dir);
    return rmdir(path);
}

static int begin(void **state)
{
    (void)state;
    memset(&kernel, 0, sizeof kernel);
    return file_replace(&dir, "f", geteuid(), 0600, "content", 7, &fault);
}

static int end(void **state)
{
    (void)state;
    unlinkat(dir.fd, "f", 0);
    unlinkat(dir.fd, "lock", 0);
    unlinkat(dir.fd, "new", 0);
    return 0;
}

static enum found read_f(size_t size_max, struct file_data *data)
{
    const struct file_rule rule = {.owner = geteuid(), .forbidden = 0177, .size_max = size_max};

    return file_read(&dir, "f", &rule, data, &fault);
}

static void test_interruptions_lose_nothing(void **state)
{
    struct file_data data;

    (void)state;
    kernel.interruptions = 1;
    assert_int_equal(file_replace(&dir, "f", geteuid(), 0600, "other", 5, &fault), 0);
    assert_int_equal(kernel.interruptions, 0);
    kernel.interruptions = 3;
    assert_int_equal(read_f(100, &data), FOUND);
    assert_int_equal(kernel.interruptions, 0);
    assert_string_equal(data.data, "other");
    file_data_free(&data);
}

/* What was checked must be all that there is: neither cut off nor beyond the limit. */
static void test_file_that_grows_is_refused(void **state)
{
    struct file_data data;

    (void)state;
    for (kernel.growth = 1; kernel.growth <= 7; kernel.growth++) {
        assert_int_equal(read_f(100, &data), FOUND_FAULT);
        assert_null(data.data);
        assert_non_null(strstr(fault.text, "grew"));
    }
    kernel.growth = 1;
    assert_int_equal(read_f(6, &data), FOUND_FAULT);
    assert_null(data.data);
    assert_non_null(strstr(fault.text, "longer than 6"));
}

/* A file is made whole or not at all; the last of the calls is the directory's fsync, before which nothing counts. */
/* An administrator's change in the middle of a login, or of another's look at the same file. */
static void test_file_that_is_replaced_while_it_is_opened_is_read_anew(void **state)
{
    struct file_data data;

    (void)state;
    kernel.replacements = 3;
    assert_int_equal(read_f(100, &data), FOUND);
    assert_string_equal(data.data, "new");
    file_data_free(&data);
    kernel.replacements = 1000;
    assert_int_equal(read_f(100, &data), FOUND_FAULT);
}

static void test_file_that_cannot_be_made_is_not_there(void **state)
{
    static const char *const failed[] = {"", "chgrp", "fsync", "rename", "fsync the directory"};

    (void)state;
    for (int call = 1; call <= 4; call++) {
        kernel.failing = call;
        assert_int_equal(file_create(&dir, "new", getegid(), 0600, "x", 1, &fault), FOUND_FAULT);
        assert_int_equal(kernel.failing, 0);
        assert_non_null(strstr(fault.text, failed[call]));
        assert_int_equal(unlinkat(dir.fd, "new", 0), call < 4 ? -1 : 0);
    }
    assert_int_equal(file_create(&dir, "new", getegid(), 0600, "x", 1, &fault), FOUND_NOTHING);
    assert_int_equal(file_create(&dir, "new", getegid(), 0600, "y", 1, &fault), FOUND);
    assert_int_equal(file_create(&dir, "no/new", getegid(), 0600, "x", 1, &fault), FOUND_FAULT);
}

static void test_only_a_lock_that_others_find_counts(void **state)
{
    struct stat status;
    int fd;

    (void)state;
    kernel.removals = 3;
    fd = file_lock(&dir, "lock", geteuid(), 1000, &fault);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &status), 0);
    assert_int_equal(status.st_nlink, 1);
    close(fd);
    kernel.removals = 1000;
    assert_int_equal(file_lock(&dir, "lock", geteuid(), 1000, &fault), -1);
    assert_non_null(strstr(fault.text, "vanished"));
}

static void test_lock_outlasts_signals_and_gives_up_on_faults(void **state)
{
    int fd;

    (void)state;
    kernel.interruptions = 2;
    fd = file_lock(&dir, "lock", geteuid(), 1000, &fault);
    assert_true(fd >= 0);
    close(fd);
    kernel.flock_error = ENOLCK;
    assert_int_equal(file_lock(&dir, "lock", geteuid(), 1000, &fault), -1);
    assert_non_null(strstr(fault.text, "cannot lock"));
    kernel.flock_error = EWOULDBLOCK;
    assert_int_equal(file_lock(&dir, "lock", geteuid(), 10, &fault), -1);
    assert_non_null(strstr(fault.text, "still locked"));
}

static void test_path_that_does_not_fit_is_refused(void **state)
{
    char name[DIR_PATH_SIZE + 1];
    struct dir inner;

    (void)state;
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(dir_open(&inner, &dir, name, 0, &fault), FOUND_FAULT);
    assert_int_equal(inner.fd, -1);
    assert_non_null(strstr(fault.text, "too long"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_interruptions_lose_nothing, begin, end),
        cmocka_unit_test_setup_teardown(test_file_that_grows_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(test_file_that_is_replaced_while_it_is_opened_is_read_anew, begin, end),
        cmocka_unit_test_setup_teardown(test_file_that_cannot_be_made_is_not_there, begin, end),
        cmocka_unit_test_setup_teardown(test_only_a_lock_that_others_find_counts, begin, end),
        cmocka_unit_test_setup_teardown(test_lock_outlasts_signals_and_gives_up_on_faults, begin, end),
        cmocka_unit_test_setup_teardown(test_path_that_does_not_fit_is_refused, begin, end),
    };

    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
