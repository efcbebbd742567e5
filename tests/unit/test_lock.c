/* SPDX-License-Identifier: BSD-2-Clause */
/* The lock on a user's file, waited for by a process that signals interrupt all the time: a host program's timer, or ^C. */
#include "unit.h"

#include "store/lock.h"

#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <sys/wait.h>

#define HELD_S 2 /* longer than anybody holds it, and less than what ends one that is neither stopped nor traced */

static void on_signal(int number)
{
    (void)number;
}

/* A process that has the lock on FD for HELD_S seconds, and then ends well. READY is written to once it has. */
static pid_t start_holder(const char *path, int ready)
{
    pid_t pid = fork(), ended;
    struct fault fault;
    FILE *file;

    if (pid != 0)
        return pid;
    file = fopen(path, "r+");
    if (file == NULL || lock_take(fileno(file), path, &ended, &fault) != 0 || write(ready, "", 1) != 1)
        _exit(1);
    sleep(HELD_S);
    _exit(0);
}

static void test_a_waiter_that_is_interrupted_has_the_same_patience(void **state)
{
    const struct itimerval often = {.it_interval = {.tv_usec = 500}, .it_value = {.tv_usec = 500}}, never = {0};
    char path[] = "/tmp/test_lock.XXXXXX", byte;
    const struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART}; /* which no sleep heeds */
    int fd = mkstemp(path), ready[2], taken, status = -1;
    pid_t holder, ended = 0;
    struct fault fault;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(pipe(ready), 0);
    holder = start_holder(path, ready[1]);
    assert_true(holder > 0);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    sigaction(SIGALRM, &action, NULL);
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
    taken = lock_take(fd, path, &ended, &fault);
    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    signal(SIGALRM, SIG_DFL);
    alarm(300);
    assert_int_equal(waitpid(holder, &status, 0), holder);
    assert_int_equal(taken, 0);
    assert_int_equal(ended, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(fd);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_waiter_that_is_interrupted_has_the_same_patience),
    };

    return cmocka_run_group_tests_name("lock", tests, NULL, NULL);
}
