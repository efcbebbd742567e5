/* SPDX-License-Identifier: BSD-2-Clause */
/* Patterns on each type, queries, their order and limits, records as JSON, settings as text. */
#include "unit.h"

#include "records/json.h"
#include "records/pattern.h"
#include "records/query.h"
#include "src/admin/setting.h"
#include "config/svm.h"
#include "records/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct expectation {
    enum value_type type;
    const char *value; /* as text; NULL: unset; of a list with commas between */
    const char *pattern;
    bool matches;
};

static const struct expectation expectations[] = {
    /* Strings. */
    {VALUE_STRING, "vs0", "vs0", true}, {VALUE_STRING, "vs0", "vs1", false}, {VALUE_STRING, "vs0", "vs", false},
    {VALUE_STRING, "vs0", "VS0", false}, {VALUE_STRING, "vs0", "vs*", true}, {VALUE_STRING, "vs0", "*s*", true},
    {VALUE_STRING, "vs0", "*", true}, {VALUE_STRING, "vs0", "*1", false}, {VALUE_STRING, "vs0", "v*s*0", true},
    {VALUE_STRING, "vs0", "vs0*", true}, {VALUE_STRING, "vs0", "!vs0", false}, {VALUE_STRING, "vs0", "!vs1", true},
    {VALUE_STRING, "vs0", "!vs*", false}, {VALUE_STRING, "vs0", "vs1|vs0", true}, {VALUE_STRING, "vs0", "a|b", false},
    {VALUE_STRING, "vs0", "!vs0|vs0", true}, {VALUE_STRING, "vs0", "vs0..vs9", true},
    {VALUE_STRING, "vs0", "a..vs0", true}, {VALUE_STRING, "vs0", "vs1..vs9", false},
    {VALUE_STRING, "vs0", "<vs1", true},
    {VALUE_STRING, "vs0", "<vs0", false}, {VALUE_STRING, "vs0", "<=vs0", true}, {VALUE_STRING, "vs0", ">vs0", false},
    {VALUE_STRING, "vs0", ">=vs0", true}, {VALUE_STRING, "vs0", ">a", true}, {VALUE_STRING, "vs0", "null", false},
    {VALUE_STRING, "vs0", "!null", true}, {VALUE_STRING, "vs0", "\"vs0\"", true},
    {VALUE_STRING, "vs0", "\"vs*\"", false},
    {VALUE_STRING, "a|b", "\"a|b\"", true}, {VALUE_STRING, "a|b", "a|b", false}, {VALUE_STRING, "a*b", "\"a*b\"", true},
    {VALUE_STRING, "a..b", "\"a..b\"", true}, {VALUE_STRING, "null", "\"null\"", true},
    {VALUE_STRING, "null", "null", false}, {VALUE_STRING, "!x", "\"!x\"", true},
    {VALUE_STRING, "a\"b", "\"a\\\"b\"", true},
    {VALUE_STRING, "a\\b", "\"a\\\\b\"", true}, {VALUE_STRING, "a*b.c", "\"a*\"b*", true},
    {VALUE_STRING, "axb.c", "\"a*\"b*", false}, {VALUE_STRING, "10", "9", false},
    /* Unset: nothing but null, and the empty literal. */
    {VALUE_STRING, NULL, "null", true}, {VALUE_STRING, NULL, "!null", false}, {VALUE_STRING, NULL, "*", false},
    {VALUE_STRING, NULL, "!x", false}, {VALUE_STRING, NULL, "\"\"", true}, {VALUE_STRING, NULL, "<x", false},
    {VALUE_STRING, NULL, "x|null", true}, {VALUE_INTEGER, NULL, "!5", false}, {VALUE_BOOLEAN, NULL, "!true", false},
    /* Numbers are compared as numbers. */
    {VALUE_INTEGER, "10", "10", true}, {VALUE_INTEGER, "10", "9", false}, {VALUE_INTEGER, "10", ">9", true},
    {VALUE_INTEGER, "10", "<9", false}, {VALUE_INTEGER, "10", "<=10", true}, {VALUE_INTEGER, "10", ">=11", false},
    {VALUE_INTEGER, "10", "9..11", true}, {VALUE_INTEGER, "10", "10..10", true}, {VALUE_INTEGER, "10", "11..20", false},
    {VALUE_INTEGER, "10", "-5..10", true}, {VALUE_INTEGER, "10", "!10", false}, {VALUE_INTEGER, "10", "!11", true},
    {VALUE_INTEGER, "10", "1|10", true}, {VALUE_INTEGER, "10", "1*", true}, {VALUE_INTEGER, "10", "*", true},
    {VALUE_INTEGER, "10", "2*", false}, {VALUE_INTEGER, "10", "\"10\"", true}, {VALUE_INTEGER, "10", "null", false},
    {VALUE_INTEGER, "10", "!null", true}, {VALUE_INTEGER, "-3", "<-2", true}, {VALUE_INTEGER, "10", "010", true},
    /* Truth values, in either spelling. */
    {VALUE_BOOLEAN, "true", "true", true}, {VALUE_BOOLEAN, "true", "1", true}, {VALUE_BOOLEAN, "false", "0", true},
    {VALUE_BOOLEAN, "false", "true", false}, {VALUE_BOOLEAN, "false", "!true", true},
    {VALUE_BOOLEAN, "false", "false|true", true}, {VALUE_BOOLEAN, "true", "t*", true},
    {VALUE_BOOLEAN, "true", "false..true", true}, {VALUE_BOOLEAN, "false", ">false", false},
    {VALUE_BOOLEAN, "true", ">false", true}, {VALUE_BOOLEAN, "false", "<true", true},
    {VALUE_BOOLEAN, "true", "<=1", true}, {VALUE_BOOLEAN, "false", ">=1", false},
    {VALUE_BOOLEAN, "true", "\"true\"", true},
    {VALUE_BOOLEAN, "true", "null", false}, {VALUE_BOOLEAN, "true", "!null", true},
    /* Lists: one element is enough, and with `!` none may be. */
    {VALUE_STRINGS, "duo,totp", "totp", true}, {VALUE_STRINGS, "duo,totp", "t*", true},
    {VALUE_STRINGS, "duo,totp", "x", false}, {VALUE_STRINGS, "duo,totp", "!totp", false},
    {VALUE_STRINGS, "duo,totp", "!x", true}, {VALUE_STRINGS, "duo,totp", "x|duo", true},
    {VALUE_STRINGS, "duo,totp", ">s", true}, {VALUE_STRINGS, "duo,totp", "e..f", false},
    {VALUE_STRINGS, "duo,totp", "null", false}, {VALUE_STRINGS, "duo,totp", "!null", true},
    {VALUE_STRINGS, NULL, "null", true}, {VALUE_STRINGS, NULL, "!x", false}, {VALUE_STRINGS, "a|b", "\"a|b\"", true},
};

