/* SPDX-License-Identifier: BSD-2-Clause */
/* The body of a request: a JSON object, as a flat list of its fields. The gateway's only face to Jansson. */
#ifndef MFA_REST_BODY_H
#define MFA_REST_BODY_H

#include "base/fault.h"
#include "gateway/limit.h"

#include <stdbool.h>
#include <stddef.h>

enum member_type { MEMBER_STRING, MEMBER_INTEGER, MEMBER_REAL, MEMBER_BOOLEAN, MEMBER_NULL, MEMBER_STRINGS };

struct member {
    char *name; /* dotted: that of {"owner": {"name": …}} and of {"owner.name": …} is `owner.name` */
    enum member_type type;
    char *text; /* a list's with commas between */
    bool used;  /* whoever knows the field says so */
};

struct body {
    struct member members[LIMIT_MEMBERS];
    size_t count;
};

/*
 * Reads LENGTH bytes TEXT (none: an empty object). Refused are: what is not JSON, or no object; a field that is there
 * twice; objects and lists within each other deeper than LIMIT_DEPTH; lists of anything but strings. `_links` are left
 * out, so that a record can be sent back as it came. In any case body_free() it.
 */
__attribute__((warn_unused_result)) int body_parse(struct body *body, const char *text, size_t length,
                                                   struct fault *fault);
/* Wipes: there may be secrets. */
void body_free(struct body *body);

/* The field NAME, which then counts as used; NULL: there is none. */
struct member *body_find(struct body *body, const char *name);

/* The first field that nobody has used; NULL: there is none. */
const struct member *body_unused(const struct body *body);

#endif
