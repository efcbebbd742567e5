/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/setting.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct conf_field *setting_find(const struct conf_field *fields, const char *name)
{
    for (; fields->name != NULL; fields++) {
        size_t length = strlen(fields->name);

        if (strcmp(fields->name, name) == 0)
            return fields;
        if (fields->type == CONF_GROUP && strncmp(fields->name, name, length) == 0 && name[length] == '.')
            return setting_find(fields->fields, name + length + 1);
    }
    return NULL;
}

/* Copies LENGTH bytes of TEXT to OUT of SIZE bytes, if FIELD may hold them. */
static int set_string(const struct conf_field *field, char *out, size_t size, const char *text, size_t length,
                      struct fault *fault)
{
    long long max = field->type == CONF_STRING && field->max != 0 ? field->max : (long long)size - 1;
    long long min = field->type == CONF_STRING ? field->min : field->type == CONF_STRINGS;

    if ((long long)length < min || (long long)length > max)
        return fault_set(fault, "%s has %zu bytes, expected %lld to %lld", field->name, length, min, max);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            return fault_set(fault, "%s holds a control character (0x%02x), expected none", field->name,
                             (unsigned)(unsigned char)text[i]);
    memcpy(out, text, length);
    out[length] = '\0';
    if (field->expect == NULL || field->expect(out) == NULL)
        return 0;
    if (field->secret)
        return fault_set(fault, "%s has another form than %s", field->name, field->expect(out));
    return fault_set(fault, "%s is \"%.128s\", expected %s", field->name, out, field->expect(out));
}

static int set_number(const struct conf_field *field, char *target, const char *text, struct fault *fault)
{
    bool bounded = field->min != 0 || field->max != 0;
    long long low = bounded ? field->min : field->type == CONF_INT ? INT_MIN : LLONG_MIN;
    long long high = bounded ? field->max : field->type == CONF_INT ? INT_MAX : LLONG_MAX;
    long long number;

    if (!value_parse_integer(text, &number))
        return fault_set(fault, "%s is \"%.64s\", expected a whole number", field->name, text);
    if (number < low || number > high)
        return fault_set(fault, "%s is %lld, expected %lld to %lld", field->name, number, low, high);
    if (field->expect_number != NULL && field->expect_number((int)number) != NULL)
        return fault_set(fault, "%s is %lld, expected %s", field->name, number, field->expect_number((int)number));
    if (field->type == CONF_INT)
        *(int *)(void *)target = (int)number;
    else
        *(long long *)(void *)target = number;
    return 0;
}

static int set_word(const struct conf_field *field, char *target, const char *text, struct fault *fault)
{
    char expected[256] = "";

    for (int i = 0; field->words[i] != NULL; i++) {
        size_t used = strlen(expected);

        if (strcmp(text, field->words[i]) == 0) {
            *(int *)(void *)target = i;
            return 0;
        }
        snprintf(expected + used, sizeof expected - used, "%s%s", i > 0 ? " or " : "", field->words[i]);
    }
    return fault_set(fault, "%s is \"%.64s\", expected %s", field->name, text, expected);
}

/* One element of a list or map. */
static int set_element(const struct conf_field *field, void *item, const char *text, size_t length,
                       struct fault *fault)
{
    struct conf_pair *pair = item;
    const char *equals = memchr(text, '=', length);

    if (field->type == CONF_STRINGS)
        return set_string(field, item, field->size, text, length, fault);
    if (equals == NULL || equals == text || (size_t)(equals - text) >= sizeof pair->key)
        return fault_set(fault, "%s: \"%.*s\" is not of the form key=value, with a key of 1 to %zu bytes", field->name,
                         (int)(length < 64 ? length : 64), text, sizeof pair->key - 1);
    memcpy(pair->key, text, (size_t)(equals - text));
    pair->key[equals - text] = '\0';
    /* What the file's format takes for a key. */
    if (strspn(pair->key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_*") != strlen(pair->key) ||
        strchr("0123456789-_", pair->key[0]) != NULL)
        return fault_set(fault, "%s: \"%s\" cannot be a key: expected letters, digits, '-', '_' and '*', a letter or "
                         "'*' first", field->name, pair->key);
    return set_string(field, pair->value, sizeof pair->value, equals + 1, length - (size_t)(equals + 1 - text), fault);
}

static int set_list(const struct conf_field *field, struct conf_array *array, const char *text, struct fault *fault)
{
    size_t size = field->type == CONF_MAP ? sizeof(struct conf_pair) : field->size, count = text[0] != '\0';
    struct conf_array list = {0};

    for (const char *c = text; *c != '\0'; c++)
        count += *c == ',';
    if ((field->min != 0 && count < (size_t)field->min) || (field->max != 0 && count > (size_t)field->max))
        return fault_set(fault, "%s has %zu elements, expected %lld to %lld", field->name, count, field->min,
                         field->max);
    list.items = count > 0 ? calloc(count, size) : NULL;
    if (count > 0 && list.items == NULL)
        return fault_set(fault, "out of memory");
    for (; list.count < count; list.count++) {
        size_t length = strcspn(text, ",");

        if (set_element(field, (char *)list.items + list.count * size, text, length, fault) != 0) {
            free(list.items);
            return -1;
        }
        text += length + (text[length] == ',');
    }
    free(array->items);
    *array = list;
    return 0;
}

static int set_switch(const struct conf_field *field, struct conf_switch *target, const char *text,
                      struct fault *fault)
{
    bool on;

