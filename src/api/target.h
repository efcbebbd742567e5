/* SPDX-License-Identifier: BSD-2-Clause */
/* What a request is about: the path, and the query behind it (RFC 3986; `+` in a query is a space). */
#ifndef MFA_REST_TARGET_H
#define MFA_REST_TARGET_H

#include "base/fault.h"
#include "gateway/limit.h"

#include <stddef.h>

struct parameter {
    const char *name;
    const char *value;
};

struct target {
    char text[LIMIT_TARGET + 2]; /* where the others point */
    const char *segments[LIMIT_SEGMENTS]; /* decoded; never empty */
    size_t segment_count;
    struct parameter parameters[LIMIT_PARAMETERS]; /* decoded; each name once */
    size_t parameter_count;
};

/* Reads TEXT. Refused are: percent signs without two hex digits, NUL, bytes that are no UTF-8, and what is too much. */
__attribute__((warn_unused_result)) int target_parse(struct target *target, const char *text, struct fault *fault);

/* The value of parameter NAME; NULL: there is none. */
const char *target_parameter(const struct target *target, const char *name);

/* TEXT percent-encoded into OUT of SIZE bytes. -1: it does not fit. */
__attribute__((warn_unused_result)) int target_encode(char *out, size_t size, const char *text);

#endif
