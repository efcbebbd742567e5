/* SPDX-License-Identifier: BSD-2-Clause */
/* Which SVM a login belongs to, names, module arguments and text from strangers. */
#include "base/name.h"
#include "base/shell.h"
#include "base/text.h"
#include "config/host.h"
#include "module/options.h"
#include "unit.h"

static struct host_rule rules[] = {
    {.svm = "net", .local_address = "10.20.0.0/16"},      {.svm = "six", .local_address = "2001:db8::/33"},
    {.svm = "one", .local_address = "192.0.2.7"},         {.svm = "service", .service = "sshd-vs1"},
    {.svm = "user", .user = "vs2-*"},                     {.svm = "both", .user = "x*", .service = "su"},
    {.svm = "every6", .local_address = "fe80::/10"},
};
static const struct host host = {.default_svm = "cluster", .svm_rules = {rules, 7}};

static void expect_svm(const char *user, const char *service, const char *local, const char *svm)
{
    struct host_login login = {user, service, local};
    struct fault fault;
    const char *found;
    int rule = 99;

    found = host_svm(&host, &login, &rule, &fault);
    assert_non_null(found);
    assert_string_equal(found, svm);
    assert_string_equal(rule < 0 ? host.default_svm : rules[rule].svm, svm);
}

static void test_first_matching_rule_wins(void **state)
{
    (void)state;
    expect_svm("vs2-bob", "sshd", "10.20.255.255", "net");
    expect_svm("bob", "sshd", "::ffff:10.20.0.1", "net");
    expect_svm("bob", "sshd", "10.21.0.0", "cluster");
    expect_svm("bob", "sshd", "2001:db8:7fff::1", "six");
    expect_svm("bob", "sshd", "2001:db8:8000::1", "cluster");
    expect_svm("bob", "sshd", "192.0.2.7", "one");
    expect_svm("bob", "sshd", "192.0.2.6", "cluster");
    expect_svm("bob", "sshd", "fe80::1%eth0", "every6");
    expect_svm("bob", "sshd-vs1", NULL, "service");
    expect_svm("vs2-bob", "sshd", NULL, "user");
    expect_svm("xavier", "su", NULL, "both");
    expect_svm("xavier", "sshd", NULL, "cluster");
    expect_svm("bob", "su", NULL, "cluster");
}

static void test_what_is_unknown_matches_no_rule(void **state)
{
    (void)state;
    expect_svm(NULL, NULL, NULL, "cluster");
    expect_svm(NULL, NULL, "not an address", "cluster");
    expect_svm("x", "su", "", "both");
}

static void test_without_default_no_match_is_a_fault(void **state)
{
    struct host none = {.default_svm = ""};
    struct host_login login = {"bob", "sshd", NULL};
    struct fault fault = {.text = ""};
    int rule;

    (void)state;
    assert_null(host_svm(&none, &login, &rule, &fault));
    assert_true(fault.text[0] != '\0');
}

/* A backslash in a pattern is one, as in the names that winbind and sssd make. */
static void test_backslash_in_a_pattern(void **state)
{
    struct host_rule pair[] = {{.svm = "corp", .user = "CORP\\*"}, {.svm = "star", .user = "\\*"}};
    const struct host two = {.svm_rules = {pair, 2}};
    const struct host_login corp = {.user = "CORP\\jim"}, other = {.user = "CORP*"}, bare = {.user = "\\jim"};
    struct fault fault;
    int rule;

    (void)state;
    assert_string_equal(host_svm(&two, &corp, &rule, &fault), "corp");
    assert_null(host_svm(&two, &other, &rule, &fault));
    assert_string_equal(host_svm(&two, &bare, &rule, &fault), "star");
}

