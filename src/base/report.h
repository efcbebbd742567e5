/* SPDX-License-Identifier: BSD-2-Clause */
/* Where work that takes several steps says, line by line, what it did or found. */
#ifndef MFA_ADMIN_REPORT_H
#define MFA_ADMIN_REPORT_H

#include "base/fault.h"

#include <stddef.h>

struct report {
    void (*line)(void *context, const char *text); /* TEXT has no newline, and may hold foreign text */
    void *context;
    size_t count; /* lines so far */
    const char *code; /* of what LINE is called with, for programs: one word, static text; NULL: none is told */
};

void report_line(struct report *report, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A line that is of CODE, whatever those around it are. */
void report_found(struct report *report, const char *code, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
