/* SPDX-License-Identifier: BSD-2-Clause */
#include "check_file.h"

#include "file.h"

#include <stdio.h>

#define SIZE_MAX_READ (8 * 1024 * 1024) /* as large as any of the files may be */

static void report_fault(void *context, const struct fault *fault)
{
    report_line(context, "%s", fault->text);
}

static enum found read_text(const char *path, struct file_data *data)
{
    const struct file_rule rule = {.owner = 0, .forbidden = 022, .size_max = SIZE_MAX_READ};
    struct fault ignored;

    return file_read_path(path, &rule, data, &ignored);
}

void check_file_faults(const char *path, const struct conf_field *fields, void *structure, const struct fault *first,
                       struct report *report)
{
    const struct conf_faults all = {.each = report_fault, .context = report};
    size_t before = report->count;
    struct file_data data;

    /* What cannot be read, or not by that owner and mode, has one fault. */
    if (read_text(path, &data) == FOUND)
        conf_parse_all(path, data.data, data.length, fields, structure, &all);
    file_data_free(&data);
    if (report->count == before)
        report_line(report, "%s", first->text);
}

void check_file_place(const char *path, const char *setting, char *out, size_t size)
{
    struct file_data data;
    int line = 0;

    if (read_text(path, &data) == FOUND)
        line = conf_line(data.data, data.length, setting);
    file_data_free(&data);
    if (line > 0)
        snprintf(out, size, "%s:%d", path, line);
    else
        snprintf(out, size, "%s", path);
}
