/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Patterns that a field's value is compared with, in the REST API and in `mfactl show --query`:
 *
 *   v        equal to v                    <v  <=v  >v  >=v   less, greater
 *   a*b      * stands for any text         a..b               from a to b, both included
 *   a|b      one or the other              !v                 anything but v
 *   "v"      v itself, nothing in it special, but \" and \\
 *   null     not set                       !null              set
 *
 * `!` belongs to the one alternative it starts. What is not set matches nothing but `null` and "". A list matches if
 * one of its elements does, and `!v` if none is v. A number, or a word, that the field can never hold is a fault: whoever
 * asks for it has made a mistake, and would take the empty answer for the truth.
 */
#ifndef MFA_ADMIN_PATTERN_H
#define MFA_ADMIN_PATTERN_H

#include "base/fault.h"
#include "records/record.h"

#define PATTERN_LENGTH_MAX 4096
#define PATTERN_ALTERNATIVES_MAX 256

struct pattern;

/* Reads TEXT as a pattern for FIELD. NULL: fault, which names no field. Free with pattern_free. */
__attribute__((warn_unused_result)) struct pattern *pattern_parse(const char *text, const struct record_field *field,
                                                                  struct fault *fault);
/* TEXT as a pattern that stands for itself alone, into OUT of SIZE bytes. -1: it does not fit. */
__attribute__((warn_unused_result)) int pattern_quote(char *out, size_t size, const char *text);

bool pattern_matches(const struct pattern *pattern, const struct value *value);
void pattern_free(struct pattern **pattern);

#endif
