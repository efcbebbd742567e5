/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The socket between module and helper when the host's signals interrupt it, or its buffers are full. This program has
 * its own poll, recv and send, in the place of libc's.
 */
#include "wire/duo_line.h"
#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static int trouble[8]; /* what the next calls fail with, in order; 0: no trouble */
static size_t next_call;
static int pair[2];
static struct duo_channel channel;

static bool fails(void)
{
    int error = next_call < sizeof trouble / sizeof *trouble ? trouble[next_call++] : 0;

    errno = error;
    return error != 0;
}

int poll(struct pollfd *entries, nfds_t count, int timeout)
{
    (void)entries;
    (void)count;
    (void)timeout;
    return fails() ? -1 : 1;
}

/* What poll is called where the compiler knows how many entries there are. */
int __poll_chk(struct pollfd *entries, nfds_t count, int timeout, size_t size);
int __poll_chk(struct pollfd *entries, nfds_t count, int timeout, size_t size)
{
    (void)size;
    return poll(entries, count, timeout);
}

ssize_t recv(int fd, void *buffer, size_t size, int flags)
{
    (void)flags;
    return fails() ? -1 : read(fd, buffer, size);
}

ssize_t send(int fd, const void *buffer, size_t size, int flags)
{
    (void)flags;
    return fails() ? -1 : write(fd, buffer, size);
}

static int begin(void **state)
{
    (void)state;
    memset(trouble, 0, sizeof trouble);
    next_call = 0;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        return -1;
    channel = (struct duo_channel){.fd = pair[0]};
    return 0;
}

static int end(void **state)
{
    (void)state;
    close(pair[0]);
    close(pair[1]);
    return 0;
}

static void test_receiving_goes_on_after_signals(void **state)
{
    static const int calls[] = {EINTR, EINTR, 0, EINTR, 0, EAGAIN}; /* poll, poll, poll, recv, poll, recv */
    struct duo_line line;

    (void)state;
    memcpy(trouble, calls, sizeof calls);
    assert_int_equal(write(pair[1], "ring push\n", 10), 10);
    assert_int_equal(duo_line_receive(&channel, NULL, &line), DUO_LINE_OK);
    assert_int_equal(next_call, 8);
    assert_true(duo_line_is(&line, "ring", 1));
}

static void test_sending_goes_on_after_signals(void **state)
{
    static const int calls[] = {EINTR, EAGAIN, EINTR, 0}; /* send, send, poll, poll */
    char sent[16] = "";

    (void)state;
    memcpy(trouble, calls, sizeof calls);
    assert_int_equal(duo_line_send(&channel, NULL, "yes", NULL, 0), DUO_LINE_OK);
    assert_int_equal(read(pair[1], sent, sizeof sent), 4);
    assert_string_equal(sent, "yes\n");
}

static void test_other_faults_end_it(void **state)
{
    struct duo_line line;

    (void)state;
    trouble[0] = ENOMEM; /* poll */
    assert_int_equal(duo_line_receive(&channel, NULL, &line), DUO_LINE_END);
    next_call = 0;
    trouble[0] = 0;
    trouble[1] = ECONNRESET; /* recv */
    assert_int_equal(duo_line_receive(&channel, NULL, &line), DUO_LINE_END);
    next_call = 0;
    trouble[0] = EPIPE; /* send */
    assert_int_equal(duo_line_send(&channel, NULL, "yes", NULL, 0), DUO_LINE_END);
    next_call = 0;
    trouble[0] = EAGAIN; /* send */
    trouble[1] = ENOMEM; /* poll */
    assert_int_equal(duo_line_send(&channel, NULL, "yes", NULL, 0), DUO_LINE_END);
}

static void test_line_that_does_not_fit_is_not_sent(void **state)
{
    static char text[DUO_LINE_MAX + 1];
    const char *value = text;
    struct duo_line line;

    (void)state;
    memset(text, 'x', sizeof text - 1);
    assert_int_equal(duo_line_send(&channel, NULL, "info", &value, 1), DUO_LINE_BAD);
    assert_int_equal(next_call, 0);
    assert_int_equal(duo_line_parse(&line, text, sizeof text - 1), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_receiving_goes_on_after_signals, begin, end),
        cmocka_unit_test_setup_teardown(test_sending_goes_on_after_signals, begin, end),
        cmocka_unit_test_setup_teardown(test_other_faults_end_it, begin, end),
        cmocka_unit_test_setup_teardown(test_line_that_does_not_fit_is_not_sent, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