static struct value value_of(const struct expectation *expectation)
{
    struct value value = {0};
    long long number = 0;
    bool on = false;
    char copy[256], *rest = copy, *part;

    if (expectation->value == NULL)
        return value;
    snprintf(copy, sizeof copy, "%s", expectation->value);
    switch (expectation->type) {
    case VALUE_STRING: assert_int_equal(value_set_string(&value, copy), 0); break;
    case VALUE_INTEGER:
        assert_true(value_parse_integer(copy, &number));
        value_set_integer(&value, number);
        break;
    case VALUE_BOOLEAN:
        assert_true(value_parse_boolean(copy, &on));
        value_set_boolean(&value, on);
        break;
    case VALUE_STRINGS:
        while ((part = strsep(&rest, ",")) != NULL)
            assert_int_equal(value_add_string(&value, part), 0);
        break;
    case VALUE_UNSET:
    case VALUE_MAP: break;
    }
    return value;
}

static void test_every_operator_on_every_type(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof expectations / sizeof *expectations; i++) {
        struct value value = value_of(&expectations[i]);
        struct fault fault = {.text = ""};
        const struct record_field field = {.name = "x", .type = expectations[i].type};
        struct pattern *pattern = pattern_parse(expectations[i].pattern, &field, &fault);

        if (pattern == NULL)
            fail_msg("%s: %s", expectations[i].pattern, fault.text);
        if (pattern_matches(pattern, &value) != expectations[i].matches)
            fail_msg("%s %s %s", expectations[i].value, expectations[i].matches ? "does not match" : "matches",
                     expectations[i].pattern);
        pattern_free(&pattern);
        value_free(&value);
    }
}

