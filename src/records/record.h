/* SPDX-License-Identifier: BSD-2-Clause */
/* Records: what `show` prints and the REST API answers with. Their fields have dotted names: `owner.name`. */
#ifndef MFA_ADMIN_RECORD_H
#define MFA_ADMIN_RECORD_H

#include "base/fault.h"
#include "records/value.h"

#define RECORD_FIELDS_MAX 24

enum {
    RECORD_KEY = 1,    /* names the record: always shown (to people, only if listed) */
    RECORD_LISTED = 2, /* in the table that people get who ask for no fields */
    RECORD_COSTLY = 4, /* found out only where it is asked for by name, or by `**` */
    RECORD_EARLY = 8   /* known before the record's file is read */
};

struct record_field {
    const char *name; /* NULL ends a table. Names with the same first part follow each other. */
    enum value_type type;
    unsigned int flags;
    long long min, max;       /* of an integer; both 0: no bound */
    const char *const *words; /* that a string, or each of a list's, can be, ended by NULL; NULL: any */
};

struct record {
    const struct record_field *fields;
    struct value values[RECORD_FIELDS_MAX]; /* one for each of FIELDS */
    bool incomplete;                        /* memory ran out */
};

/* The index of the field NAME in FIELDS; of `map.key` that of `map`, with *KEY pointing at the key. -1: none. */
int record_find(const struct record_field *fields, const char *name, const char **key);

/* The field's value; NAME is one of the record's. */
struct value *record_at(struct record *record, const char *name);

void record_set_string(struct record *record, const char *name, const char *text);
void record_set_integer(struct record *record, const char *name, long long number);
void record_set_boolean(struct record *record, const char *name, bool on);
void record_add_string(struct record *record, const char *name, const char *text);
void record_add_pair(struct record *record, const char *name, const char *key, const char *text);

/* Leaves RECORD empty. */
void record_free(struct record *record);

/* Fills FAULT with: NAME is unknown, and all that are known. Returns -1. */
int record_fault_unknown(const struct record_field *fields, const char *name, struct fault *fault);

#endif
