/* SPDX-License-Identifier: BSD-2-Clause */
/* Records as JSON, with the links of HAL where the client wants them. */
#ifndef MFA_REST_RENDER_H
#define MFA_REST_RENDER_H

#include "api/resource.h"

/* The path of RECORD into OUT. -1: a key is not set (what is broken may lack it), or it does not fit. */
__attribute__((warn_unused_result)) int render_path(const struct resource *resource, const struct record *record,
                                                    char *out, size_t size);

/* The object of RECORD with the fields that SHOWN says (NULL: all) and that are set, with LINKS or without. */
void render_record(FILE *out, const struct resource *resource, const struct record *record, const bool *shown,
                   bool links, int indent);

/* The member `_links`, with the link NAME to HREF. */
void render_link(FILE *out, const char *name, const char *href, int indent);

#endif
