/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables and texts: what is read is what was written, and nothing wrong is passed over. */
#include "base/conf.h"
#include "unit.h"

struct item {
    char name[9];
    struct conf_array tags;
};

struct sample {
    char text[33];
    int word;
    int number;
    long long large;
    bool flag;
    int inner;
    struct conf_array items;
    struct conf_array names;
    struct conf_array map;
    struct conf_switch choice;
};

static const char *const words[] = {"red", "green", NULL};

static const char *expect_even(int value)
{
    return value % 2 == 0 ? NULL : "an even number";
}

static const struct conf_field item_fields[] = {
    {.name = "name", .type = CONF_STRING, .required = true, .offset = offsetof(struct item, name), .size = 9},
    {.name = "tags", .type = CONF_STRINGS, .offset = offsetof(struct item, tags), .size = 5},
    {0},
};
static const struct conf_field group_fields[] = {
    {.name = "inner", .type = CONF_INT, .required = true, .offset = offsetof(struct sample, inner), .min = 1, .max = 9},
    {0},
};
static const struct conf_field fields[] = {
    {.name = "text", .type = CONF_STRING, .offset = offsetof(struct sample, text), .size = 33, .min = 1},
    {.name = "word", .type = CONF_WORD, .offset = offsetof(struct sample, word), .words = words},
    {.name = "number", .type = CONF_INT, .offset = offsetof(struct sample, number), .expect_number = expect_even},
    {.name = "large", .type = CONF_INT64, .offset = offsetof(struct sample, large)},
    {.name = "flag", .type = CONF_BOOL, .offset = offsetof(struct sample, flag)},
    {.name = "group", .type = CONF_GROUP, .fields = group_fields},
    {.name = "items", .type = CONF_LIST, .offset = offsetof(struct sample, items), .size = sizeof(struct item),
     .fields = item_fields, .max = 3},
    {.name = "names", .type = CONF_STRINGS, .offset = offsetof(struct sample, names), .size = 5},
    {.name = "map", .type = CONF_MAP, .offset = offsetof(struct sample, map), .max = 2},
    {.name = "choice", .type = CONF_SWITCH, .offset = offsetof(struct sample, choice)},
    {0},
};

static int parse(const char *text, struct sample *sample, struct fault *fault)
{
    *sample = (struct sample){0};
    return conf_parse("file", text, strlen(text), fields, sample, fault);
}

static void test_every_type_is_read(void **state)
{
    struct sample sample;
    struct fault fault;
    struct item *items;
    struct conf_pair *map;

    (void)state;
    assert_int_equal(parse("text = \"a \\\"b\\\" \\\\ c\"; word: \"green\"; number = -4; large = 1795380951123L;\n"
                           "flag = true; group = { inner = 3; };\n"
                           "items = ( { name = \"x\"; tags = [ \"p\", \"q\" ]; }, { name = \"y\"; } );\n"
                           "names = [ \"one\", \"two\" ]; map = { mail = \"a@b\"; k = \"\"; };\n", &sample, &fault), 0);
    assert_string_equal(sample.text, "a \"b\" \\ c");
    assert_int_equal(sample.word, 1);
    assert_int_equal(sample.number, -4);
    assert_true(sample.large == 1795380951123LL);
    assert_true(sample.flag);
    assert_int_equal(sample.inner, 3);
    assert_int_equal(sample.items.count, 2);
    items = sample.items.items;
    assert_string_equal(items[0].name, "x");
    assert_int_equal(items[0].tags.count, 2);
    assert_string_equal((char *)items[0].tags.items + 5, "q");
    assert_string_equal(items[1].name, "y");
    assert_int_equal(sample.names.count, 2);
    assert_string_equal((char *)sample.names.items + 5, "two");
    map = sample.map.items;
    assert_string_equal(map[0].key, "mail");
    assert_string_equal(map[0].value, "a@b");
    assert_string_equal(map[1].value, "");
    conf_free(fields, &sample);
    assert_null(sample.items.items);
}

static void test_what_is_written_reads_the_same(void **state)
{
    struct sample first, second;
    struct fault fault;
    size_t length, again;
    char *text, *twice;

    (void)state;
    assert_int_equal(parse("text = \"\\\"\\\\é\"; word = \"red\"; number = 2147483646; large = -9223372036854775807L;\n"
                           "flag = false; group = { inner = 9; }; items = ( { name = \"x\"; tags = [ \"p\" ]; } );\n"
                           "names = [ \"a\" ]; map = { a = \"\\\"\"; };", &first, &fault), 0);
    text = conf_text(fields, &first, &length);
    assert_non_null(text);
    assert_int_equal(strlen(text), length);
    assert_int_equal(parse(text, &second, &fault), 0);
    twice = conf_text(fields, &second, &again);
    assert_string_equal(text, twice);
    assert_true(second.large == -9223372036854775807LL);
    free(text);
    free(twice);
    conf_free(fields, &first);
    conf_free(fields, &second);
}

