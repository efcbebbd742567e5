/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/fault.h"

#include <stdarg.h>
#include <stdio.h>

__attribute__((format(printf, 4, 0))) static int fill(struct fault *fault, enum fault_class class, const char *field,
                                                      const char *format, va_list args)
{
    vsnprintf(fault->text, sizeof fault->text, format, args);
    fault->class = class;
    snprintf(fault->field, sizeof fault->field, "%s", field);
    return -1;
}

int fault_set(struct fault *fault, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fill(fault, FAULT_OTHER, "", format, args);
    va_end(args);
    return -1;
}

int fault_set_class(struct fault *fault, enum fault_class class, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fill(fault, class, "", format, args);
    va_end(args);
    return -1;
}

int fault_set_field(struct fault *fault, const char *field, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fill(fault, FAULT_OTHER, field, format, args);
    va_end(args);
    return -1;
}