static void test_bad_patterns(void **state)
{
    static const struct { enum value_type type; const char *pattern; } bad[] = {
        {VALUE_STRING, ""}, {VALUE_STRING, "!"}, {VALUE_STRING, "a|"}, {VALUE_STRING, "|a"}, {VALUE_STRING, "\"a"},
        {VALUE_STRING, "a.."}, {VALUE_STRING, "..b"}, {VALUE_STRING, "a..b..c"}, {VALUE_STRING, "<a..b"},
        {VALUE_STRING, "<"}, {VALUE_STRING, "<a*"}, {VALUE_STRING, "a*..b"}, {VALUE_STRING, "a\001b"},
        {VALUE_STRING, "a\nb"}, {VALUE_INTEGER, "x"}, {VALUE_INTEGER, "<x"}, {VALUE_INTEGER, "1..x"},
        {VALUE_INTEGER, "99999999999999999999"}, {VALUE_INTEGER, "1.5"}, {VALUE_BOOLEAN, "yes"}, {VALUE_BOOLEAN, "2"},
    };
    static const struct record_field text = {.name = "x", .type = VALUE_STRING};
    static char long_pattern[PATTERN_LENGTH_MAX + 2], many[2 * PATTERN_ALTERNATIVES_MAX + 2];
    struct fault fault;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const struct record_field field = {.name = "x", .type = bad[i].type};
        struct pattern *pattern;

        fault.text[0] = '\0';
        pattern = pattern_parse(bad[i].pattern, &field, &fault);
        if (pattern != NULL || fault.text[0] == '\0')
            fail_msg("\"%s\" is taken for a pattern", bad[i].pattern);
    }
    memset(long_pattern, 'x', sizeof long_pattern - 1);
    assert_null(pattern_parse(long_pattern, &text, &fault));
    for (size_t i = 0; i <= PATTERN_ALTERNATIVES_MAX; i++)
        memcpy(many + 2 * i, "a|", 2);
    many[2 * PATTERN_ALTERNATIVES_MAX + 1] = '\0';
    assert_null(pattern_parse(many, &text, &fault));
}

