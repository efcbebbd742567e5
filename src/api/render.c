/* SPDX-License-Identifier: BSD-2-Clause */
#include "api/render.h"

#include "records/json.h"

#include <string.h>

static const char *text_of(const struct record *record, const char *name)
{
    const char *key;
    int index = record_find(record->fields, name, &key);

    return index >= 0 && record->values[index].type == VALUE_STRING ? record->values[index].texts[0] : NULL;
}

/* Appends `/` and the field NAME to the path in OUT. */
static int append_key(const struct record *record, const char *name, char *out, size_t size)
{
    const char *text = text_of(record, name);
    size_t used = strlen(out);

    if (text == NULL || used + 2 > size)
        return -1;
    out[used] = '/';
    return target_encode(out + used + 1, size - used - 1, text);
}

int render_path(const struct resource *resource, const struct record *record, char *out, size_t size)
{
    snprintf(out, size, "%s", resource->path);
    for (size_t i = 0; i < sizeof resource->keys / sizeof *resource->keys && resource->keys[i] != NULL; i++)
        if (append_key(record, resource->keys[i], out, size) != 0)
            return -1;
    return 0;
}

void render_link(FILE *out, const char *name, const char *href, int indent)
{
    fprintf(out, "%*s\"_links\": {\n%*s\"%s\": {\n%*s\"href\": ", indent, "", indent + 2, "", name, indent + 4, "");
    json_string(out, href);
    fprintf(out, "\n%*s}\n%*s}", indent + 2, "", indent, "");
}

/* The link in an object within the record: of ONTAP's records, `owner` and `account` have one. */
static void close_group(FILE *out, const struct record *record, const char *group, bool links, int indent)
{
    char path[LIMIT_LOCATION] = "";
    int result = -1;

    if (links && strncmp(group, "owner.", 6) == 0) {
        strcpy(path, "/api/svm/svms");
        result = append_key(record, "owner.uuid", path, sizeof path);
    } else if (links && strncmp(group, "account.", 8) == 0) {
        strcpy(path, "/api/security/accounts");
        result = append_key(record, "owner.uuid", path, sizeof path);
        if (result == 0)
            result = append_key(record, "account.name", path, sizeof path);
    }
    if (result == 0) {
        fputs(",\n", out);
        render_link(out, "self", path, indent + 2);
    }
    fprintf(out, "\n%*s}", indent, "");
}

void render_record(FILE *out, const struct resource *resource, const struct record *record, const bool *shown,
                   bool links, int indent)
{
    char path[LIMIT_LOCATION];
    const char *group = NULL;
    bool first = true;

    putc('{', out);
    for (int i = 0; record->fields[i].name != NULL; i++) {
        const char *name = record->fields[i].name, *dot = strchr(name, '.');
        size_t length = dot != NULL ? (size_t)(dot - name) + 1 : 0;
        bool in_group = group != NULL && dot != NULL && strncmp(name, group, length) == 0;

        if ((shown != NULL && !shown[i]) || record->values[i].type == VALUE_UNSET)
            continue;
        if (group != NULL && !in_group) {
            close_group(out, record, group, links, indent + 2);
            group = NULL;
        }
        fputs(first ? "\n" : ",\n", out);
        if (dot != NULL && !in_group) {
            group = name;
            fprintf(out, "%*s\"%.*s\": {\n", indent + 2, "", (int)length - 1, name);
        }
        fprintf(out, "%*s\"%s\": ", indent + (dot != NULL ? 4 : 2), "", name + length);
        json_value(out, &record->values[i]);
        first = false;
    }
    if (group != NULL)
        close_group(out, record, group, links, indent + 2);
    if (links && render_path(resource, record, path, sizeof path) == 0) {
        fputs(first ? "\n" : ",\n", out);
        render_link(out, "self", path, indent + 2);
        first = false;
    }
    fprintf(out, "%s%*s}", first ? "" : "\n", first ? 0 : indent, "");
}
