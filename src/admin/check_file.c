/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/check_file.h"

#include "base/file.h"

#include <stdio.h>

#define SIZE_MAX_READ (8 * 1024 * 1024) /* as large as any of the files may be */

static void report_fault(void *context, const struct fault *fault)
{
    report_line(context, "%s", fault->text);
}

static enum found read_text(const char *path, mode_t forbidden, struct file_data *data, struct fault *fault)
{
    const struct file_rule rule = {.owner = 0, .forbidden = forbidden, .size_max = SIZE_MAX_READ};

    return file_read_path(path, &rule, data, fault);
}

void check_file_faults(const char *path, mode_t forbidden, const struct conf_field *fields, void *structure,
                       const struct fault *first, struct report *report)
{
    const struct conf_faults all = {.each = report_fault, .context = report};
    struct file_data data;
    struct fault fault;

    report_line(report, "%s", first->text);
    if (read_text(path, forbidden, &data, &fault) == FOUND_FAULT)
        report_line(report, "%s", fault.text);
    file_data_free(&data);
    if (read_text(path, 0, &data, &fault) == FOUND)
        conf_parse_all(path, data.data, data.length, fields, structure, &all);
    file_data_free(&data);
}

void check_file_place(const char *path, const char *setting, char *out, size_t size)
{
    struct file_data data;
    struct fault ignored;
    int line = 0;

    if (read_text(path, 022, &data, &ignored) == FOUND)
        line = conf_line(data.data, data.length, setting);
    file_data_free(&data);
    if (line > 0)
        snprintf(out, size, "%s:%d", path, line);
    else
        snprintf(out, size, "%s", path);
}