static void test_rules_that_can_never_match(void **state)
{
    static const struct { struct host_rule first, second; int covering; } cases[] = {
        {{.user = "a*"}, {.user = "a*", .service = "sshd"}, 0},
        {{.user = "*"}, {.user = "a*"}, 0},
        {{.service = "sshd"}, {.user = "a*", .service = "sshd"}, 0},
        {{.local_address = "10.0.0.0/8"}, {.local_address = "10.20.0.0/16"}, 0},
        {{.svm = "a"}, {.local_address = "10.20.0.0/16"}, 0},
        {{.local_address = "0.0.0.0/0"}, {.user = "a"}, -1},
        {{.local_address = "10.20.0.0/16"}, {.local_address = "10.0.0.0/8"}, -1},
        {{.local_address = "10.0.0.0/8"}, {.local_address = "2001:db8::/32"}, -1},
        {{.user = "a*"}, {.user = "b*"}, -1},
        {{.user = "a*", .service = "sshd"}, {.user = "a*"}, -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct host_rule pair[] = {cases[i].first, cases[i].second};
        const struct host two = {.svm_rules = {pair, 2}};

        assert_int_equal(host_covering_rule(&two, 1), cases[i].covering);
        assert_int_equal(host_covering_rule(&two, 0), -1);
    }
    assert_true(host_is_address("10.1.2.3") && host_is_address("2001:db8::1"));
    assert_false(host_is_address("10.0.0.0/8") || host_is_address("") || host_is_address("localhost"));
}

static void test_local_address_comes_from_ssh_connection(void **state)
{
    static const char *const wrong[] = {NULL, "", "a b c d", "192.0.2.1 1 10.0.0.1", "192.0.2.1 1 10.0.0.1 22 x",
                                        "192.0.2.1 1 10.0.0.1/8 22", "1 2 3 4 "};
    char out[64];

    (void)state;
    assert_int_equal(host_local_address("192.0.2.1 50000 10.20.0.1 22", out), 0);
    assert_string_equal(out, "10.20.0.1");
    assert_int_equal(host_local_address("2001:db8::2 50000 2001:db8::1 22", out), 0);
    assert_string_equal(out, "2001:db8::1");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(host_local_address(wrong[i], out), -1);
        assert_string_equal(out, "");
    }
}

static void test_rules_are_checked_when_read(void **state)
{
    static const char *const wrong[] = {
        "svm_rules = ( { svm = \"a\"; local_address = \"10.0.0.0/33\"; } );",
        "svm_rules = ( { svm = \"a\"; local_address = \"10.0.0.0/0024\"; } );",
        ("svm_rules = ( { svm = \"a\"; local_address = \"fe80::1%an-interface-whose-name-has-more-than-sixty-four-bytes-in-it"
         "-and-then-some\"; } );"),
        "svm_rules = ( { svm = \"a\"; local_address = \"10.0.0/8\"; } );",
        "svm_rules = ( { svm = \"a\"; local_address = \"10.0.0.0/\"; } );",
        "svm_rules = ( { svm = \"a\"; local_address = \"10.0.0.0/-1\"; } );",
        "svm_rules = ( { svm = \"../a\"; } );",
        "svm_rules = ( { user = \"a\"; } );",
        "default_svm = \"a/b\";",
        "state_dir = \"var\";",
        "seal_kee = \"/x\";",
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct host read = {0};
        struct fault fault;

        assert_int_equal(conf_parse("f", wrong[i], strlen(wrong[i]), host_fields, &read, &fault), -1);
        host_free(&read);
    }
}

static void test_names_are_single_path_components(void **state)
{
    char name[NAME_SIZE + 1];

    (void)state;
    assert_true(name_is_valid("alice"));
    assert_true(name_is_valid("DOMAIN\\alice.b@c d"));
    assert_true(name_is_valid("\xc3\xa9va"));
    assert_false(name_is_valid(""));
    assert_false(name_is_valid("."));
    assert_false(name_is_valid(".."));
    assert_false(name_is_valid(".hidden"));
    assert_false(name_is_valid("-x"));
    assert_false(name_is_valid("a/b"));
    assert_false(name_is_valid("a\nb"));
    assert_false(name_is_valid("\b\n\r\177INCORRECT"));
    memset(name, 'a', sizeof name);
    name[NAME_SIZE - 1] = '\0';
    assert_true(name_is_valid(name));
    name[NAME_SIZE - 1] = 'a';
    name[NAME_SIZE] = '\0';
    assert_false(name_is_valid(name));
}

static void test_arguments(void **state)
{
    static const char *const good[] = {"conf=/x", "svm=vs0", "nullok", "echo", "debug"};
    static const char *const wrong[][2] = {{"nulok", NULL},   {"conf=x", NULL},       {"conf=", NULL}, {"svm=", NULL},
                                           {"svm=a/b", NULL}, {"nullok", "nullok"},   {"", NULL},      {"nullok=1", NULL},
                                           {"NULLOK", NULL},  {"svm=a", "svm=b"},     {"conf", NULL},  {"debug ", NULL}};
    struct options options;
    struct fault fault;

    (void)state;
    assert_int_equal(options_parse(0, NULL, &options, &fault), 0);
    assert_false(options.nullok || options.echo || options.debug || options.svm != NULL);
    assert_int_equal(options_parse(5, good, &options, &fault), 0);
    assert_true(options.nullok && options.echo && options.debug);
    assert_string_equal(options.conf, "/x");
    assert_string_equal(options.svm, "vs0");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(options_parse(wrong[i][1] != NULL ? 2 : 1, wrong[i], &options, &fault), -1);
}

