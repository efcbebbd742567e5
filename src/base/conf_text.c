/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/conf.h"

#include <stdlib.h>
#include <string.h>

/* Text that grows as it is written. After a failed allocation it stays NULL. */
struct writer {
    char *text;
    size_t length, size;
    const struct conf_kept *kept; /* NULL: everything, as machines read it */
    int depth;                    /* of groups, for people */
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

/* A new line for people, with blanks for the depth; for machines OTHERWISE. */
static void put_break(struct writer *writer, const char *otherwise)
{
    if (writer->kept == NULL) {
        put(writer, otherwise);
        return;
    }
    put(writer, "\n");
    for (int i = 0; i < writer->depth; i++)
        put(writer, "    ");
}

static void put_fields(struct writer *writer, const struct conf_field *fields, const char *structure,
                       const char *separator);

/* The fields of a group or of an element of a list, in braces. */
static void put_group(struct writer *writer, const struct conf_field *fields, const char *structure)
{
    writer->depth++;
    put(writer, writer->kept == NULL ? "{ " : "{");
    put_fields(writer, fields, structure, " ");
    writer->depth--;
    put_break(writer, "");
    put(writer, "}");
}

static void put_array(struct writer *writer, const struct conf_field *field, const struct conf_array *array)
{
    put(writer, field->type == CONF_LIST ? "(" : field->type == CONF_MAP ? "{" : "[");
    for (size_t i = 0; i < array->count; i++) {
        const char *item = (const char *)array->items + i * (field->type == CONF_MAP ? sizeof(struct conf_pair) : field->size);

        if (i > 0 && field->type != CONF_MAP)
            put(writer, ",");
        if (field->type == CONF_LIST) {
            writer->depth++;
            put_break(writer, "\n  ");
            writer->depth--;
            put_group(writer, field->fields, item);
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

        if (writer->kept != NULL && !writer->kept->keep(writer->kept->context, structure, field))
            continue;
        put_break(writer, "");
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
        case CONF_GROUP: put_group(writer, field->fields, value); break;
        case CONF_LIST:
        case CONF_STRINGS:
        case CONF_MAP: put_array(writer, field, (const void *)value); break;
        }
        put(writer, ";");
        if (writer->kept == NULL)
            put(writer, separator);
    }
}

char *conf_text_kept(const struct conf_field *fields, const void *structure, const struct conf_kept *kept,
                     size_t *length)
{
    struct writer writer = {.text = malloc(1024), .size = 1024, .kept = kept};

    put_fields(&writer, fields, structure, "\n");
    put(&writer, "\n");
    *length = writer.length;
    return writer.text;
}

char *conf_text(const struct conf_field *fields, const void *structure, size_t *length)
{
    struct writer writer = {.text = malloc(1024), .size = 1024};

    put_fields(&writer, fields, structure, "\n");
    *length = writer.length;
    return writer.text;
}