    if (value_parse_boolean(text, &on)) {
        *target = (struct conf_switch){.on = on};
        return 0;
    }
    target->on = true;
    return set_string(field, target->text, sizeof target->text, text, strlen(text), fault);
}

static int set(const struct conf_field *field, void *structure, const char *text, struct fault *fault)
{
    char *target = (char *)structure + field->offset;
    bool on;

    switch (field->type) {
    case CONF_STRING: return set_string(field, target, field->size, text, strlen(text), fault);
    case CONF_WORD: return set_word(field, target, text, fault);
    case CONF_INT:
    case CONF_INT64: return set_number(field, target, text, fault);
    case CONF_BOOL:
        if (!value_parse_boolean(text, &on))
            return fault_set(fault, "%s is \"%.64s\", expected true or false", field->name, text);
        *(bool *)(void *)target = on;
        return 0;
    case CONF_SWITCH: return set_switch(field, (void *)target, text, fault);
    case CONF_STRINGS:
    case CONF_MAP: return set_list(field, (void *)target, text, fault);
    case CONF_GROUP:
    case CONF_LIST: break;
    }
    return fault_set(fault, "%s is a group of settings", field->name);
}

int setting_set(const struct conf_field *fields, void *structure, const char *name, const char *text,
                struct fault *fault)
{
    const struct conf_field *field = setting_find(fields, name);

    if (field == NULL)
        return fault_set(fault, "there is no setting %.64s", name);
    if (set(field, structure, text, fault) == 0)
        return 0;
    snprintf(fault->field, sizeof fault->field, "%s", name);
    return -1;
}

int setting_set_all(const struct conf_field *fields, void *structure, const struct setting *settings, size_t count,
                    struct fault *fault)
{
    for (size_t i = 0; i < count; i++)
        if (setting_set(fields, structure, settings[i].name, settings[i].value, fault) != 0)
            return -1;
    return 0;
}

static int get_list(const struct conf_field *field, const struct conf_array *array, struct value *value)
{
    int result = 0;

    for (size_t i = 0; i < array->count && result == 0; i++) {
        const struct conf_pair *pair = (const struct conf_pair *)array->items + i;

        if (field->type == CONF_MAP)
            result = value_add_pair(value, pair->key, pair->value);
        else
            result = value_add_string(value, (const char *)array->items + i * field->size);
    }
    return result;
}

int setting_get(const struct conf_field *fields, const void *structure, const char *name, struct value *value)
{
    const struct conf_field *field = setting_find(fields, name);
    const char *source;

    if (field == NULL)
        return 0;
    source = (const char *)structure + field->offset;
    switch (field->type) {
    case CONF_STRING: return value_set_string(value, source);
    case CONF_WORD: return value_set_string(value, field->words[*(const int *)(const void *)source]);
    case CONF_INT: value_set_integer(value, *(const int *)(const void *)source); return 0;
    case CONF_INT64: value_set_integer(value, *(const long long *)(const void *)source); return 0;
    case CONF_BOOL: value_set_boolean(value, *(const bool *)(const void *)source); return 0;
    case CONF_SWITCH: {
        const struct conf_switch *from = (const void *)source;

        if (from->on && from->text[0] != '\0')
            return value_set_string(value, from->text);
        value_set_boolean(value, from->on);
        return 0;
    }
    case CONF_STRINGS:
    case CONF_MAP: return get_list(field, (const void *)source, value);
    case CONF_GROUP:
    case CONF_LIST: break;
    }
    return 0;
}
