/* SPDX-License-Identifier: BSD-2-Clause */
/* What MUST hold: whoever is not root is shown what is theirs, whatever the query says. */
#include "api/collection.h"

#include "api/page.h"
#include "api/render.h"
#include "records/json.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const reserved[] = {"fields", "order_by", "max_records", "return_records", "return_timeout", NULL};

static bool is_reserved(const char *name)
{
    for (size_t i = 0; reserved[i] != NULL; i++)
        if (strcmp(reserved[i], name) == 0)
            return true;
    return strncmp(name, "start.", 6) == 0;
}

static int show(struct request *request, const struct resource *resource, struct query_run *run, struct fault *fault)
{
    struct report problems = {.line = resource_log_problem};
    struct fault unavailable = {.text = ""};
    const struct show what = {.host = &request->host, .run = run, .problems = &problems, .unavailable = &unavailable,
                              .only = request->is_root || resource->self == NULL ? NULL : &request->caller};
    int result = resource->show(&what, fault);

    if (query_finish(run, result != 0, fault) != 0)
        return -1;
    /* That something is not there is not said before it was looked for everywhere. */
    if (result == 0 && unavailable.text[0] != '\0') {
        *fault = unavailable;
        return -1;
    }
    return result;
}

static int add_literal(struct query *query, const char *field, const char *text, struct fault *fault)
{
    char pattern[2 * LIMIT_TARGET + 4], *out = pattern;

    *out++ = '"';
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            *out++ = '\\';
        *out++ = *text;
    }
    strcpy(out, "\"");
    return query_filter(query, field, pattern, fault);
}

/* Adds the filters of the request's query, and that of a caller who may see but their own. *COUNT: of the query's. */
static int add_filters(struct request *request, const struct resource *resource, struct query *query, size_t *count)
{
    struct fault fault;

    *count = 0;
    for (size_t i = 0; i < request->target.parameter_count; i++) {
        const struct parameter *parameter = &request->target.parameters[i];
        const char *key;

        if (is_reserved(parameter->name))
            continue;
        if (record_find(*resource->fields, parameter->name, &key) < 0)
            return reply_error(&request->reply, REPLY_UNEXPECTED, parameter->name, "unexpected query field \"%.100s\"",
                               parameter->name);
        if (query_filter(query, parameter->name, parameter->value, &fault) != 0)
            return reply_error(&request->reply, REPLY_INVALID, parameter->name, "%s", fault.text);
        ++*count;
    }
    if (!request->is_root && resource->self != NULL &&
        add_literal(query, resource->self, request->caller.name, &fault) != 0)
        return reply_fault(&request->reply, &fault);
    return 0;
}

/* One GET of a collection. */
struct get {
    struct request *request;
    const struct resource *resource;
    struct page page;
    bool return_records;
    long long limit; /* records on the page */
    long long count;
    bool is_cut;     /* there are more */
    bool failed;     /* a record could not be told */
};

static long long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int put(void *context, const struct query *query, const struct record *record, struct fault *fault)
{
    struct get *get = context;
    struct request *request = get->request;

    (void)fault;
    if (get->is_cut || get->failed)
        return 0;
    if (get->count == get->limit || (get->count > 0 && (reply_length(&request->reply) > LIMIT_PAGE ||
                                                        now_ms() > request->deadline))) {
        get->is_cut = true;
        return 0;
    }
    fputs(get->count > 0 ? ",\n    " : "\n    ", request->reply.out);
    render_record(request->reply.out, get->resource, record, query->shown, request->hal, 4);
    get->failed = page_note(&get->page, record) != 0;
    get->count++;
    return 0;
}

