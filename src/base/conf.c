/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: every byte of a file is understood or the whole file is refused.
 * What MUST NOT happen: libconfig seeing a text that conf_check has not passed.
 */
#include "base/conf.h"

#include "base/conf_check.h"

#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_MAX 100000 /* elements in a list that has no bound of its own */

struct reader {
    const char *path;
    struct fault *fault;
    const struct conf_faults *all; /* NULL: the first fault ends the reading */
    const struct conf_given *given; /* or NULL */
};

static int read_group(const struct reader *reader, const config_setting_t *group, const struct conf_field *fields,
                      char *structure);

static int line_of(const config_setting_t *setting)
{
    return (int)config_setting_source_line(setting);
}

static const char *type_word(const config_setting_t *setting)
{
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_GROUP: return "a group { }";
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64: return "a whole number";
    case CONFIG_TYPE_FLOAT: return "a fraction";
    case CONFIG_TYPE_STRING: return "a string";
    case CONFIG_TYPE_BOOL: return "true or false";
    case CONFIG_TYPE_ARRAY: return "an array [ ]";
    case CONFIG_TYPE_LIST: return "a list ( )";
    }
    return "nothing";
}

static int fault_type(const struct reader *reader, const config_setting_t *setting, const char *name,
                      const char *expected)
{
    return fault_set(reader->fault, "%s:%d: %s is %s, expected %s", reader->path, line_of(setting), name,
                     type_word(setting), expected);
}

/* Copies the string SETTING to OUT of SIZE bytes. NAME is for messages: an element of a list has none of its own. */
static int read_string(const struct reader *reader, const config_setting_t *setting, const char *name, char *out,
                       size_t size, long long min, long long max, const char *(*expect)(const char *value))
{
    const char *value = config_setting_get_string(setting);
    size_t length;

    if (value == NULL)
        return fault_type(reader, setting, name, "a string in double quotes");
    length = strlen(value);
    if (max == 0 || max > (long long)size - 1)
        max = (long long)size - 1;
    if ((long long)length < min || (long long)length > max)
        return fault_set(reader->fault, "%s:%d: %s has %zu bytes, expected %lld to %lld", reader->path,
                         line_of(setting), name, length, min, max);
    for (const char *c = value; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return fault_set(reader->fault, "%s:%d: %s holds a control character (0x%02x), expected none",
                             reader->path, line_of(setting), name, (unsigned)(unsigned char)*c);
    if (expect != NULL && expect(value) != NULL)
        return fault_set(reader->fault, "%s:%d: %s is \"%.128s\", expected %s", reader->path, line_of(setting), name,
                         value, expect(value));
    memcpy(out, value, length + 1);
    return 0;
}

static int read_number(const struct reader *reader, const config_setting_t *setting, const struct conf_field *field,
                       char *target)
{
    long long low = field->type == CONF_INT ? INT_MIN : LLONG_MIN, high = field->type == CONF_INT ? INT_MAX : LLONG_MAX;
    int type = config_setting_type(setting);
    long long value;

    if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64)
        return fault_type(reader, setting, field->name, "a whole number");
    if (field->min != 0 || field->max != 0) {
        low = field->min;
        high = field->max;
    }
    value = type == CONFIG_TYPE_INT ? config_setting_get_int(setting) : config_setting_get_int64(setting);
    if (value < low || value > high)
        return fault_set(reader->fault, "%s:%d: %s is %lld, expected %lld to %lld", reader->path, line_of(setting),
                         field->name, value, low, high);
    if (field->expect_number != NULL && field->expect_number((int)value) != NULL)
        return fault_set(reader->fault, "%s:%d: %s is %lld, expected %s", reader->path, line_of(setting), field->name,
                         value, field->expect_number((int)value));
    if (field->type == CONF_INT)
        *(int *)(void *)target = (int)value;
    else
        *(long long *)(void *)target = value;
    return 0;
}

