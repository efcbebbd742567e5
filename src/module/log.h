/* SPDX-License-Identifier: BSD-2-Clause */
/* The module's log: one line a decision, each `key=value` pairs. Never a code, a key or a response. */
#ifndef PAM_MFA_LOG_H
#define PAM_MFA_LOG_H

#include <stdbool.h>

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };

struct log {
    void (*write)(void *context, enum log_level level, const char *line);
    void *context;
    bool debug; /* whether lines of LOG_LEVEL_DEBUG are written */
};

/* A line that is not the decision: what happened on the way to it. FORMAT gives `key=value` pairs of our own text. */
void log_event(const struct log *log, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
