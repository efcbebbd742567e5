/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/conf.h"

#include <stdlib.h>
#include <string.h>

/* Text that grows as it is written. After a failed allocation it stays NULL. */
struct writer {
    char *text;
    size_t length, size;
};

/* Bytes, not formats: a state is written at every login, and printf would cost more than all the rest of it. */
static void put_bytes(struct writer *writer, const char *bytes, size_t length)
{
    if (writer->text != NULL && length >= writer->size - writer->length) {
        size_t size = writer->size * 2 + length;
        char *larger = realloc(writer->text, size);

        if (larger == NULL)
            free(writer->text);
        writer->text = larger;
        writer->size = size;
    }
    if (writer->text == NULL)
        return;
    memcpy(writer->text + writer->length, bytes, length);
    writer->length += length;
    writer->text[writer->length] = '\0';
}

static void put(struct writer *writer, const char *text)
{
    put_bytes(writer, text, strlen(text));
}

static void put_number(struct writer *writer, long long value)
{
    char digits[24];
    size_t start = sizeof digits;
    unsigned long long rest = value < 0 ? 0ULL - (unsigned long long)value : (unsigned long long)value;

    do
        digits[--start] = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (value < 0)
        digits[--start] = '-';
    put_bytes(writer, digits + start, sizeof digits - start);
}

/* Strings hold no control characters (read_string refuses them), so these two are all there is to escape. */
static void put_string(struct writer *writer, const char *value)
{
    put(writer, "\"");
    while (*value != '\0') {
        size_t plain = strcspn(value, "\"\\");

        put_bytes(writer, value, plain);
        value += plain;
        if (*value != '\0') {
            put(writer, "\\");
            put_bytes(writer, value++, 1);
        }
    }
    put(writer, "\"");
}

static void put_fields(struct writer *writer, const struct conf_field *fields, const char *structure,
                       const char *separator);

static void put_array(struct writer *writer, const struct conf_field *field, const struct conf_array *array)
{
    put(writer, field->type == CONF_LIST ? "(" : field->type == CONF_MAP ? "{" : "[");
    for (size_t i = 0; i < array->count; i++) {
        const char *item = (const char *)array->items + i * (field->type == CONF_MAP ? sizeof(struct conf_pair) : field->size);

        if (i > 0 && field->type != CONF_MAP)
            put(writer, ",");
        if (field->type == CONF_LIST) {
            put(writer, "\n  { ");
            put_fields(writer, field->fields, item, " ");
            put(writer, "}");
        } else if (field->type == CONF_MAP) {
            const struct conf_pair *pair = (const void *)item;

            put(writer, " ");
            put(writer, pair->key);
            put(writer, " = ");
            put_string(writer, pair->value);
            put(writer, ";");
        } else {
            put(writer, " ");
            put_string(writer, item);
        }
    }
    put(writer, field->type == CONF_LIST ? " )" : field->type == CONF_MAP ? " }" : " ]");
}

static void put_switch(struct writer *writer, const struct conf_switch *value)
{
    if (value->on && value->text[0] != '\0')
        put_string(writer, value->text);
    else
        put(writer, value->on ? "true" : "false");
}

static void put_fields(struct writer *writer, const struct conf_field *fields, const char *structure,
                       const char *separator)
{
    for (const struct conf_field *field = fields; field->name != NULL; field++) {
        const char *value = structure + field->offset;

        put(writer, field->name);
        put(writer, " = ");
        switch (field->type) {
        case CONF_STRING: put_string(writer, value); break;
        case CONF_WORD: put_string(writer, field->words[*(const int *)(const void *)value]); break;
        case CONF_INT: put_number(writer, *(const int *)(const void *)value); break;
        case CONF_INT64:
            put_number(writer, *(const long long *)(const void *)value);
            put(writer, "L");
            break;
        case CONF_BOOL: put(writer, *(const bool *)(const void *)value ? "true" : "false"); break;
        case CONF_SWITCH: put_switch(writer, (const void *)value); break;
        case CONF_GROUP:
            put(writer, "{ ");
            put_fields(writer, field->fields, structure, " ");
            put(writer, "}");
            break;
        case CONF_LIST:
        case CONF_STRINGS:
        case CONF_MAP: put_array(writer, field, (const void *)value); break;
        }
        put(writer, ";");
        put(writer, separator);
    }
}

char *conf_text(const struct conf_field *fields, const void *structure, size_t *length)
{
    struct writer writer = {.text = malloc(1024), .size = 1024};

    put_fields(&writer, fields, structure, "\n");
    *length = writer.length;
    return writer.text;
}