static int read_switch(const struct reader *reader, const config_setting_t *setting, const struct conf_field *field,
                       char *target)
{
    struct conf_switch *value = (void *)target;

    if (config_setting_type(setting) != CONFIG_TYPE_BOOL && config_setting_type(setting) != CONFIG_TYPE_STRING)
        return fault_type(reader, setting, field->name, "true, false or a string in double quotes");
    *value = (struct conf_switch){.on = true};
    if (config_setting_type(setting) == CONFIG_TYPE_STRING)
        return read_string(reader, setting, field->name, value->text, sizeof value->text, field->min, field->max,
                           field->expect);
    value->on = config_setting_get_bool(setting) == CONFIG_TRUE;
    return 0;
}

static int read_word(const struct reader *reader, const config_setting_t *setting, const struct conf_field *field,
                     char *target)
{
    const char *value = config_setting_get_string(setting);
    char expected[256] = "";

    if (value == NULL)
        return fault_type(reader, setting, field->name, "a string in double quotes");
    for (int i = 0; field->words[i] != NULL; i++) {
        size_t used = strlen(expected);

        if (strcmp(value, field->words[i]) == 0) {
            *(int *)(void *)target = i;
            return 0;
        }
        snprintf(expected + used, sizeof expected - used, "%s\"%s\"", i > 0 ? " or " : "", field->words[i]);
    }
    return fault_set(reader->fault, "%s:%d: %s is \"%.64s\", expected %s", reader->path, line_of(setting), field->name,
                     value, expected);
}

/* Makes room in ARRAY for the elements of SETTING; the caller fills them. */
static int allocate(const struct reader *reader, const config_setting_t *setting, const struct conf_field *field,
                    size_t size, struct conf_array *array)
{
    int count = config_setting_length(setting);
    long long max = field->max != 0 ? field->max : LIST_MAX;

    if (array->items != NULL || array->count != 0)
        return fault_set(reader->fault, "%s:%d: %s is given twice", reader->path, line_of(setting), field->name);
    if (count < field->min || count > max)
        return fault_set(reader->fault, "%s:%d: %s has %d elements, expected %lld to %lld", reader->path,
                         line_of(setting), field->name, count, field->min, max);
    if (count == 0)
        return 0;
    array->items = calloc((size_t)count, size);
    if (array->items == NULL)
        return fault_set(reader->fault, "%s: out of memory", reader->path);
    array->count = (size_t)count;
    return 0;
}

static int read_list(const struct reader *reader, const config_setting_t *setting, const struct conf_field *field,
                     char *target)
{
    struct conf_array *array = (void *)target;

    if (config_setting_type(setting) != CONFIG_TYPE_LIST)
        return fault_type(reader, setting, field->name, "a list of groups ( { }, { } )");
    if (allocate(reader, setting, field, field->size, array) != 0)
        return -1;
    for (size_t i = 0; i < array->count; i++) {
        const config_setting_t *element = config_setting_get_elem(setting, (unsigned int)i);

        if (config_setting_type(element) != CONFIG_TYPE_GROUP)
            return fault_type(reader, element, field->name, "a list of groups ( { }, { } )");
        if (read_group(reader, element, field->fields, (char *)array->items + i * field->size) != 0)
            return -1;
    }
    return 0;
}

static int read_strings(const struct reader *reader, const config_setting_t *setting, const struct conf_field *field,
                        char *target)
{
    struct conf_array *array = (void *)target;
    int type = config_setting_type(setting);

    /* An empty or mixed `( )` reads the same to a person, so both brackets do. */
    if (type != CONFIG_TYPE_ARRAY && type != CONFIG_TYPE_LIST)
        return fault_type(reader, setting, field->name, "strings in square brackets [ \"…\", \"…\" ]");
    if (allocate(reader, setting, field, field->size, array) != 0)
        return -1;
    for (size_t i = 0; i < array->count; i++)
        if (read_string(reader, config_setting_get_elem(setting, (unsigned int)i), field->name,
                        (char *)array->items + i * field->size, field->size, 1, 0, field->expect) != 0)
            return -1;
    return 0;
}

