/* SPDX-License-Identifier: BSD-2-Clause */
/* Records as JSON (RFC 8259). Text that is not UTF-8 is written with U+FFFD for what cannot be read. */
#ifndef MFA_ADMIN_JSON_H
#define MFA_ADMIN_JSON_H

#include "records/record.h"

#include <stdio.h>

void json_string(FILE *out, const char *text);
void json_value(FILE *out, const struct value *value);

/*
 * The object of RECORD with the fields that SHOWN says (NULL: all) and that are set; `owner.name` becomes "name" in the
 * object "owner". Each line but the first starts with INDENT blanks; the last has no newline.
 */
void json_record(FILE *out, const struct record *record, const bool *shown, int indent);

#endif
