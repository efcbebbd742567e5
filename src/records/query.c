/* SPDX-License-Identifier: BSD-2-Clause */
#include "records/query.h"

#include "records/pattern.h"

#include <stdlib.h>
#include <string.h>

void query_init(struct query *query, const struct record_field *fields, bool for_people)
{
    *query = (struct query){.fields = fields, .for_people = for_people, .max_records = -1};
    for (int i = 0; fields[i].name != NULL; i++)
        query->shown[i] = (fields[i].flags & (for_people ? RECORD_LISTED : RECORD_KEY)) != 0;
}

void query_free(struct query *query)
{
    for (size_t i = 0; i < query->filter_count; i++)
        pattern_free(&query->filters[i].pattern);
    query->filter_count = 0;
}

int query_filter(struct query *query, const char *field, const char *pattern, struct fault *fault)
{
    struct query_filter *filter = &query->filters[query->filter_count];
    struct fault cause;

    if (query->filter_count == QUERY_FILTERS_MAX)
        return fault_set(fault, "more than %d filters", QUERY_FILTERS_MAX);
    filter->field = record_find(query->fields, field, &filter->key);
    if (filter->field < 0)
        return record_fault_unknown(query->fields, field, fault);
    filter->pattern = pattern_parse(pattern, &query->fields[filter->field], &cause);
    if (filter->pattern == NULL)
        return fault_set(fault, "the pattern for %.64s: %s", field, cause.text);
    query->filter_count++;
    return 0;
}

int query_filter_literal(struct query *query, const char *field, const char *text, struct fault *fault)
{
    char pattern[1024];

    if (pattern_quote(pattern, sizeof pattern, text) != 0)
        return fault_set(fault, "the %s asked for is too long", field);
    return query_filter(query, field, pattern, fault);
}

/* Cuts the next of LIST's parts, which commas separate, into OUT, without the blanks around it. NULL: no more. */
static const char *next_part(const char *list, char *out, size_t size)
{
    size_t length = strcspn(list, ","), start = strspn(list, " "), end = length;

    while (end > start && list[end - 1] == ' ')
        end--;
    length = start < end ? end - start : 0;
    if (length >= size)
        length = size - 1;
    memcpy(out, list + start, length);
    out[length] = '\0';
    list += strcspn(list, ",");
    return *list == ',' ? list + 1 : NULL;
}

/* Shows what NAME stands for. Returns whether it stands for anything. */
static bool show_name(struct query *query, const char *name)
{
    size_t length = strlen(name);
    const char *key;
    int index = record_find(query->fields, name, &key);
    bool found = false;

    if (index >= 0 && key == NULL) {
        query->shown[index] = true;
        return true;
    }
    for (int i = 0; query->fields[i].name != NULL; i++) {
        const struct record_field *field = &query->fields[i];
        bool all = strcmp(name, "**") == 0 || (strcmp(name, "*") == 0 && (field->flags & RECORD_COSTLY) == 0);

        if (all || (length > 0 && strncmp(field->name, name, length) == 0 && field->name[length] == '.')) {
            query->shown[i] = true;
            found = true;
        }
    }
    return found;
}

int query_show(struct query *query, const char *list, struct fault *fault)
{
    unsigned int always = query->for_people ? RECORD_KEY | RECORD_LISTED : RECORD_KEY;
    char name[80];

    for (int i = 0; query->fields[i].name != NULL; i++)
        query->shown[i] = (query->fields[i].flags & always) == always;
    do {
        list = next_part(list, name, sizeof name);
        if (!show_name(query, name))
            return record_fault_unknown(query->fields, name, fault);
    } while (list != NULL);
    return 0;
}

int query_order(struct query *query, const char *list, struct fault *fault)
{
    char part[80];

    do {
        struct query_key *key = &query->keys[query->key_count];
        char *direction;

        if (query->key_count == QUERY_KEYS_MAX)
            return fault_set(fault, "the order has more than %d fields", QUERY_KEYS_MAX);
        list = next_part(list, part, sizeof part);
        direction = part + strcspn(part, " ");
        if (*direction == ' ')
            *direction++ = '\0';
        direction += strspn(direction, " ");
        key->field = record_find(query->fields, part, &key->map_key);
        if (key->field < 0)
            return record_fault_unknown(query->fields, part, fault);
        if (key->map_key != NULL)
            return fault_set(fault, "records cannot be ordered by \"%.64s\", one key of many", part);
        key->descending = strcmp(direction, "desc") == 0;
        if (!key->descending && direction[0] != '\0' && strcmp(direction, "asc") != 0)
            return fault_set(fault, "the order of %s is \"%.32s\", expected asc or desc", part, direction);
        query->key_count++;
    } while (list != NULL);
    return 0;
}

bool query_needs(const struct query *query, const char *field)
{
    const char *key;
    int index = record_find(query->fields, field, &key);

    if (index < 0)
        return false;
    for (size_t i = 0; i < query->filter_count; i++)
        if (query->filters[i].field == index)
            return true;
    for (size_t i = 0; i < query->key_count; i++)
        if (query->keys[i].field == index)
            return true;
    return query->shown[index] && !query->count_only;
}