static int read_map(const struct reader *reader, const config_setting_t *setting, const struct conf_field *field,
                    char *target)
{
    struct conf_array *array = (void *)target;

    if (config_setting_type(setting) != CONFIG_TYPE_GROUP)
        return fault_type(reader, setting, field->name, "a group { key = \"value\"; }");
    if (allocate(reader, setting, field, sizeof(struct conf_pair), array) != 0)
        return -1;
    for (size_t i = 0; i < array->count; i++) {
        const config_setting_t *element = config_setting_get_elem(setting, (unsigned int)i);
        struct conf_pair *pair = (struct conf_pair *)array->items + i;
        const char *key = config_setting_name(element);

        if (strlen(key) >= sizeof pair->key)
            return fault_set(reader->fault, "%s:%d: the key %.64s… has over %zu bytes", reader->path, line_of(element),
                             key, sizeof pair->key - 1);
        memcpy(pair->key, key, strlen(key) + 1);
        if (read_string(reader, element, key, pair->value, sizeof pair->value, 0, 0, NULL) != 0)
            return -1;
    }
    return 0;
}

static int read_field(const struct reader *reader, const config_setting_t *setting, const struct conf_field *field,
                      char *structure)
{
    char *target = structure + field->offset;

    switch (field->type) {
    case CONF_STRING:
        if (read_string(reader, setting, field->name, target, field->size, field->min, field->max,
                        field->secret ? NULL : field->expect) != 0)
            return -1;
        if (field->secret && field->expect != NULL && field->expect(target) != NULL)
            return fault_set(reader->fault, "%s:%d: %s has another form than %s", reader->path, line_of(setting),
                             field->name, field->expect(target));
        return 0;
    case CONF_WORD:
        return read_word(reader, setting, field, target);
    case CONF_INT:
    case CONF_INT64:
        return read_number(reader, setting, field, target);
    case CONF_BOOL:
        if (config_setting_type(setting) != CONFIG_TYPE_BOOL)
            return fault_type(reader, setting, field->name, "true or false");
        *(bool *)(void *)target = config_setting_get_bool(setting) == CONFIG_TRUE;
        return 0;
    case CONF_SWITCH:
        return read_switch(reader, setting, field, target);
    case CONF_GROUP:
        if (config_setting_type(setting) != CONFIG_TYPE_GROUP)
            return fault_type(reader, setting, field->name, "a group { }");
        return read_group(reader, setting, field->fields, target);
    case CONF_LIST:
        return read_list(reader, setting, field, target);
    case CONF_STRINGS:
        return read_strings(reader, setting, field, target);
    case CONF_MAP:
        return read_map(reader, setting, field, target);
    }
    return fault_set(reader->fault, "%s:%d: %s has no reader", reader->path, line_of(setting), field->name);
}

static int fault_unknown(const struct reader *reader, const config_setting_t *setting, const struct conf_field *fields)
{
    char known[400] = "";

    for (const struct conf_field *field = fields; field->name != NULL; field++) {
        size_t used = strlen(known);

        snprintf(known + used, sizeof known - used, "%s%s", used > 0 ? ", " : "", field->name);
    }
    return fault_set(reader->fault, "%s:%d: unknown key \"%.64s\"; known here are: %s", reader->path, line_of(setting),
                     config_setting_name(setting), known);
}

/* A fault within a group. Returns whether to go on and look for more. */
static bool go_on(const struct reader *reader)
{
    if (reader->all == NULL)
        return false;
    /* A group within this one that failed has said why already. */
    if (reader->fault->text[0] != '\0')
        reader->all->each(reader->all->context, reader->fault);
    reader->fault->text[0] = '\0';
    return true;
}

