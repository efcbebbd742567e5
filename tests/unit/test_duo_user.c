/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is challenged, and under which name. This program has a group database of its own, in the place of libc's. */
#include "config/duo_profile.h"
#include "config/duo_user.h"
#include "config/group_sources.h"
#include "unit.h"

#include <errno.h>
#include <grp.h>

static struct {
    int count;         /* of alice's groups, numbered from 1000 */
    int error;         /* of getgrnam_r */
    bool silent;       /* one of its sources */
    bool knows, lists; /* group "staff"; and alice as its member */
    size_t needed;     /* bytes of buffer for it, else ERANGE */
} database;

static struct duo_group groups[1] = {{.name = "staff"}};
static struct conf_pair metadata[2];
static char aliases[1][NAME_SIZE] = {"alice"};
static struct duo_entity entities[1] = {{.name = "Alice Smith", .aliases = {aliases, 1}, .metadata = {metadata, 2}}};
static struct duo_profile profile;
static struct account account = {.name = "alice", .uid = 1000, .gid = 1000, .home = "/home/alice", .shell = "/bin/sh"};
static struct fault fault;

int getgrouplist(const char *user, gid_t group, gid_t *list, int *count)
{
    int room = *count;

    (void)user;
    (void)group;
    *count = database.count;
    for (int i = 0; i < room && i < database.count; i++)
        list[i] = (gid_t)(1000 + i);
    return room < database.count ? -1 : database.count;
}

int getgrnam_r(const char *name, struct group *entry, char *buffer, size_t size, struct group **result)
{
    static char *nobody[] = {NULL}, alice[] = "alice", *members[] = {alice, NULL};

    (void)name;
    (void)buffer;
    *result = NULL;
    if (database.error != 0)
        return database.error;
    if (size < database.needed)
        return ERANGE;
    *entry = (struct group){.gr_gid = 1099, .gr_mem = database.lists ? members : nobody};
    if (database.knows)
        *result = entry;
    return 0;
}

/* The host's own sources are not asked. */
int group_sources_answer(const struct account *who, struct fault *why)
{
    (void)who;
    return database.silent ? fault_set(why, "a source does not answer") : 0;
}

static int begin(void **state)
{
    (void)state;
    memset(&database, 0, sizeof database);
    database.knows = true;
    database.count = 2;
    profile = (struct duo_profile){.groups = {groups, 1}, .entities = {entities, 1}};
    strcpy(metadata[0].key, "email");
    strcpy(metadata[0].value, "alice@example.com");
    strcpy(metadata[1].key, "empty");
    return 0;
}

static enum found in_scope(void)
{
    fault.text[0] = '\0';
    return duo_user_in_scope(&profile, &account, &fault);
}

static void test_either_way_of_being_a_member_counts(void **state)
{
    (void)state;
    assert_int_equal(in_scope(), FOUND_NOTHING);
    database.lists = true;
    assert_int_equal(in_scope(), FOUND);
    database.lists = false;
    database.count = 100; /* 1099 is the last of them, and the first try has room for 64 */
    assert_int_equal(in_scope(), FOUND);
    database.needed = 1000000;
    assert_int_equal(in_scope(), FOUND);
}

/* Else a database that is down would switch the factor off. */
static void test_only_an_answer_says_that_nobody_is_in_it(void **state)
{
    static const int errors[] = {EIO, ENOMEM, EINTR, EMFILE, ERANGE, ENOENT, ESRCH};

    (void)state;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        database.error = errors[i];
        assert_int_equal(in_scope(), FOUND_FAULT);
        assert_int_not_equal(fault.text[0], '\0');
    }
    database.error = 0;
    database.knows = false;
    assert_int_equal(in_scope(), FOUND_FAULT);
    database.knows = true;
    database.count = 1000000;
    assert_int_equal(in_scope(), FOUND_FAULT);
    database.count = 2;
    assert_int_equal(in_scope(), FOUND_NOTHING);
    database.silent = true;
    assert_int_equal(in_scope(), FOUND_FAULT);
    database.lists = true;
    assert_int_equal(in_scope(), FOUND);
}

static int name_of(const char *format, char out[DUO_USERNAME_SIZE])
{
    strcpy(profile.username_format, format);
    return duo_user_name(&profile, "vs0", &account, out, &fault);
}

static void test_names_are_made_whole_or_not_at_all(void **state)
{
    static const char *const bad[] = {"{{", "x{{alias.name", "{{}}", "{{alias.nam}}", "{{entity.nam}}",
                                      "{{entity.metadata.phone}}", "{{entity.metadata.empty}}", "{{entity.metadata.}}", "{{ alias.name }}"};
    char name[DUO_USERNAME_SIZE], format[257];

    (void)state;
    assert_int_equal(name_of("", name), 0);
    assert_string_equal(name, "alice");
    assert_int_equal(name_of("a-{{alias.name}}@{{alias.metadata.svm}}-{{entity.metadata.email}}}}", name), 0);
    assert_string_equal(name, "a-alice@vs0-alice@example.com}}");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (name_of(bad[i], name) != -1)
            fail_msg("%s made %s", bad[i], name);
    memset(format, 'x', sizeof format);
    memcpy(format, "{{", 2);
    memcpy(format + 150, "}}", 3);
    assert_int_equal(name_of(format, name), -1);
}

static void test_names_that_are_too_long_are_no_names(void **state)
{
    char name[DUO_USERNAME_SIZE];

    (void)state;
    memset(account.home, 'h', 300);
    account.home[300] = '\0';
    assert_int_equal(name_of("{{alias.metadata.home}}", name), 0);
    assert_int_equal(name_of("{{alias.metadata.home}}{{alias.metadata.home}}", name), -1);
    memset(account.home, 'h', DUO_USERNAME_SIZE - 1);
    account.home[DUO_USERNAME_SIZE - 1] = '\0';
    assert_int_equal(name_of("{{alias.metadata.home}}", name), 0);
    assert_int_equal(name_of("{{alias.metadata.home}}x", name), -1);
    assert_int_equal(name_of("{{alias.metadata.home}}x{{alias.name}}", name), -1);
    strcpy(account.home, "/home/alice");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_either_way_of_being_a_member_counts, begin),
        cmocka_unit_test_setup(test_only_an_answer_says_that_nobody_is_in_it, begin),
        cmocka_unit_test_setup(test_names_are_made_whole_or_not_at_all, begin),
        cmocka_unit_test_setup(test_names_that_are_too_long_are_no_names, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