static void test_a_long_text_is_written_whole(void **state)
{
    static char names[2000][5];
    struct sample sample = {.text = "t", .inner = 1, .names = {names, 2000}}, back;
    struct fault fault;
    size_t length;
    char *text;

    (void)state;
    for (size_t i = 0; i < 2000; i++)
        memcpy(names[i], "abcd", 5);
    text = conf_text(fields, &sample, &length);
    assert_non_null(text);
    assert_int_equal(parse(text, &back, &fault), 0);
    assert_int_equal(back.names.count, 2000);
    free(text);
    conf_free(fields, &back);
}

/* Each text is wrong in one way; the fault must say where, and what. */
#define X65 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static void test_faults_name_line_and_expectation(void **state)
{
    static const struct {
        const char *text, *expected;
    } wrong[] = {
        {"\ntexx = \"a\";", "file:2: unknown key \"texx\"; known here are: text, word,"},
        {"text = \"a\";\ntext = \"b\";", "file:2: duplicate setting name"},
        {"text = 1;", "file:1: text is a whole number, expected a string"},
        {"text = \"\";", "file:1: text has 0 bytes, expected 1 to 32"},
        {"text = \"012345678901234567890123456789012\";", "file:1: text has 33 bytes, expected 1 to 32"},
        {"text = \"a\\x01\";", "file:1: text holds a control character (0x01)"},
        {"word = \"blue\";", "file:1: word is \"blue\", expected \"red\" or \"green\""},
        {"word = 1;", "file:1: word is a whole number"},
        {"number = 3;", "file:1: number is 3, expected an even number"},
        {"number = 4294967297;", "file:1: the number 4294967297 is too large, expected -2147483648 to 2147483647"},
        {"\nnumber = 2147483648;", "file:2: the number 2147483648 is too large"},
        {"number = -2147483649;", "file:1: the number -2147483649 is too large"},
        {"large = 9223372036854775808L;", "file:1: the number 9223372036854775808L is too large"},
        {"large = 18446744073709551617L;", "file:1: the number 18446744073709551617L is too large"},
        {"number = 010;", "file:1: \"010\" is no number here, expected a whole one in decimal digits"},
        {"number = -012;", "file:1: \"-012\" is no number here"},
        {"number = 00;", "file:1: \"00\" is no number here"},
        {"large = 010L;", "file:1: \"010L\" is no number here"},
        {"number = 0x10;", "file:1: \"0x10\" is no number here"},
        {"number = 0b10;", "file:1: \"0b10\" is no number here"},
        {"number = 0o10;", "file:1: \"0o10\" is no number here"},
        {"large = 0x10L;", "file:1: \"0x10L\" is no number here"},
        {"number = 1e1;", "file:1: \"1e1\" is no number here"},
        {"number = .5;", "file:1: \".5\" is no number here"},
        {"number = 2.;", "file:1: \"2.\" is no number here"},
        {"number = 2.0e0;", "file:1: \"2.0e0\" is no number here"},
        {"number = 2l;", "file:1: \"2l\" is no number here"},
        {"large = 2LLL;", "file:1: \"2LLL\" is no number here"},
        {"number = --2;", "file:1: \"--2\" is no number here"},
        {"number = 1-1;", "file:1: \"1-1\" is no number here"},
        {"number = -;", "file:1: \"-\" is no number here"},
        {"text = \"a\\x00b\";", "file:1: \\x00 in a string, expected text"},
        {"text = \"a\\\"\n\\X00b\";", "file:2: \\x00 in a string"},
        {"names = [ \"a\", ];", "file:1: a comma stands before \"]\", expected a value"},
        {"names = [ \"a\",, \"b\" ];", "file:1: a comma stands before \",\""},
        {"items = ( { name = \"a\"; }, /* */ # \n );", "file:2: a comma stands before \")\""},
        {"number = 2; /* one\ntwo", "file:1: the comment that begins with /* has no end"},
        {"number = 2; // the end", "file:1: the file ends in a comment, expected a newline at the end of the file"},
        {"number = 4294967296L;", "file:1: number is 4294967296, expected -2147483648 to 2147483647"},
        {"number = 1.5;", "file:1: number is a fraction, expected a whole number"},
        {"number = \"2\";", "file:1: number is a string, expected a whole number"},
        {"flag = 1;", "file:1: flag is a whole number, expected true or false"},
        {"group = { };", "file:1: inner is missing"},
        {"group = { inner = 10; };", "file:1: inner is 10, expected 1 to 9"},
        {"group = ( );", "file:1: group is a list ( ), expected a group { }"},
        {"items = { };", "file:1: items is a group { }, expected a list of groups"},
        {"items = ( 1 );", "file:1: items is a whole number, expected a list of groups"},
        {"items = ( { tags = [ \"a\" ]; } );", "file:1: name is missing"},
        {"items = ( { name=\"a\"; },\n{ name=\"b\"; }, { name=\"c\"; }, { name=\"d\"; } );", "has 4 elements, expected 0 to 3"},
        {"names = [ 1 ];", "file:1: names is a whole number, expected a string"},
        {"names = [ \"\" ];", "file:1: names has 0 bytes, expected 1 to 4"},
        {"names = [ \"abcde\" ];", "file:1: names has 5 bytes, expected 1 to 4"},
        {"text = true;", "file:1: text is true or false, expected a string"},
        {"text = \"a\\x7f\";", "file:1: text holds a control character (0x7f)"},
        {"choice = 1;", "file:1: choice is a whole number, expected true, false or a string"},
        {"names = 1;", "file:1: names is a whole number, expected strings in square brackets"},
        {"names = { a = \"b\"; };", "file:1: names is a group { }, expected strings in square brackets"},
        {"names = ( 1 );", "file:1: names is a whole number, expected a string"},
        {"map = { a = \"1\"; b = \"2\"; c = \"3\"; };", "file:1: map has 3 elements, expected 0 to 2"},
        {"map = { " X65 X65 X65 X65 " = \"1\"; };", "file:1: the key xxxx"},
        {"text = ;\n", "file:1: syntax error"},
        {"map = { a = 1; };", "file:1: a is a whole number, expected a string"},
        {"map = [ \"a\" ];", "file:1: map is an array [ ], expected a group"},
        {"text = ;", "file:1: syntax error"},
        {"text = \"a\"\n}", "file:2: syntax error"},
        {"\n@include \"/etc/passwd\"", "file:2: @include is not supported"},
        {" \t@include \"x\"", "file:1: @include is not supported"},
        {"group = {\n@include \"x\"\n};", "file:2: @include is not supported"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct sample sample;
        struct fault fault = {.text = ""};

        assert_int_equal(parse(wrong[i].text, &sample, &fault), -1);
        if (strstr(fault.text, wrong[i].expected) == NULL)
            fail_msg("%s\n  gives: %s\n  expected: %s", wrong[i].text, fault.text, wrong[i].expected);
        conf_free(fields, &sample);
    }
}

static void test_comments_are_no_part_of_values(void **state)
{
    static const char *const texts[] = {
        "# a \"quote\n  text = \"a # b // c\"; # d\nnumber = 2; // e \"\n",
        "text = \"a # b // c\"; /* # \" // */ number = 2; # \"\n",
        "// /* \ntext = \"a # b // c\" ; number = 2 // */\n",
        "text = \"a \" # half\n\"# b // c\"; number = 2; #\n",
        "/* number = 010; */ text = \"a # b // c\", number = +2, # 0x10, ]\n",
        "text: \"a # \" /* \" */ \"b // c\"\nnumber: 2",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct sample sample;
        struct fault fault = {.text = ""};

        if (parse(texts[i], &sample, &fault) != 0)
            fail_msg("%s\n  gives: %s", texts[i], fault.text);
        assert_string_equal(sample.text, "a # b // c");
        assert_int_equal(sample.number, 2);
        conf_free(fields, &sample);
    }
}

static void test_numbers_in_other_places_are_text(void **state)
{
    struct sample sample;
    struct fault fault;

    (void)state;
    assert_int_equal(parse("text = \"010 0x10 ,) \\\\x00 \\\" 1e9\"; map = { a-010 = \"07\"; a_1e5*0 = \",]\" }", &sample, &fault),
                     0);
    assert_string_equal(sample.text, "010 0x10 ,) \\x00 \" 1e9");
    conf_free(fields, &sample);
    assert_int_equal(parse("number = -2147483648 large = 9223372036854775807LL", &sample, &fault), 0);
    assert_int_equal(sample.number, INT_MIN);
    assert_true(sample.large == INT64_MAX);
    conf_free(fields, &sample);
}

static void test_comments_keep_lines_and_escapes(void **state)
{
    struct sample sample;
    struct fault fault;

    (void)state;
    assert_int_equal(parse("# one\n// two\n\nnumber = 3; # odd\n", &sample, &fault), -1);
    assert_non_null(strstr(fault.text, "file:4: number is 3"));
    assert_int_equal(parse("text = \"\\\\\"; # \"\n", &sample, &fault), 0);
    assert_string_equal(sample.text, "\\");
    assert_int_equal(parse("text = \"\\\" # \"; # \"\n", &sample, &fault), 0);
    assert_string_equal(sample.text, "\" # ");
    assert_int_equal(parse("text = \"a\"; # \n@include \"/etc/passwd\"\n", &sample, &fault), -1);
    assert_int_equal(parse("text = \"a\n#\";\n", &sample, &fault), -1); /* in a string it is no comment */
    assert_int_equal(parse("text = \"a\" / / b\n;", &sample, &fault), -1);
    assert_int_equal(parse("number = 2; # the end", &sample, &fault), -1);
    assert_non_null(strstr(fault.text, "a newline at the end of the file"));
}

static void count_fault(void *context, const struct fault *fault)
{
    assert_int_not_equal(fault->text[0], '\0');
    ++*(int *)context;
}

static void test_all_faults_are_told(void **state)
{
    static const char two[] = "number = 3;\nflag = 1;\n", nul[] = "flag = true;\n\0";
    int count = 0;
    const struct conf_faults all = {.each = count_fault, .context = &count};
    struct sample sample = {0};

    (void)state;
    assert_int_equal(conf_parse_all("file", two, sizeof two - 1, fields, &sample, &all), -1);
    assert_int_equal(count, 2);
    assert_int_equal(conf_parse_all("file", nul, sizeof nul - 1, fields, &sample, &all), -1);
    assert_int_equal(count, 3);
    conf_free(fields, &sample);
}

static void test_line_of_a_setting(void **state)
{
    static const char text[] = "a = 1;\ng = { b = 2;\n c = 3; };\n", broken[] = "a = ;\n", nul[] = "a = 1;\n\0";

    (void)state;
    assert_int_equal(conf_line(text, sizeof text - 1, "g.c"), 3);
    assert_int_equal(conf_line(text, sizeof text - 1, "g.d"), 0);
    assert_int_equal(conf_line(broken, sizeof broken - 1, "a"), 0);
    assert_int_equal(conf_line(nul, sizeof nul - 1, "a"), 0);
}

static void test_nul_byte_is_refused(void **state)
{
    static const char text[] = "text = \"a\";\n\0flag = true;";
    struct sample sample = {0};
    struct fault fault;

    (void)state;
    assert_int_equal(conf_parse("file", text, sizeof text - 1, fields, &sample, &fault), -1);
    assert_non_null(strstr(fault.text, "file:2: holds a NUL byte"));
    conf_free(fields, &sample);
}

static void test_deep_nesting_is_a_fault(void **state)
{
    enum { DEPTH = 60000 };
    char *text = malloc(DEPTH + 16);
    struct sample sample = {0};
    struct fault fault;

    (void)state;
    assert_non_null(text);
    memcpy(text, "items = ", 8);
    memset(text + 8, '(', DEPTH);
    text[8 + DEPTH] = '\0';
    assert_int_equal(conf_parse("file", text, 8 + DEPTH, fields, &sample, &fault), -1);
    conf_free(fields, &sample);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_type_is_read),
        cmocka_unit_test(test_what_is_written_reads_the_same),
        cmocka_unit_test(test_a_long_text_is_written_whole),
        cmocka_unit_test(test_faults_name_line_and_expectation),
        cmocka_unit_test(test_comments_are_no_part_of_values),
        cmocka_unit_test(test_numbers_in_other_places_are_text),
        cmocka_unit_test(test_comments_keep_lines_and_escapes),
        cmocka_unit_test(test_all_faults_are_told),
        cmocka_unit_test(test_line_of_a_setting),
        cmocka_unit_test(test_nul_byte_is_refused),
        cmocka_unit_test(test_deep_nesting_is_a_fault),
    };

    return cmocka_run_group_tests_name("conf", tests, NULL, NULL);
}
