/* SPDX-License-Identifier: BSD-2-Clause */
/* All that is wrong within a configuration file, where the module's reader stops at the first fault. */
#ifndef MFA_ADMIN_CHECK_FILE_H
#define MFA_ADMIN_CHECK_FILE_H

#include "base/conf.h"
#include "base/report.h"

/*
 * Reads the file at PATH, which the module has refused for the reason FIRST, with FIELDS into STRUCTURE (as before any
 * reading; conf_free it). REPORT hears of FIRST, unless that is NULL, and of every fault in the text; so of FIRST
 * perhaps twice. Owner and mode are node_check's matter.
 */
void check_file_faults(const char *path, const struct conf_field *fields, void *structure, const struct fault *first,
                       struct report *report);

/* `PATH:LINE` of SETTING (see conf_line) into OUT, or PATH alone where there is no such line. */
void check_file_place(const char *path, const char *setting, char *out, size_t size);

#endif
