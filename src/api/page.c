/* SPDX-License-Identifier: BSD-2-Clause */
/* What MUST hold: reading page after page gives every record that is there all the time exactly once. */
#include "api/page.h"

#include "records/pattern.h"

#include <string.h>

#define START "start."

static bool has_key(const struct query *query, int field)
{
    for (size_t i = 0; i < query->key_count; i++)
        if (query->keys[i].field == field)
            return true;
    return false;
}

/* The order that the client asks for, then RESOURCE's, so that it is a total one. */
static int read_order(struct page *page, struct request *request, const struct resource *resource)
{
    const char *asked = target_parameter(&request->target, "order_by");
    size_t used = 0;
    struct query query;
    struct fault fault;
    const char *key;
    int result = 0;

    query_init(&query, *resource->fields, false);
    if (asked != NULL && (strlen(asked) > sizeof page->order_text / 2 || query_order(&query, asked, &fault) != 0))
        return reply_error(&request->reply, REPLY_INVALID, "order_by", "%s",
                           strlen(asked) > sizeof page->order_text / 2 ? "order_by is too long" : fault.text);
    used = (size_t)snprintf(page->order_text, sizeof page->order_text, "%s", asked == NULL ? "" : asked);
    for (size_t i = 0; result == 0 && resource->order[i] != NULL; i++) {
        if (has_key(&query, record_find(*resource->fields, resource->order[i], &key)))
            continue;
        result = query_order(&query, resource->order[i], &fault);
        used += (size_t)snprintf(page->order_text + used, sizeof page->order_text - used, "%s%s", used > 0 ? "," : "",
                                 resource->order[i]);
    }
    if (result != 0)
        return reply_error(&request->reply, REPLY_INVALID, "order_by", "%s", fault.text);
    page->order = asked == NULL && resource->is_shown_in_order ? NULL : page->order_text;
    page->count = query.key_count;
    memcpy(page->keys, query.keys, sizeof page->keys);
    for (size_t i = 0; i < page->count; i++) {
        enum value_type type = (*resource->fields)[page->keys[i].field].type;

        if (type == VALUE_STRINGS || type == VALUE_MAP)
            return reply_error(&request->reply, REPLY_INVALID, "order_by", "records cannot be ordered by a list");
    }
    return 0;
}

int page_init(struct page *page, struct request *request, const struct resource *resource)
{
    size_t given = 0, found = 0;

    *page = (struct page){0};
    if (read_order(page, request, resource) != 0)
        return -1;
    for (size_t i = 0; i < request->target.parameter_count; i++)
        given += strncmp(request->target.parameters[i].name, START, strlen(START)) == 0;
    for (size_t i = 0; i < page->count; i++) {
        char name[96];

        snprintf(name, sizeof name, START "%s", (*resource->fields)[page->keys[i].field].name);
        page->start[i] = target_parameter(&request->target, name);
        found += page->start[i] != NULL;
    }
    if (given == found && (found == 0 || found == page->count))
        return 0;
    return reply_error(&request->reply, REPLY_INVALID, "start",
                       "start is not as a next link has it; follow the link as it is");
}

int page_filter(const struct page *page, size_t part, struct query *query, struct fault *fault)
{
    char pattern[PAGE_LITERAL_SIZE + 8];
    size_t last;

    if (page->count == 0 || page->start[0] == NULL)
        return part == 0;
    if (part >= page->count)
        return 0;
    last = page->count - 1 - part;
    for (size_t i = 0; i <= last; i++) {
        bool unset = strcmp(page->start[i], "null") == 0;

        if (strlen(page->start[i]) >= PAGE_LITERAL_SIZE)
            return fault_set(fault, "start is too long");
        if (i < last)
            snprintf(pattern, sizeof pattern, "%s", page->start[i]);
        else if (!page->keys[i].descending)
            snprintf(pattern, sizeof pattern, unset ? "!%s" : ">%s", page->start[i]);
        else if (unset)
            return 2; /* what is not set comes last, going down */
        else
            snprintf(pattern, sizeof pattern, "<%s|null", page->start[i]);
        if (query_filter(query, query->fields[page->keys[i].field].name, pattern, fault) != 0)
            return -1;
    }
    return 1;
}

int page_note(struct page *page, const struct record *record)
{
    for (size_t i = 0; i < page->count; i++) {
        const struct value *value = &record->values[page->keys[i].field];

        if (value->type == VALUE_STRING && pattern_quote(page->end[i], sizeof page->end[i], value->texts[0]) != 0)
            return -1;
        if (value->type == VALUE_INTEGER || value->type == VALUE_BOOLEAN)
            snprintf(page->end[i], sizeof page->end[i], "\"%lld\"", value->number);
        if (value->type == VALUE_UNSET)
            strcpy(page->end[i], "null");
    }
    return 0;
}

/* Appends a parameter to the URL in OUT. */
static int append(char *out, size_t size, const char *prefix, const char *name, const char *value)
{
    size_t used = strlen(out);
    int length = snprintf(out + used, size - used, "%c%s", strchr(out, '?') == NULL ? '?' : '&', prefix);

    if (length < 0 || (size_t)length >= size - used)
        return -1;
    used += (size_t)length;
    if (target_encode(out + used, size - used, name) != 0)
        return -1;
    used = strlen(out);
    if (used + 1 >= size)
        return -1;
    out[used++] = '=';
    return target_encode(out + used, size - used, value);
}

int page_next(const struct page *page, const struct request *request, const struct resource *resource, char *out,
              size_t size)
{
    snprintf(out, size, "%s", resource->path);
    for (size_t i = 0; i < request->target.parameter_count; i++) {
        const struct parameter *parameter = &request->target.parameters[i];

        if (strncmp(parameter->name, START, strlen(START)) != 0 &&
            append(out, size, "", parameter->name, parameter->value) != 0)
            return -1;
    }
    for (size_t i = 0; i < page->count; i++)
        if (append(out, size, START, (*resource->fields)[page->keys[i].field].name, page->end[i]) != 0)
            return -1;
    return 0;
}
