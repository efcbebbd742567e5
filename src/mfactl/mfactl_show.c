/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands that show records. */
#include "mfactl/mfactl.h"

#include "admin/admin_duo.h"
#include "admin/admin_svm.h"
#include "admin/admin_totp.h"
#include "admin/totp_missing.h"
#include "records/json.h"
#include "records/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Adds the filter COPY, `FIELD=PATTERN`, which is cut in two. */
static int add_filter(struct query *query, char *copy, struct fault *fault)
{
    char *equals = strchr(copy, '=');

    if (equals == NULL)
        return fault_set(fault, "--query \"%.64s\": expected FIELD=PATTERN", copy);
    *equals = '\0';
    return query_filter(query, copy, equals + 1, fault);
}

/* Adds what --svm, --user and --name ask for: filters for the keys of the records. */
static int add_keys(struct query *query, const struct args *args, struct fault *fault)
{
    static const struct { const char *option, *field; } keys[] = {
        {"svm", "owner.name"}, {"user", "account.name"}, {"name", "name"},
    };

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *value = args_value(args, keys[i].option);

        if (value != NULL && query_filter_literal(query, keys[i].field, value, fault) != 0)
            return -1;
    }
    return 0;
}

int show_filters(struct query *query, const struct args *args, char **copies, struct fault *fault)
{
    for (size_t i = 0; i < args->count; i++) {
        if (strcmp(args->given[i].name, "query") != 0)
            continue;
        copies[i] = strdup(args->given[i].value);
        if (copies[i] == NULL)
            return fault_set(fault, "out of memory");
        if (add_filter(query, copies[i], fault) != 0)
            return -1;
    }
    return add_keys(query, args, fault);
}

/* Fills QUERY by ARGS; COPIES are what it borrows from, for the caller to free. */
static int fill_query(struct query *query, const struct args *args, char **copies, struct fault *fault)
{
    const char *fields = args_value(args, "fields"), *order = args_value(args, "order-by");
    const char *max = args_value(args, "max-records");

    if (show_filters(query, args, copies, fault) != 0)
        return -1;
    if (fields != NULL && query_show(query, fields, fault) != 0)
        return -1;
    if (order != NULL && query_order(query, order, fault) != 0)
        return -1;
    if (max != NULL && (!value_parse_integer(max, &query->max_records) || query->max_records < 0))
        return fault_set(fault, "--max-records is \"%.64s\", expected a whole number from 0", max);
    query->count_only = args_value(args, "no-records") != NULL;
    return 0;
}

static int put_json(void *context, const struct query *query, const struct record *record, struct fault *fault)
{
    bool *any = context;

    (void)fault;
    printf(*any ? ",\n    " : "\n    ");
    *any = true;
    json_record(stdout, record, query->shown, 4);
    return 0;
}

/* What fills the records. */
typedef int show_all(const struct show *show, const struct job *job, struct fault *fault);

/* Prints what the query says, and returns whether that worked. */
static int print_records(struct query *query, const struct job *job, show_all *all, bool json,
                         struct report *problems, struct fault *fault)
{
    bool any = false;
    struct table table;
    struct query_run run = {.query = query, .put = json ? put_json : table_put,
                            .context = json ? (void *)&any : &table};
    const struct show show = {.host = &job->host, .run = &run, .problems = problems};
    int result;

    table_init(&table, stdout, table_terminal_width(stdout), query);
    if (json && !query->count_only)
        printf("{\n  \"records\": [");
    else if (json)
        printf("{");
    result = all(&show, job, fault);
    if (query_finish(&run, result != 0, fault) != 0)
        result = -1;
    table_finish(&table);
    if (json)
        printf("%s\n  \"num_records\": %lld\n}\n", query->count_only ? "" : any ? "\n  ]," : "],", run.count);
    else if (query->count_only)
        printf("%lld\n", run.count);
    else if (result == 0)
        printf("%s%lld %s%s\n", run.count > 0 ? "\n" : "", run.count, run.count == 1 ? "record" : "records",
               run.cut ? ", and more: see --max-records" : "");
    return result;
}

static enum result show_records(const struct job *job, const struct record_field *fields, show_all *all,
                                struct fault *fault)
{
    bool json = args_value(&job->args, "json") != NULL;
    struct report problems = {.line = print_line, .context = stderr};
    char *copies[ARGS_MAX] = {0};
    struct query query;
    enum result result = RESULT_FAILED;

    query_init(&query, fields, !json);
    if (fill_query(&query, &job->args, copies, fault) != 0)
        result = RESULT_INVALID;
    else if (print_records(&query, job, all, json, &problems, fault) == 0) {
        result = problems.count == 0 ? RESULT_DONE : RESULT_FAILED;
        fault_set(fault, "%zu of the files are broken; see: mfactl check", problems.count);
    }
    query_free(&query);
    for (size_t i = 0; i < ARGS_MAX; i++)
        free(copies[i]);
    return result;
}

static int all_svms(const struct show *show, const struct job *job, struct fault *fault)
{
    (void)job;
    return admin_svm_show(show, fault);
}

static int all_duo(const struct show *show, const struct job *job, struct fault *fault)
{
    (void)job;
    return admin_duo_show(show, fault);
}

static int all_of_list(const struct show *show, const struct job *job, struct fault *fault)
{
    return admin_duo_list_show(show, (enum duo_list)job->command->list, fault);
}

static int all_totp(const struct show *show, const struct job *job, struct fault *fault)
{
    (void)job;
    return admin_totp_show(show, fault);
}

static int all_missing(const struct show *show, const struct job *job, struct fault *fault)
{
    struct missing_scope scope = {.svm = svm_of(job), .all = args_value(&job->args, "all") != NULL};

    for (size_t i = 0; i < job->args.count; i++) {
        if (strcmp(job->args.given[i].name, "group") != 0)
            continue;
        if (scope.group_count == MISSING_GROUPS_MAX)
            return fault_set(fault, "more than %d groups", MISSING_GROUPS_MAX);
        scope.groups[scope.group_count++] = job->args.given[i].value;
    }
    return totp_missing_show(show, &scope, fault);
}

enum result run_svm_show(struct job *job, struct fault *fault)
{
    return show_records(job, admin_svm_fields, all_svms, fault);
}

enum result run_duo_show(struct job *job, struct fault *fault)
{
    return show_records(job, admin_duo_fields, all_duo, fault);
}

enum result run_list_show(struct job *job, struct fault *fault)
{
    return show_records(job, admin_duo_list_fields[job->command->list], all_of_list, fault);
}

enum result run_totp_show(struct job *job, struct fault *fault)
{
    return show_records(job, admin_totp_fields, all_totp, fault);
}

enum result run_totp_missing(struct job *job, struct fault *fault)
{
    struct svm svm;
    enum result result = admin_svm_read(&job->host, svm_of(job), &svm, fault);

    if (result != RESULT_DONE)
        return result;
    svm_free(&svm);
    return show_records(job, totp_missing_fields, all_missing, fault);
}