static bool matches_filter(const struct query_filter *filter, const struct record *record)
{
    const struct value *value = &record->values[filter->field];
    struct value at;

    if (filter->key == NULL)
        return pattern_matches(filter->pattern, value);
    at = value_at(value, filter->key);
    return pattern_matches(filter->pattern, &at);
}

bool query_excludes(const struct query *query, const struct record *record)
{
    for (size_t i = 0; i < query->filter_count; i++)
        if ((query->fields[query->filters[i].field].flags & RECORD_EARLY) != 0 &&
            !matches_filter(&query->filters[i], record))
            return true;
    return false;
}

bool query_matches(const struct query *query, const struct record *record)
{
    for (size_t i = 0; i < query->filter_count; i++)
        if (!matches_filter(&query->filters[i], record))
            return false;
    return true;
}

/* Where FIELD is among the fields that are held back. */
static size_t held_index(const struct query *query, int field)
{
    size_t index = 0;

    for (int i = 0; i < field; i++)
        index += query_needs(query, query->fields[i].name);
    return index;
}

static size_t held_width(const struct query *query)
{
    int fields = 0;

    while (query->fields[fields].name != NULL)
        fields++;
    return held_index(query, fields);
}

/* Of the order: where each key is among the held fields, found once for a sort. */
struct order {
    size_t key[QUERY_KEYS_MAX];
    bool descending[QUERY_KEYS_MAX];
    size_t count, width;
};

static int compare_held(const void *a, const void *b, void *context)
{
    const struct value *left = *(struct value *const *)a, *right = *(struct value *const *)b;
    const struct order *order = context;

    for (size_t i = 0; i < order->count; i++) {
        int result = value_compare(&left[order->key[i]], &right[order->key[i]]);

        if (result != 0)
            return order->descending[i] ? -result : result;
    }
    /* What the order leaves open, the other fields decide, so that the same question has one answer. */
    for (size_t i = 0; i < order->width; i++) {
        int result = value_compare(&left[i], &right[i]);

        if (result != 0)
            return result;
    }
    return 0;
}

static void free_held(struct value *values, size_t width)
{
    for (size_t i = 0; i < width; i++)
        value_free(&values[i]);
    free(values);
}

/* Orders what is held back, and drops what is beyond max_records. */
static void sort_held(struct query_run *run)
{
    const struct query *query = run->query;
    struct order order = {.count = query->key_count, .width = held_width(query)};

    for (size_t i = 0; i < query->key_count; i++) {
        order.key[i] = held_index(query, query->keys[i].field);
        order.descending[i] = query->keys[i].descending;
    }
    if (run->held_count > 0)
        qsort_r(run->held, run->held_count, sizeof *run->held, compare_held, &order);
    while (query->max_records >= 0 && run->held_count > (size_t)query->max_records) {
        free_held(run->held[--run->held_count], order.width);
        run->cut = true;
    }
}

static int hold_back(struct query_run *run, struct record *record, struct fault *fault)
{
    const struct query *query = run->query;
    struct value *values;
    size_t width = 0;

    if (query->max_records >= 0 && run->held_count >= 2 * (size_t)query->max_records + 64)
        sort_held(run);
    if (run->held_count == run->held_size) {
        size_t size = run->held_size * 2 + 64;
        struct value **larger = reallocarray(run->held, size, sizeof *larger);

        if (larger == NULL)
            return fault_set(fault, "out of memory for the records to be ordered; ask for fewer with --max-records");
        run->held = larger;
        run->held_size = size;
    }
    values = calloc(held_width(query) + 1, sizeof *values);
    if (values == NULL)
        return fault_set(fault, "out of memory for the records to be ordered; ask for fewer with --max-records");
    for (int i = 0; query->fields[i].name != NULL; i++) {
        if (query_needs(query, query->fields[i].name)) {
            values[width++] = record->values[i];
            record->values[i] = (struct value){0};
        }
    }
    run->held[run->held_count++] = values;
    return 0;
}

/* Puts what was held back as VALUES. */
static int put_held(struct query_run *run, const struct value *values, struct fault *fault)
{
    const struct query *query = run->query;
    struct record record = {.fields = query->fields};
    size_t width = 0;

    for (int i = 0; query->fields[i].name != NULL; i++)
        if (query_needs(query, query->fields[i].name))
            record.values[i] = values[width++];
    run->count++;
    return run->put(run->context, query, &record, fault);
}

int query_offer(struct query_run *run, struct record *record, struct fault *fault)
{
    const struct query *query = run->query;
    int result = 0;

    if (record->incomplete)
        result = fault_set(fault, "out of memory");
    else if (!query_matches(query, record))
        ;
    else if (query->count_only)
        run->count++;
    else if (query->key_count > 0)
        result = hold_back(run, record, fault);
    else if (query->max_records >= 0 && run->count >= query->max_records) {
        run->cut = true;
        result = 1;
    } else {
        run->count++;
        result = run->put(run->context, query, record, fault);
    }
    record_free(record);
    return result;
}

int query_finish(struct query_run *run, bool failed, struct fault *fault)
{
    size_t width = held_width(run->query);
    int result = 0;

    if (!failed)
        sort_held(run);
    for (size_t i = 0; i < run->held_count; i++) {
        if (!failed && result == 0)
            result = put_held(run, run->held[i], fault);
        free_held(run->held[i], width);
    }
    free(run->held);
    run->held = NULL;
    run->held_count = run->held_size = 0;
    return result;
}
