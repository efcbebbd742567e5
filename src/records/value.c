/* SPDX-License-Identifier: BSD-2-Clause */
#include "records/value.h"

#include "base/crypto.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Appends a copy of TEXT. On a failure VALUE is unset. */
static int append(struct value *value, enum value_type type, const char *text)
{
    char **texts = realloc(value->texts, (value->count + 1) * sizeof *texts);
    char *copy = strdup(text);

    if (texts != NULL)
        value->texts = texts;
    if (texts == NULL || copy == NULL) {
        free(copy);
        value_free(value);
        return -1;
    }
    value->texts[value->count++] = copy;
    value->type = type;
    return 0;
}

int value_set_string(struct value *value, const char *text)
{
    value_free(value);
    return text[0] == '\0' ? 0 : append(value, VALUE_STRING, text);
}

void value_set_integer(struct value *value, long long number)
{
    value_free(value);
    *value = (struct value){.type = VALUE_INTEGER, .number = number};
}

void value_set_boolean(struct value *value, bool on)
{
    value_free(value);
    *value = (struct value){.type = VALUE_BOOLEAN, .number = on};
}

int value_add_string(struct value *value, const char *text)
{
    return append(value, VALUE_STRINGS, text);
}

int value_add_pair(struct value *value, const char *key, const char *text)
{
    return append(value, VALUE_MAP, key) == 0 && append(value, VALUE_MAP, text) == 0 ? 0 : -1;
}

struct value value_at(const struct value *value, const char *key)
{
    for (size_t i = 0; value->type == VALUE_MAP && i + 1 < value->count; i += 2)
        if (strcmp(value->texts[i], key) == 0)
            return (struct value){.type = VALUE_STRING, .texts = &value->texts[i + 1], .count = 1};
    return (struct value){0};
}

void value_free(struct value *value)
{
    for (size_t i = 0; i < value->count; i++) {
        crypto_wipe(value->texts[i], strlen(value->texts[i])); /* it may be a key or a code */
        free(value->texts[i]);
    }
    free(value->texts);
    *value = (struct value){0};
}

int value_compare(const struct value *a, const struct value *b)
{
    if (a->type != b->type)
        return a->type < b->type ? -1 : 1;
    for (size_t i = 0; i < a->count && i < b->count; i++) {
        int order = strcmp(a->texts[i], b->texts[i]);

        if (order != 0)
            return order;
    }
    if (a->count != b->count)
        return a->count < b->count ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

bool value_parse_integer(const char *text, long long *number)
{
    char *end;

    if (strspn(text, "-0123456789") != strlen(text) || text[0] == '\0')
        return false;
    errno = 0;
    *number = strtoll(text, &end, 10);
    return errno == 0 && *end == '\0' && end != text;
}

bool value_parse_boolean(const char *text, bool *on)
{
    *on = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
    return *on || strcmp(text, "false") == 0 || strcmp(text, "0") == 0;
}
