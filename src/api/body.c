/* SPDX-License-Identifier: BSD-2-Clause */
/* What MUST NOT happen: a body with two readings; a body that takes more than its size of time or memory. */
#include "api/body.h"

#include "base/crypto.h"

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_LENGTH_MAX 128

static int add(struct body *body, const char *name, enum member_type type, char *text, struct fault *fault)
{
    struct member *member = &body->members[body->count];
    const char *problem = NULL;

    if (text == NULL)
        problem = "out of memory";
    else if (body->count == LIMIT_MEMBERS)
        problem = "the body has too many fields";
    for (size_t i = 0; problem == NULL && i < body->count; i++)
        if (strcmp(body->members[i].name, name) == 0)
            problem = "the body has a field twice";
    if (problem == NULL) {
        *member = (struct member){.name = strdup(name), .type = type, .text = text};
        if (member->name != NULL) {
            body->count++;
            return 0;
        }
        problem = "out of memory";
    }
    if (text != NULL)
        crypto_wipe(text, strlen(text));
    free(text);
    return fault_set(fault, "%s", problem);
}

static int add_list(struct body *body, const char *name, const json_t *list, struct fault *fault)
{
    size_t length = 1;
    char *text, *next;

    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *item = json_string_value(json_array_get(list, i));

        if (item == NULL || item[0] == '\0' || strchr(item, ',') != NULL)
            return fault_set(fault, "the list %s may hold nothing but strings, none of them empty or with a comma",
                             name);
        length += strlen(item) + 1;
    }
    text = calloc(1, length);
    if (text == NULL)
        return fault_set(fault, "out of memory");
    next = text;
    for (size_t i = 0; i < json_array_size(list); i++)
        next += sprintf(next, "%s%s", i > 0 ? "," : "", json_string_value(json_array_get(list, i)));
    return add(body, name, MEMBER_STRINGS, text, fault);
}

static int add_object(struct body *body, const char *prefix, const json_t *object, int depth, struct fault *fault);

static int add_value(struct body *body, const char *name, const json_t *value, int depth, struct fault *fault)
{
    char *text = NULL;

    switch (json_typeof(value)) {
    case JSON_OBJECT: return add_object(body, name, value, depth + 1, fault);
    case JSON_ARRAY: return add_list(body, name, value, fault);
    case JSON_STRING: return add(body, name, MEMBER_STRING, strdup(json_string_value(value)), fault);
    case JSON_TRUE: return add(body, name, MEMBER_BOOLEAN, strdup("true"), fault);
    case JSON_FALSE: return add(body, name, MEMBER_BOOLEAN, strdup("false"), fault);
    case JSON_NULL: return add(body, name, MEMBER_NULL, strdup(""), fault);
    case JSON_REAL: return add(body, name, MEMBER_REAL, strdup("a fraction"), fault);
    case JSON_INTEGER:
        if (asprintf(&text, "%" JSON_INTEGER_FORMAT, json_integer_value(value)) < 0)
            text = NULL;
        return add(body, name, MEMBER_INTEGER, text, fault);
    }
    return fault_set(fault, "the body holds something unknown");
}

static int add_object(struct body *body, const char *prefix, const json_t *object, int depth, struct fault *fault)
{
    json_t *borrowed = (json_t *)(uintptr_t)object; /* the iterators take no const, and change nothing */
    char name[NAME_LENGTH_MAX + 1];
    void *iterator;

    if (depth > LIMIT_DEPTH)
        return fault_set(fault, "the body is nested deeper than %d", LIMIT_DEPTH);
    for (iterator = json_object_iter(borrowed); iterator != NULL; iterator = json_object_iter_next(borrowed, iterator)) {
        const char *key = json_object_iter_key(iterator);
        int length = snprintf(name, sizeof name, "%s%s%s", prefix, prefix[0] != '\0' ? "." : "", key);

        if (strcmp(key, "_links") == 0)
            continue;
        if (key[0] == '\0' || length < 0 || (size_t)length >= sizeof name)
            return fault_set(fault, "the body has a field with a name that is empty or too long");
        if (add_value(body, name, json_object_iter_value(iterator), depth, fault) != 0)
            return -1;
    }
    return 0;
}

int body_parse(struct body *body, const char *text, size_t length, struct fault *fault)
{
    json_error_t error;
    json_t *root;
    int result;

    body->count = 0;
    if (length == 0)
        return 0;
    /* Jansson's own limit of depth keeps its recursion small. */
    root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL)
        return fault_set(fault, "the body is not JSON: line %d, column %d", error.line, error.column);
    if (json_is_object(root))
        result = add_object(body, "", root, 1, fault);
    else
        result = fault_set(fault, "the body is no JSON object");
    json_decref(root);
    return result;
}

void body_free(struct body *body)
{
    for (size_t i = 0; i < body->count; i++) {
        crypto_wipe(body->members[i].text, strlen(body->members[i].text));
        free(body->members[i].text);
        free(body->members[i].name);
    }
    body->count = 0;
}

struct member *body_find(struct body *body, const char *name)
{
    for (size_t i = 0; i < body->count; i++) {
        if (strcmp(body->members[i].name, name) == 0) {
            body->members[i].used = true;
            return &body->members[i];
        }
    }
    return NULL;
}

const struct member *body_unused(const struct body *body)
{
    for (size_t i = 0; i < body->count; i++)
        if (!body->members[i].used)
            return &body->members[i];
    return NULL;
}
