/* SPDX-License-Identifier: BSD-2-Clause */
#include "records/json.h"

#include "base/text.h"

#include <string.h>

void json_string(FILE *out, const char *text)
{
    const unsigned char *next = (const unsigned char *)text;

    putc('"', out);
    while (*next != '\0') {
        size_t length = text_character(next);

        if (length == 0) {
            fputs("\\ufffd", out);
            length = 1;
        } else if (*next == '"' || *next == '\\')
            fprintf(out, "\\%c", *next);
        else if (*next < ' ' || *next == 0x7f)
            fprintf(out, "\\u%04x", (unsigned)*next);
        else if (length == 2 && next[0] == 0xc2 && next[1] < 0xa0) /* C1: some terminals act on them */
            fprintf(out, "\\u%04x", (unsigned)next[1]);
        else
            fwrite(next, 1, length, out);
        next += length;
    }
    putc('"', out);
}

void json_value(FILE *out, const struct value *value)
{
    switch (value->type) {
    case VALUE_UNSET: fputs("null", out); break;
    case VALUE_STRING: json_string(out, value->texts[0]); break;
    case VALUE_INTEGER: fprintf(out, "%lld", value->number); break;
    case VALUE_BOOLEAN: fputs(value->number != 0 ? "true" : "false", out); break;
    case VALUE_STRINGS:
    case VALUE_MAP:
        putc(value->type == VALUE_MAP ? '{' : '[', out);
        for (size_t i = 0; i < value->count; i++) {
            json_string(out, value->texts[i]);
            if (value->type == VALUE_MAP && i % 2 == 0)
                fputs(": ", out);
            else if (i + 1 < value->count)
                fputs(", ", out);
        }
        putc(value->type == VALUE_MAP ? '}' : ']', out);
        break;
    }
}

void json_record(FILE *out, const struct record *record, const bool *shown, int indent)
{
    const char *group = "";
    size_t group_length = 0;
    bool first = true;

    putc('{', out);
    for (int i = 0; record->fields[i].name != NULL; i++) {
        const char *name = record->fields[i].name, *dot = strchr(name, '.');
        bool in_group = group_length > 0 && strncmp(name, group, group_length) == 0 && name[group_length] == '.';

        if ((shown != NULL && !shown[i]) || record->values[i].type == VALUE_UNSET)
            continue;
        if (group_length > 0 && !in_group) {
            fprintf(out, "\n%*s}", indent + 2, "");
            group_length = 0;
        }
        fputs(first ? "\n" : ",\n", out);
        if (dot != NULL && !in_group) {
            group = name;
            group_length = (size_t)(dot - name);
            fprintf(out, "%*s\"%.*s\": {\n", indent + 2, "", (int)group_length, group);
        }
        fprintf(out, "%*s\"%s\": ", indent + (dot != NULL ? 4 : 2), "", dot != NULL ? dot + 1 : name);
        json_value(out, &record->values[i]);
        first = false;
    }
    if (group_length > 0)
        fprintf(out, "\n%*s}", indent + 2, "");
    if (!first)
        fprintf(out, "\n%*s", indent, "");
    putc('}', out);
}
