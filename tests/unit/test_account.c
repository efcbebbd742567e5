/* SPDX-License-Identifier: BSD-2-Clause */
/* What the passwd database may answer. This program has a database of its own, in the place of libc's. */
#include "config/account.h"
#include "unit.h"

#include <errno.h>
#include <pwd.h>

static struct passwd entry; /* pw_name NULL: there is none */
static size_t needed;       /* bytes of buffer, else ERANGE */
static int failure;

static int answer(struct passwd *out, size_t size, struct passwd **result)
{
    *result = NULL;
    if (failure != 0)
        return failure;
    if (size < needed)
        return ERANGE;
    *out = entry;
    if (entry.pw_name != NULL)
        *result = out;
    return 0;
}

int getpwnam_r(const char *name, struct passwd *out, char *buffer, size_t size, struct passwd **result)
{
    (void)name;
    (void)buffer;
    return answer(out, size, result);
}

int getpwuid_r(uid_t uid, struct passwd *out, char *buffer, size_t size, struct passwd **result)
{
    (void)uid;
    (void)buffer;
    return answer(out, size, result);
}

static char name_alice[] = "alice", home_alice[] = "/home/alice", shell_alice[] = "/bin/sh";

static int begin(void **state)
{
    (void)state;
    entry = (struct passwd){.pw_name = name_alice, .pw_uid = 1000, .pw_gid = 100, .pw_dir = home_alice,
                            .pw_shell = shell_alice};
    needed = 0;
    failure = 0;
    return 0;
}

static enum found look_up(struct account *account)
{
    struct fault fault = {.text = ""};
    enum found found = account_find("alice", account, &fault);

    assert_int_equal(found == FOUND_FAULT, fault.text[0] != '\0');
    return found;
}

static void test_account_is_found(void **state)
{
    struct account account = {0};
    struct fault fault;

    (void)state;
    needed = 100000;
    assert_int_equal(look_up(&account), FOUND);
    assert_string_equal(account.name, "alice");
    assert_string_equal(account.home, "/home/alice");
    assert_int_equal(account.uid, 1000);
    assert_int_equal(account_find_uid(1000, &account, &fault), FOUND);
}

static void test_only_some_errors_say_that_there_is_none(void **state)
{
    static const struct {
        int error;
        enum found found;
    } answers[] = {{ENOENT, FOUND_NOTHING}, {ESRCH, FOUND_NOTHING}, {EIO, FOUND_FAULT}, {EINTR, FOUND_FAULT},
                   {EMFILE, FOUND_FAULT},   {ENOMEM, FOUND_FAULT},  {ERANGE, FOUND_FAULT}};
    struct account account;

    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        failure = answers[i].error;
        assert_int_equal(look_up(&account), answers[i].found);
    }
    failure = 0;
    entry.pw_name = NULL;
    assert_int_equal(look_up(&account), FOUND_NOTHING);
}

/* A directory service can hold anything, and the name that it gives becomes part of a path. */
static void test_name_that_is_no_file_name_is_a_fault(void **state)
{
    static const char *const names[] = {"../root", "a/b", "", ".", "..", "-a", "a\nb"};
    struct account account;

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[16];

        strcpy(name, names[i]);
        entry.pw_name = name;
        assert_int_equal(look_up(&account), FOUND_FAULT);
    }
}

static void test_home_or_shell_too_long_is_a_fault(void **state)
{
    static char text[sizeof((struct account *)NULL)->home + 1];
    struct account account;

    (void)state;
    memset(text, 'x', sizeof text - 1);
    entry.pw_dir = text;
    assert_int_equal(look_up(&account), FOUND_FAULT);
    entry.pw_dir = home_alice;
    entry.pw_shell = text;
    assert_int_equal(look_up(&account), FOUND_FAULT);
    text[sizeof text - 2] = '\0';
    assert_int_equal(look_up(&account), FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_account_is_found, begin),
        cmocka_unit_test_setup(test_only_some_errors_say_that_there_is_none, begin),
        cmocka_unit_test_setup(test_name_that_is_no_file_name_is_a_fault, begin),
        cmocka_unit_test_setup(test_home_or_shell_too_long_is_a_fault, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
