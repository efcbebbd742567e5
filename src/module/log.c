/* SPDX-License-Identifier: BSD-2-Clause */
#include "module/log.h"

#include <stdarg.h>
#include <stdio.h>

void log_event(const struct log *log, enum log_level level, const char *format, ...)
{
    char line[1024];
    va_list args;

    if (level == LOG_LEVEL_DEBUG && !log->debug)
        return;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    log->write(log->context, level, line);
}
