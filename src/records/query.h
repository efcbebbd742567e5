/* SPDX-License-Identifier: BSD-2-Clause */
/* Which records are wanted, which of their fields, in which order, and how many. */
#ifndef MFA_ADMIN_QUERY_H
#define MFA_ADMIN_QUERY_H

#include "base/fault.h"
#include "records/record.h"

#define QUERY_FILTERS_MAX 64
#define QUERY_KEYS_MAX 8

struct query {
    const struct record_field *fields;
    bool for_people; /* in a table, where a uuid only takes room */
    bool shown[RECORD_FIELDS_MAX];
    long long max_records; /* -1: all */
    bool count_only;
    struct query_filter {
        int field;
        const char *key; /* of a map; borrowed */
        struct pattern *pattern;
    } filters[QUERY_FILTERS_MAX];
    size_t filter_count;
    struct query_key {
        int field;
        const char *map_key;
        bool descending;
    } keys[QUERY_KEYS_MAX];
    size_t key_count;
};

/* A query for all records of FIELDS, showing the keys; FOR_PEOPLE, the fields that are listed. Free with query_free. */
void query_init(struct query *query, const struct record_field *fields, bool for_people);
void query_free(struct query *query);

/* Wants FIELD to match PATTERN too. FIELD is borrowed as long as the query lives. */
__attribute__((warn_unused_result)) int query_filter(struct query *query, const char *field, const char *pattern,
                                                     struct fault *fault);

/* Wants FIELD to be TEXT, nothing in which is special. */
__attribute__((warn_unused_result)) int query_filter_literal(struct query *query, const char *field, const char *text,
                                                             struct fault *fault);

/*
 * Shows the fields in LIST beside the keys (for people, those keys that are listed): names with commas between, of
 * which `owner` stands for all `owner.…`, `*` for all that cost nothing to find out, `**` for all.
 */
__attribute__((warn_unused_result)) int query_show(struct query *query, const char *list, struct fault *fault);

/* Orders by LIST, such as `owner.name desc,account.name`; `asc` need not be said. LIST is borrowed. */
__attribute__((warn_unused_result)) int query_order(struct query *query, const char *list, struct fault *fault);

/* Whether FIELD is needed: shown, filtered or ordered by. */
bool query_needs(const struct query *query, const char *field);

/* Whether RECORD, with only its early fields filled in, cannot match: so that the rest need not be read. */
bool query_excludes(const struct query *query, const struct record *record);

bool query_matches(const struct query *query, const struct record *record);

/* Where the records go, in the order asked for. */
struct query_run {
    const struct query *query;
    /* RECORD is borrowed. 0 go on, -1 fault. */
    int (*put)(void *context, const struct query *query, const struct record *record, struct fault *fault);
    void *context;
    long long count; /* of records that were put; of count_only, that match */
    bool cut;        /* there are more than max_records */

    /* Held back until the order is known: of each record the fields that are needed, and nothing else. */
    struct value **held;
    size_t held_count, held_size;
};

/*
 * Takes RECORD, and leaves it empty. 0 go on; 1 enough, nothing more is wanted; -1 fault. With an order, records are
 * held back until query_finish: with max_records at most twice as many, else all that match.
 */
__attribute__((warn_unused_result)) int query_offer(struct query_run *run, struct record *record, struct fault *fault);

/* Puts what was held back. To be called at the end, also after a fault (FAILED): then it only frees. */
__attribute__((warn_unused_result)) int query_finish(struct query_run *run, bool failed, struct fault *fault);

#endif