static int read_group(const struct reader *reader, const config_setting_t *group, const struct conf_field *fields,
                      char *structure)
{
    int count = config_setting_length(group), result = 0;
    unsigned long long seen = 0; /* bit i: fields[i]; no file has 64 keys in one group */

    for (int i = 0; i < count; i++) {
        const config_setting_t *setting = config_setting_get_elem(group, (unsigned int)i);
        const struct conf_field *field = fields;

        while (field->name != NULL && strcmp(field->name, config_setting_name(setting)) != 0)
            field++;
        if (field->name != NULL)
            seen |= 1ULL << (field - fields);
        if (field->name == NULL ? fault_unknown(reader, setting, fields) != 0
                                : read_field(reader, setting, field, structure) != 0) {
            result = -1;
            if (!go_on(reader))
                return result;
        } else if (reader->given != NULL)
            reader->given->each(reader->given->context, structure, field);
    }
    for (const struct conf_field *field = fields; field->name != NULL; field++) {
        if (field->required && (seen >> (field - fields) & 1) == 0) {
            result = fault_set(reader->fault, "%s:%d: %s is missing", reader->path, line_of(group), field->name);
            if (!go_on(reader))
                return result;
        }
    }
    return result;
}

static int parse(const struct reader *reader, const char *text, size_t length, const struct conf_field *fields,
                 void *structure)
{
    config_t config;
    int result = -1;

    if (conf_check(reader->path, text, length, reader->fault) != 0)
        return -1;
    config_init(&config);
    if (config_read_string(&config, text) != CONFIG_TRUE)
        fault_set(reader->fault, "%s:%d: %s; expected lines such as: key = \"value\";", reader->path,
                  config_error_line(&config), config_error_text(&config));
    else
        result = read_group(reader, config_root_setting(&config), fields, structure);
    config_destroy(&config);
    return result;
}

int conf_parse(const char *path, const char *text, size_t length, const struct conf_field *fields, void *structure,
               struct fault *fault)
{
    const struct reader reader = {.path = path, .fault = fault};

    return parse(&reader, text, length, fields, structure);
}

int conf_parse_given(const char *path, const char *text, size_t length, const struct conf_field *fields,
                     void *structure, const struct conf_given *given, struct fault *fault)
{
    const struct reader reader = {.path = path, .fault = fault, .given = given};

    return parse(&reader, text, length, fields, structure);
}

int conf_parse_all(const char *path, const char *text, size_t length, const struct conf_field *fields, void *structure,
                   const struct conf_faults *all)
{
    struct fault fault = {.text = ""};
    const struct reader reader = {.path = path, .fault = &fault, .all = all};
    int result = parse(&reader, text, length, fields, structure);

    if (fault.text[0] != '\0')
        all->each(all->context, &fault);
    return result;
}

int conf_line(const char *text, size_t length, const char *setting)
{
    const config_setting_t *found;
    struct fault fault;
    config_t config;
    int line = 0;

    if (conf_check("", text, length, &fault) != 0)
        return 0;
    config_init(&config);
    if (config_read_string(&config, text) == CONFIG_TRUE && (found = config_lookup(&config, setting)) != NULL)
        line = line_of(found);
    config_destroy(&config);
    return line;
}

void conf_free(const struct conf_field *fields, void *structure)
{
    for (const struct conf_field *field = fields; field->name != NULL; field++) {
        struct conf_array *array = (void *)((char *)structure + field->offset);

        switch (field->type) {
        case CONF_STRING:
        case CONF_WORD:
        case CONF_INT:
        case CONF_INT64:
        case CONF_BOOL:
        case CONF_SWITCH: break;
        case CONF_GROUP: conf_free(field->fields, array); break;
        case CONF_LIST:
            for (size_t i = 0; i < array->count; i++)
                conf_free(field->fields, (char *)array->items + i * field->size);
            __attribute__((fallthrough)); /* the array itself, as for the others */
        case CONF_STRINGS:
        case CONF_MAP:
            free(array->items);
            *array = (struct conf_array){0};
            break;
        }
    }
}
