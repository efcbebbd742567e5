/* SPDX-License-Identifier: BSD-2-Clause */
/* A value of a record's field, of one of the types that the REST API has. */
#ifndef MFA_ADMIN_VALUE_H
#define MFA_ADMIN_VALUE_H

#include <stdbool.h>
#include <stddef.h>

enum value_type {
    VALUE_UNSET = 0, /* also what an empty string, list or map becomes: there is nothing to show or to compare */
    VALUE_STRING,
    VALUE_INTEGER,
    VALUE_BOOLEAN,
    VALUE_STRINGS, /* a list */
    VALUE_MAP      /* keys with strings */
};

struct value {
    enum value_type type;
    long long number; /* of an integer; of a boolean 0 or 1 */
    char **texts;     /* own allocations: one string; the list's; of a map key, value, key, value */
    size_t count;     /* of texts */
};

/* Each frees what VALUE was. 0 done; -1 out of memory, and VALUE is unset. */
__attribute__((warn_unused_result)) int value_set_string(struct value *value, const char *text);
void value_set_integer(struct value *value, long long number);
void value_set_boolean(struct value *value, bool on);

/* Appends to a list (or an unset value, which becomes one). */
__attribute__((warn_unused_result)) int value_add_string(struct value *value, const char *text);
/* Likewise to a map. */
__attribute__((warn_unused_result)) int value_add_pair(struct value *value, const char *key, const char *text);

/* The value of KEY in the map VALUE as one that borrows from it; never to be freed. Unset if there is none. */
struct value value_at(const struct value *value, const char *key);

void value_free(struct value *value);

/* Less than, equal to or greater than 0, as A sorts before, with or after B. What is unset sorts first. */
int value_compare(const struct value *a, const struct value *b);

/* TEXT as a number, or as true, false, 1 or 0. Returns whether it is one. */
__attribute__((warn_unused_result)) bool value_parse_integer(const char *text, long long *number);
__attribute__((warn_unused_result)) bool value_parse_boolean(const char *text, bool *on);

#endif
