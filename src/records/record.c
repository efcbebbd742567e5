/* SPDX-License-Identifier: BSD-2-Clause */
#include "records/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int record_find(const struct record_field *fields, const char *name, const char **key)
{
    *key = NULL;
    for (int i = 0; fields[i].name != NULL; i++) {
        size_t length = strlen(fields[i].name);

        if (strcmp(fields[i].name, name) == 0)
            return i;
        if (fields[i].type == VALUE_MAP && strncmp(fields[i].name, name, length) == 0 && name[length] == '.' &&
            name[length + 1] != '\0') {
            *key = name + length + 1;
            return i;
        }
    }
    return -1;
}

struct value *record_at(struct record *record, const char *name)
{
    const char *key;
    int index = record_find(record->fields, name, &key);

    if (index < 0)
        abort(); /* a misspelt name in our own code, found by the first test that runs it */
    return &record->values[index];
}

void record_set_string(struct record *record, const char *name, const char *text)
{
    if (value_set_string(record_at(record, name), text) != 0)
        record->incomplete = true;
}

void record_set_integer(struct record *record, const char *name, long long number)
{
    value_set_integer(record_at(record, name), number);
}

void record_set_boolean(struct record *record, const char *name, bool on)
{
    value_set_boolean(record_at(record, name), on);
}

void record_add_string(struct record *record, const char *name, const char *text)
{
    if (value_add_string(record_at(record, name), text) != 0)
        record->incomplete = true;
}

void record_add_pair(struct record *record, const char *name, const char *key, const char *text)
{
    if (value_add_pair(record_at(record, name), key, text) != 0)
        record->incomplete = true;
}

void record_free(struct record *record)
{
    for (size_t i = 0; i < RECORD_FIELDS_MAX; i++)
        value_free(&record->values[i]);
    record->incomplete = false;
}

int record_fault_unknown(const struct record_field *fields, const char *name, struct fault *fault)
{
    char known[480] = "";

    for (; fields->name != NULL; fields++) {
        size_t used = strlen(known);

        snprintf(known + used, sizeof known - used, "%s%s%s", used > 0 ? ", " : "", fields->name,
                 fields->type == VALUE_MAP ? ".*" : "");
    }
    return fault_set(fault, "unknown field \"%.64s\"; known are: %s", name, known);
}