/* What a field can never hold is a mistake of whoever asks, and no empty answer. */
static void test_impossible_values(void **state)
{
    static const char *const words[] = {"safe", "secure", NULL};
    static const struct record_field number = {.name = "n", .type = VALUE_INTEGER, .min = 1, .max = 3},
                                     word = {.name = "w", .type = VALUE_STRING, .words = words},
                                     list = {.name = "l", .type = VALUE_STRINGS, .words = words};
    static const struct { const struct record_field *field; const char *pattern; bool possible; } cases[] = {
        {&number, "9", false}, {&number, "0", false}, {&number, "!4", false}, {&number, "1|9", false},
        {&number, "1..4", false}, {&number, ">9", false}, {&number, "\"9\"", false}, {&number, "1..3", true},
        {&number, ">=1", true}, {&number, "*9", true}, {&number, "null", true}, {&word, "open", false},
        {&word, "safe|open", false}, {&word, "!open", false}, {&word, "SAFE", false}, {&word, "safe", true},
        {&word, "!\"secure\"", true}, {&word, "s*", true}, {&word, ">a", true}, {&word, "null", true},
        {&list, "sms", false}, {&list, "safe", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fault fault = {.text = ""};
        struct pattern *pattern = pattern_parse(cases[i].pattern, cases[i].field, &fault);

        if ((pattern != NULL) != cases[i].possible)
            fail_msg("%s: %s", cases[i].pattern, cases[i].possible ? fault.text : "taken");
        if (!cases[i].possible)
            assert_non_null(strstr(fault.text, "expected"));
        pattern_free(&pattern);
    }
}

static const struct record_field fields[] = {
    {"owner.uuid", VALUE_STRING, .flags = RECORD_KEY | RECORD_EARLY}, {"owner.name", VALUE_STRING, .flags = RECORD_KEY | RECORD_EARLY},
    {"number", VALUE_INTEGER, .flags = RECORD_LISTED}, {"on", VALUE_BOOLEAN, .flags = 0}, {"status", VALUE_STRING, .flags = RECORD_COSTLY},
    {"data", VALUE_MAP, .flags = 0}, {0},
};

struct output {
    long long numbers[4096];
    size_t count;
};

static int put(void *context, const struct query *query, const struct record *record, struct fault *fault)
{
    struct output *output = context;

    (void)query;
    (void)fault;
    output->numbers[output->count++] = record->values[2].type == VALUE_UNSET ? -1 : record->values[2].number;
    return 0;
}

/* Offers 1000 records: number i * 7 % 1000, on if even, owner.name by its last digit; then some without a number. */
static void offer_all(struct query_run *run)
{
    struct fault fault;
    int result = 0;

    for (int i = 0; i < 1000 && result == 0; i++) {
        struct record record = {.fields = fields};
        char name[16];

        snprintf(name, sizeof name, "vs%d", i % 10);
        record_set_string(&record, "owner.name", name);
        if (i < 998)
            record_set_integer(&record, "number", i * 7 % 1000);
        record_set_boolean(&record, "on", i % 2 == 0);
        record_add_pair(&record, "data", "mail", name);
        result = query_offer(run, &record, &fault);
    }
    assert_int_equal(query_finish(run, false, &fault), 0);
}

static void test_query_orders_and_cuts(void **state)
{
    struct fault fault;
    struct output output = {.count = 0};
    struct query query;
    struct query_run run = {.query = &query, .put = put, .context = &output};

    (void)state;
    query_init(&query, fields, false);
    assert_int_equal(query_order(&query, "number desc", &fault), 0);
    query.max_records = 3;
    offer_all(&run);
    assert_int_equal(run.count, 3);
    assert_true(run.cut);
    assert_int_equal(output.numbers[0], 999);
    assert_int_equal(output.numbers[1], 998);
    assert_int_equal(output.numbers[2], 997);
    query_free(&query);

    output.count = 0;
    query_init(&query, fields, false);
    run = (struct query_run){.query = &query, .put = put, .context = &output};
    assert_int_equal(query_order(&query, "owner.name desc, number asc", &fault), 0);
    assert_int_equal(query_filter(&query, "on", "1", &fault), 0);
    assert_int_equal(query_filter(&query, "number", "<500", &fault), 0);
    offer_all(&run);
    assert_int_equal(run.count, output.count);
    assert_false(run.cut);
    assert_int_equal(output.numbers[0], 6); /* vs8: the numbers that end in 6 */
    assert_int_equal(output.numbers[1], 16);
    query_free(&query);

    /* What is unset sorts first, and matches null alone. */
    output.count = 0;
    query_init(&query, fields, false);
    run = (struct query_run){.query = &query, .put = put, .context = &output};
    assert_int_equal(query_order(&query, "number", &fault), 0);
    query.max_records = 4;
    offer_all(&run);
    assert_int_equal(output.numbers[1], -1);
    assert_int_equal(output.numbers[2], 0);
    query_free(&query);

    output.count = 0;
    query_init(&query, fields, false);
    run = (struct query_run){.query = &query, .put = put, .context = &output};
    query.max_records = 5;
    assert_int_equal(query_filter(&query, "data.mail", "vs1|vs2", &fault), 0);
    offer_all(&run);
    assert_int_equal(output.count, 5);
    assert_true(run.cut);
    query_free(&query);

    output.count = 0;
    query_init(&query, fields, false);
    run = (struct query_run){.query = &query, .put = put, .context = &output};
    query.count_only = true;
    assert_int_equal(query_filter(&query, "number", "null", &fault), 0);
    offer_all(&run);
    assert_int_equal(run.count, 2);
    assert_int_equal(output.count, 0);
    query_free(&query);
}

static void test_query_fields(void **state)
{
    struct fault fault;
    struct query query;

    (void)state;
    query_init(&query, fields, false);
    assert_true(query.shown[0] && query.shown[1] && !query.shown[2]);
    assert_int_equal(query_show(&query, "on, number", &fault), 0);
    assert_true(query.shown[0] && query.shown[2] && query.shown[3] && !query.shown[4]);
    assert_int_equal(query_show(&query, "*", &fault), 0);
    assert_true(query.shown[3] && query.shown[5] && !query.shown[4]);
    assert_false(query_needs(&query, "status"));
    assert_int_equal(query_show(&query, "**", &fault), 0);
    assert_true(query_needs(&query, "status"));
    assert_int_equal(query_show(&query, "owner", &fault), 0);
    assert_int_equal(query_show(&query, "bogus", &fault), -1);
    assert_non_null(strstr(fault.text, "\"bogus\""));
    assert_non_null(strstr(fault.text, "owner.uuid, owner.name, number, on, status, data.*"));
    assert_int_equal(query_filter(&query, "", "x", &fault), -1);
    assert_int_equal(query_order(&query, "number up", &fault), -1);
    assert_int_equal(query_order(&query, "number,,on", &fault), -1);
    assert_int_equal(query_order(&query, "data.mail", &fault), -1);
    query_free(&query);
}

static void test_json(void **state)
{
    static const char expected[] = "{\n  \"owner\": {\n    \"name\": \"a\\\"\\\\\\u0001\\ufffd\xc3\xa9\"\n  },\n"
                                   "  \"number\": -5,\n  \"on\": true,\n  \"data\": {\"k\": \"v\"}\n}";
    struct record record = {.fields = fields};
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    (void)state;
    record_set_string(&record, "owner.name", "a\"\\\001\xff\xc3\xa9");
    record_set_integer(&record, "number", -5);
    record_set_boolean(&record, "on", true);
    record_add_pair(&record, "data", "k", "v");
    json_record(out, &record, NULL, 0);
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
    record_free(&record);
}

/* No line of a table is wider than the terminal, whatever is in the records, and no control character gets through. */
static void test_table_fits(void **state)
{
    static const char long_text[] = "a rather long comment that alone takes more than half of the line and then goes "
                                    "on and on without an end in sight";
    static const char *const texts[] = {"short", "\033[2J\007wipe", long_text, "", "\xff"};

    (void)state;
    for (int width = 20; width <= 120; width += 20) {
        struct query query;
        struct table table;
        char *text = NULL, *line, *rest;
        size_t length;
        FILE *out = open_memstream(&text, &length);
        struct fault fault;

        query_init(&query, fields, false);
        assert_int_equal(query_show(&query, "**", &fault), 0);
        table_init(&table, out, width, &query);
        for (int i = 0; i < 300; i++) {
            struct record record = {.fields = fields};

            record_set_string(&record, "owner.name", i < 250 ? "vs0" : texts[i % 5]);
            record_set_string(&record, "status", i < 250 && width > 80 ? "OK" : texts[i % 5]);
            record_set_integer(&record, "number", i);
            assert_int_equal(table_put(&table, &query, &record, &fault), 0);
            record_free(&record);
        }
        table_finish(&table);
        fclose(out);
        rest = text;
        while ((line = strsep(&rest, "\n")) != NULL) {
            if (strlen(line) > (size_t)width)
                fail_msg("%zu columns of %d: %s", strlen(line), width, line);
            for (char *c = line; *c != '\0'; c++)
                assert_true(*c >= ' ' && *c < 0x7f);
        }
        free(text);
        query_free(&query);
    }
}

static void test_settings(void **state)
{
    struct fault fault;
    struct value value = {0};
    struct svm svm;

    (void)state;
    svm_defaults(&svm, "vs0");
    assert_int_equal(setting_set(svm_fields, &svm, "totp.digits", "8", &fault), 0);
    assert_int_equal(svm.totp.digits, 8);
    assert_int_equal(setting_set(svm_fields, &svm, "totp.digits", "7", &fault), -1);
    assert_int_equal(setting_set(svm_fields, &svm, "totp.window", "11", &fault), -1);
    assert_int_equal(setting_set(svm_fields, &svm, "totp.window", "x", &fault), -1);
    assert_int_equal(setting_set(svm_fields, &svm, "totp.algorithm", "MD5", &fault), -1);
    assert_int_equal(setting_set(svm_fields, &svm, "totp", "x", &fault), -1);
    assert_int_equal(setting_set(svm_fields, &svm, "bogus", "x", &fault), -1);
    assert_int_equal(setting_set(svm_fields, &svm, "comment", "line\nbreak", &fault), -1);
    assert_int_equal(setting_set(svm_fields, &svm, "factors", "duo,totp", &fault), 0);
    assert_int_equal(setting_set(svm_fields, &svm, "factors", "", &fault), -1);
    assert_int_equal(setting_set(svm_fields, &svm, "factors", "duo,,totp", &fault), -1);
    assert_int_equal(setting_set(svm_fields, &svm, "factors", "sms", &fault), -1);
    assert_int_equal(setting_get(svm_fields, &svm, "factors", &value), 0);
    assert_int_equal(value.count, 2);
    value_free(&value);
    svm_free(&svm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_operator_on_every_type),
        cmocka_unit_test(test_bad_patterns),
        cmocka_unit_test(test_impossible_values),
        cmocka_unit_test(test_query_orders_and_cuts),
        cmocka_unit_test(test_query_fields),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_table_fits),
        cmocka_unit_test(test_settings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
