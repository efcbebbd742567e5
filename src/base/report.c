/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/report.h"

#include <stdarg.h>
#include <stdio.h>

static void put(struct report *report, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
static void put(struct report *report, const char *format, va_list args)
{
    char text[2048];

    vsnprintf(text, sizeof text, format, args);
    report->count++;
    report->line(report->context, text);
}

void report_line(struct report *report, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    put(report, format, args);
    va_end(args);
}

void report_found(struct report *report, const char *code, const char *format, ...)
{
    const char *before = report->code;
    va_list args;

    report->code = code;
    va_start(args, format);
    put(report, format, args);
    va_end(args);
    report->code = before;
}
