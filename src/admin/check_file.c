/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/check_file.h"

#include "base/file.h"

#include <stdio.h>
#include <sys/stat.h>

#define SIZE_MAX_READ (8 * 1024 * 1024) /* as large as any of the files may be */

static void report_fault(void *context, const struct fault *fault)
{
    report_found(context, "syntax", "%s", fault->text);
}

/* Whosever it is, and whoever may write to it. */
static enum found read_text(const char *path, struct file_data *data, struct fault *fault)
{
    struct file_rule rule = {.linked = true, .size_max = SIZE_MAX_READ};
    struct stat status;

    if (lstat(path, &status) == 0)
        rule.owner = status.st_uid;
    return file_read_path(path, &rule, data, fault);
}

void check_file_faults(const char *path, const struct conf_field *fields, void *structure, const struct fault *first,
                       struct report *report)
{
    const struct conf_faults all = {.each = report_fault, .context = report};
    struct file_data data;
    struct fault fault;

    if (first != NULL)
        report_found(report, "syntax", "%s", first->text);
    if (read_text(path, &data, &fault) == FOUND)
        conf_parse_all(path, data.data, data.length, fields, structure, &all);
    file_data_free(&data);
}

void check_file_place(const char *path, const char *setting, char *out, size_t size)
{
    struct file_data data;
    struct fault ignored;
    int line = 0;

    if (read_text(path, &data, &ignored) == FOUND)
        line = conf_line(data.data, data.length, setting);
    file_data_free(&data);
    if (line > 0)
        snprintf(out, size, "%s:%d", path, line);
    else
        snprintf(out, size, "%s", path);
}