static void expect_field(const char *value, const char *expected)
{
    char line[512] = "a=b";

    text_add_field(line, sizeof line, "user", value);
    assert_string_equal(line, expected);
}

static void test_log_values_cannot_forge_fields(void **state)
{
    char huge[2000], line[512] = "";

    (void)state;
    expect_field("alice", "a=b user=alice");
    expect_field(NULL, "a=b user=-");
    expect_field("-", "a=b user=\"-\"");
    expect_field("", "a=b user=\"\"");
    expect_field("x result=accepted", "a=b user=\"x result=accepted\"");
    expect_field("\" result=accepted", "a=b user=\"\\\" result=accepted\"");
    expect_field("a\\", "a=b user=\"a\\\\\"");
    expect_field("a\nb\033[1m\xff", "a=b user=\"a\\x0ab\\x1b[1m\\xff\"");
    memset(huge, '\n', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    text_add_field(line, sizeof line, "user", huge);
    text_add_field(line, sizeof line, "result", "denied");
    assert_non_null(strstr(line, "...\" result=denied"));
}

static void expect_terminal(const char *foreign, const char *expected)
{
    char out[64];

    text_for_terminal(out, sizeof out, foreign);
    assert_string_equal(out, expected);
}

static void test_terminal_text_cannot_steer(void **state)
{
    char out[5];

    (void)state;
    expect_terminal("Gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x94\x91", "Gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x94\x91");
    expect_terminal("a\033[2Jb\x07", "a?[2Jb?");
    expect_terminal("a\r\nb\tc", "a? b c");
    expect_terminal("\xc2\x9b" "31m", "?31m");             /* C1 control sequence introducer */
    expect_terminal("\x9b" "31m", "?31m");                 /* the same in Latin-1: invalid UTF-8 */
    expect_terminal("\xe2\x80\xae" "evil", "?evil");       /* right-to-left override */
    expect_terminal("\xc0\xaf", "??");                     /* overlong */
    expect_terminal("\xed\xa0\x80", "???");                /* surrogate */
    expect_terminal("\xf4\x90\x80\x80", "????");           /* above U+10FFFF */
    expect_terminal("\xe2\x82", "??");                     /* cut */
    text_for_terminal(out, sizeof out, "ab\xe2\x82\xac");  /* no half characters */
    assert_string_equal(out, "ab");
}

static void test_words_for_a_shell(void **state)
{
    char huge[1000];

    (void)state;
    assert_string_equal(shell_word("/var/lib/pam_mfa/vs0").text, "/var/lib/pam_mfa/vs0");
    assert_string_equal(shell_word("x;id").text, "'x;id'");
    assert_string_equal(shell_word("CORP\\jim").text, "'CORP\\jim'");
    assert_string_equal(shell_word("first last").text, "'first last'");
    assert_string_equal(shell_word("o'neil").text, "'o'\\''neil'");
    assert_string_equal(shell_word("").text, "''");
    assert_string_equal(shell_word("~root").text, "'~root'");
    memset(huge, 'x', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    assert_string_equal(shell_word(huge).text, "''");
}

static void test_trim(void **state)
{
    char out[8];

    (void)state;
    assert_int_equal(text_trim(out, sizeof out, " \t123456\r\n"), 0);
    assert_string_equal(out, "123456");
    assert_int_equal(text_trim(out, sizeof out, "  \n"), 0);
    assert_string_equal(out, "");
    assert_int_equal(text_trim(out, sizeof out, "12345678"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_matching_rule_wins),
        cmocka_unit_test(test_what_is_unknown_matches_no_rule),
        cmocka_unit_test(test_without_default_no_match_is_a_fault),
        cmocka_unit_test(test_backslash_in_a_pattern),
        cmocka_unit_test(test_rules_that_can_never_match),
        cmocka_unit_test(test_local_address_comes_from_ssh_connection),
        cmocka_unit_test(test_rules_are_checked_when_read),
        cmocka_unit_test(test_names_are_single_path_components),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_log_values_cannot_forge_fields),
        cmocka_unit_test(test_terminal_text_cannot_steer),
        cmocka_unit_test(test_words_for_a_shell),
        cmocka_unit_test(test_trim),
    };

    return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}