/* One part of the page. -1: answered already. 1: there is no such part. */
static int get_part(struct get *get, size_t part)
{
    struct request *request = get->request;
    const char *fields = target_parameter(&request->target, "fields");
    struct query query;
    struct query_run run = {.query = &query, .put = put, .context = get};
    struct fault fault;
    size_t filters;
    int result = -1, has_part;

    query_init(&query, *get->resource->fields, false);
    query.count_only = !get->return_records;
    query.max_records = query.count_only ? -1 : get->limit - get->count + 1;
    has_part = page_filter(&get->page, part, &query, &fault);
    if (has_part < 0)
        reply_error(&request->reply, REPLY_INVALID, "start", "%s", fault.text);
    else if (has_part != 1)
        result = has_part == 0;
    else if (fields != NULL && query_show(&query, fields, &fault) != 0)
        reply_error(&request->reply, REPLY_INVALID, "fields", "%s", fault.text);
    else if (get->page.order != NULL && query_order(&query, get->page.order, &fault) != 0)
        reply_error(&request->reply, REPLY_INVALID, "order_by", "%s", fault.text);
    else if (add_filters(request, get->resource, &query, &filters) != 0)
        ;
    else if (show(request, get->resource, &run, &fault) != 0)
        reply_fault(&request->reply, &fault);
    else
        result = 0;
    if (result == 0 && has_part == 1 && query.count_only)
        get->count += run.count;
    query_free(&query);
    return result;
}

/* A parameter that is a number from LOW to HIGH; more than HIGH is HIGH if CLAMPED. */
static int read_number(struct request *request, const char *name, long long low, long long high, bool clamped,
                       long long *number)
{
    const char *text = target_parameter(&request->target, name);

    if (text == NULL)
        return 0;
    if (!value_parse_integer(text, number) || *number < low || (*number > high && !clamped))
        return reply_error(&request->reply, REPLY_INVALID, name, "%s is \"%.64s\", expected %lld to %lld", name, text,
                           low, high);
    if (*number > high)
        *number = high;
    return 0;
}

static int read_parameters(struct get *get)
{
    struct request *request = get->request;
    const char *records = target_parameter(&request->target, "return_records");
    long long seconds = 15;

    get->limit = COLLECTION_MAX;
    get->return_records = true;
    if (records != NULL && !value_parse_boolean(records, &get->return_records))
        return reply_error(&request->reply, REPLY_INVALID, "return_records",
                           "return_records is \"%.64s\", expected true or false", records);
    if (read_number(request, "max_records", 1, COLLECTION_MAX, true, &get->limit) != 0 ||
        read_number(request, "return_timeout", 0, 120, false, &seconds) != 0)
        return -1;
    /* A request has its end anyway; a page is cut before that. */
    if (seconds * 1000 + now_ms() < request->deadline)
        request->deadline = seconds * 1000 + now_ms();
    return page_init(&get->page, request, get->resource);
}

static void put_links(struct get *get)
{
    struct request *request = get->request;
    FILE *out = request->reply.out;
    char next[2 * LIMIT_TARGET];

    if (!request->hal && !get->is_cut)
        return;
    fputs(",\n  \"_links\": {", out);
    if (request->hal) {
        fputs("\n    \"self\": {\n      \"href\": ", out);
        json_string(out, request->raw_target);
        fputs("\n    }", out);
    }
    if (get->is_cut && page_next(&get->page, request, get->resource, next, sizeof next) == 0) {
        fprintf(out, "%s\n    \"next\": {\n      \"href\": ", request->hal ? "," : "");
        json_string(out, next);
        fputs("\n    }", out);
    } else if (get->is_cut)
        get->failed = true;
    fputs("\n  }", out);
}

void collection_get(struct request *request, const struct resource *resource)
{
    struct get *get = calloc(1, sizeof *get);
    struct reply *reply = &request->reply;
    int result = 0;

    if (get == NULL) {
        reply_error(reply, REPLY_FAILED, NULL, "out of memory");
        return;
    }
    get->request = request;
    get->resource = resource;
    if (read_parameters(get) != 0)
        goto out;
    fputs(get->return_records ? "{\n  \"records\": [" : "{", reply->out);
    for (size_t part = 0; result == 0 && !get->is_cut; part++)
        result = get_part(get, part);
    if (result < 0)
        goto out;
    fprintf(reply->out, "%s\n  \"num_records\": %lld",
            !get->return_records ? "" : get->count > 0 ? "\n  ]," : "],", get->count);
    put_links(get);
    fputs("\n}\n", reply->out);
    reply->answer->hal = request->hal;
    if (get->failed)
        reply_error(reply, REPLY_FAILED, NULL, "the next page cannot be told in a URL; order by other fields");
out:
    free(get);
}

/* Records that are gathered. */
struct gathering {
    const struct resource *resource;
    struct collection_item *items;
    size_t count;
};

static void copy_field(char out[NAME_SIZE], const struct record *record, const char *name)
{
    const char *key;
    int index = record_find(record->fields, name, &key);

    if (index >= 0 && record->values[index].type == VALUE_STRING)
        snprintf(out, NAME_SIZE, "%s", record->values[index].texts[0]);
}

