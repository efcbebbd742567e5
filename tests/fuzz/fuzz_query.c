/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The pam_mfa authors */
/*
 * Questions for records, as the REST API's query strings and mfactl's options hold them. One line each: `f
 * FIELD=PATTERN`, `s FIELDS`, `o ORDER`, `m MAX`, `v NAME=VALUE` for a setting; any other line is text in a record.
 */
#include "records/json.h"
#include "records/pattern.h"
#include "records/query.h"
#include "src/admin/setting.h"
#include "config/svm.h"
#include "records/table.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MUST(condition) ((condition) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct record_field fields[] = {
    {"owner.uuid", VALUE_STRING, .flags = RECORD_KEY | RECORD_EARLY}, {"owner.name", VALUE_STRING, .flags = RECORD_KEY | RECORD_LISTED},
    {"text", VALUE_STRING, .flags = RECORD_LISTED}, {"number", VALUE_INTEGER, .flags = 0}, {"on", VALUE_BOOLEAN, .flags = 0},
    {"list", VALUE_STRINGS, .flags = RECORD_COSTLY}, {"map", VALUE_MAP, .flags = 0}, {0},
};

static const struct record_field text_field = {.name = "text", .type = VALUE_STRING};

struct texts {
    char *lines[64];
    size_t count;
};

/* A pattern that is the value, in quotes, matches it; and `!` turns every answer round. */
static void check_literal(const char *text)
{
    char quoted[2 * PATTERN_LENGTH_MAX + 3], negated[sizeof quoted + 1];
    struct value value = {0};
    struct pattern *pattern, *opposite;
    struct fault fault;
    size_t used = 0;

    if (strlen(text) > PATTERN_LENGTH_MAX / 2 - 2 || text[0] == '\0')
        return;
    quoted[used++] = '"';
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return;
        if (*c == '"' || *c == '\\')
            quoted[used++] = '\\';
        quoted[used++] = *c;
    }
    quoted[used++] = '"';
    quoted[used] = '\0';
    snprintf(negated, sizeof negated, "!%s", quoted);
    MUST(value_set_string(&value, text) == 0);
    pattern = pattern_parse(quoted, &text_field, &fault);
    opposite = pattern_parse(negated, &text_field, &fault);
    MUST(pattern != NULL && opposite != NULL);
    MUST(pattern_matches(pattern, &value) && !pattern_matches(opposite, &value));
    pattern_free(&pattern);
    pattern_free(&opposite);
    value_free(&value);
}

static void set_svm(char *line)
{
    char *value = strchr(line, '=');
    struct fault fault;
    struct svm svm, proof;
    size_t length;
    char *text;

    if (value == NULL)
        return;
    *value++ = '\0';
    svm_defaults(&svm, "vs0");
    snprintf(svm.uuid, sizeof svm.uuid, "5f618c80-d90a-11ed-a6e6-0050568e8ef2");
    MUST(setting_set(svm_fields, &svm, "factors", "duo,totp", &fault) == 0);
    /* What is accepted as a setting, the file's own reader accepts too. */
    if (setting_set(svm_fields, &svm, line, value, &fault) == 0 && strcmp(line, "owner.name") != 0) {
        text = conf_text(svm_fields, &svm, &length);
        MUST(text != NULL);
        svm_defaults(&proof, "vs0");
        MUST(conf_parse("proof", text, length, svm_fields, &proof, &fault) == 0);
        svm_free(&proof);
        free(text);
    }
    svm_free(&svm);
}

static void ask(struct query *query, char *line, struct texts *texts)
{
    struct fault fault;
    char *equals = strchr(line, '=');

    if (strncmp(line, "f ", 2) == 0 && equals != NULL) {
        *equals = '\0';
        (void)!query_filter(query, line + 2, equals + 1, &fault);
    } else if (strncmp(line, "s ", 2) == 0)
        (void)!query_show(query, line + 2, &fault);
    else if (strncmp(line, "o ", 2) == 0)
        (void)!query_order(query, line + 2, &fault);
    else if (strncmp(line, "m ", 2) == 0)
        (void)!value_parse_integer(line + 2, &query->max_records);
    else if (strncmp(line, "v ", 2) == 0)
        set_svm(line + 2);
    else if (texts->count < sizeof texts->lines / sizeof *texts->lines) {
        texts->lines[texts->count++] = line;
        check_literal(line);
    }
    if (query->max_records < 0 || query->max_records > 1000)
        query->max_records = -1;
}

static int put_json(void *context, const struct query *query, const struct record *record, struct fault *fault)
{
    (void)fault;
    json_record(context, record, query->shown, 2);
    return 0;
}

static void run_query(const struct query *query, const struct texts *texts, bool json)
{
    char *output = NULL;
    size_t length;
    FILE *out = open_memstream(&output, &length);
    struct table table;
    struct query_run run = {.query = query, .put = json ? put_json : table_put, .context = json ? (void *)out : &table};
    struct fault fault;
    int result = 0;

    MUST(out != NULL);
    table_init(&table, out, 40, query);
    for (size_t i = 0; i < texts->count && result == 0; i++) {
        struct record record = {.fields = fields};

        record_set_string(&record, "owner.name", texts->lines[i]);
        record_set_string(&record, "text", texts->lines[texts->count - 1 - i]);
        if (i % 3 != 0)
            record_set_integer(&record, "number", (long long)i - 5);
        record_set_boolean(&record, "on", i % 2 == 0);
        for (size_t j = 0; j < i % 4; j++) {
            record_add_string(&record, "list", texts->lines[j]);
            record_add_pair(&record, "map", texts->lines[j], texts->lines[i]);
        }
        if (query_excludes(query, &record))
            MUST(!query_matches(query, &record));
        result = query_offer(&run, &record, &fault);
        record_free(&record);
    }
    MUST(result >= 0);
    MUST(query_finish(&run, false, &fault) == 0);
    MUST(query->max_records < 0 || query->count_only || run.count <= query->max_records);
    table_finish(&table);
    fclose(out);
    /* Nothing that steers a terminal, whatever was in the records. */
    for (size_t i = 0; i < length; i++)
        MUST((unsigned char)output[i] >= ' ' || output[i] == '\n');
    free(output);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = calloc(1, size + 1), *rest = copy, *line;
    struct texts texts = {.count = 0};
    struct query query;

    MUST(copy != NULL);
    if (size > 0)
        memcpy(copy, data, size);
    query_init(&query, fields, size % 2 == 0);
    while ((line = strsep(&rest, "\n")) != NULL)
        ask(&query, line, &texts);
    run_query(&query, &texts, true);
    run_query(&query, &texts, false);
    query_free(&query);
    free(copy);
    return 0;
}