static int gather(void *context, const struct query *query, const struct record *record, struct fault *fault)
{
    struct gathering *gathering = context;
    struct collection_item *item;

    (void)query;
    if ((gathering->count & (gathering->count - 1)) == 0) {
        size_t size = gathering->count == 0 ? 1 : gathering->count * 2;
        struct collection_item *larger = reallocarray(gathering->items, size, sizeof *larger);

        if (larger == NULL)
            return fault_set(fault, "out of memory");
        gathering->items = larger;
    }
    item = &gathering->items[gathering->count++];
    *item = (struct collection_item){.svm = ""};
    copy_field(item->svm, record, gathering->resource->order[0]);
    if (gathering->resource->order[1] != NULL)
        copy_field(item->name, record, gathering->resource->order[1]);
    return 0;
}

int collection_find(struct request *request, const struct resource *resource, const char *const *segments,
                    size_t count, struct collection_item **items, size_t *item_count)
{
    struct gathering gathering = {.resource = resource};
    struct query query;
    struct query_run run = {.query = &query, .put = gather, .context = &gathering};
    struct fault fault;
    size_t filters = 0;
    int result = 0;

    query_init(&query, *resource->fields, false);
    query.max_records = COLLECTION_MAX;
    for (size_t i = 0; i < count && result == 0; i++)
        if (add_literal(&query, resource->keys[i], segments[i], &fault) != 0)
            result = reply_error(&request->reply, REPLY_NOT_THERE, resource->keys[i], "entry doesn't exist");
    if (result == 0 && count == 0) {
        result = add_filters(request, resource, &query, &filters);
        if (result == 0 && filters == 0)
            result = reply_error(&request->reply, REPLY_INVALID, NULL,
                                 "a query is needed that says which records to change");
    }
    if (result == 0 && show(request, resource, &run, &fault) != 0)
        result = reply_fault(&request->reply, &fault);
    query_free(&query);
    if (result != 0) {
        free(gathering.items);
        return -1;
    }
    *items = gathering.items;
    *item_count = gathering.count;
    return 0;
}

static int put_one(void *context, const struct query *query, const struct record *record, struct fault *fault)
{
    struct get *get = context;

    (void)fault;
    render_record(get->request->reply.out, get->resource, record, query->shown, get->request->hal,
                  get->return_records ? 4 : 0);
    get->count++;
    return 0;
}

void collection_get_one(struct request *request, const struct resource *resource, const char *const *segments,
                        size_t count)
{
    const char *fields = target_parameter(&request->target, "fields");
    struct get get = {.request = request, .resource = resource};
    struct query query;
    struct query_run run = {.query = &query, .put = put_one, .context = &get};
    struct fault fault;
    size_t added = 0;

    query_init(&query, *resource->fields, false);
    query.max_records = 1;
    while (added < count && add_literal(&query, resource->keys[added], segments[added], &fault) == 0)
        added++;
    if (query_show(&query, fields == NULL ? "*" : fields, &fault) != 0)
        reply_error(&request->reply, REPLY_INVALID, "fields", "%s", fault.text);
    else if (added == count && show(request, resource, &run, &fault) != 0)
        reply_fault(&request->reply, &fault);
    else if (get.count == 0)
        reply_error(&request->reply, REPLY_NOT_THERE, resource->keys[count - 1], "entry doesn't exist");
    else {
        fputs("\n", request->reply.out);
        request->reply.answer->hal = request->hal;
    }
    query_free(&query);
}

int collection_print(struct request *request, const struct resource *resource, const char *svm, const char *name)
{
    struct get get = {.request = request, .resource = resource, .return_records = true};
    struct query query;
    struct query_run run = {.query = &query, .put = put_one, .context = &get};
    struct fault fault;
    int result = -1;

    query_init(&query, *resource->fields, false);
    query.max_records = 1;
    if (query_show(&query, "*", &fault) != 0 || add_literal(&query, resource->order[0], svm, &fault) != 0 ||
        (resource->order[1] != NULL && add_literal(&query, resource->order[1], name, &fault) != 0) ||
        show(request, resource, &run, &fault) != 0)
        reply_fault(&request->reply, &fault);
    else
        result = 0;
    query_free(&query);
    return result;
}
