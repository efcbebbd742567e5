/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records for people, within the width of a terminal: a table with a column a field, whose widest column is narrowed if
 * need be, or, where that does not do, a block of lines a record. The first records decide; a value that is too long for
 * its column goes on below.
 */
#ifndef MFA_ADMIN_TABLE_H
#define MFA_ADMIN_TABLE_H

#include "records/query.h"

#include <stdio.h>

#define TABLE_WIDTH 80 /* where the terminal's is not known */
#define TABLE_SAMPLE 200 /* records that decide the columns' widths */

struct table {
    FILE *out;
    int width;
    const struct query *query;
    char *(*cells)[RECORD_FIELDS_MAX]; /* of the sample, until it is printed */
    size_t sampled;
    int widths[RECORD_FIELDS_MAX]; /* of the shown fields */
    bool decided, as_blocks;
    long long blocks;
};

/* TABLE_WIDTH, or that of the terminal OUT is. */
int table_terminal_width(FILE *out);

void table_init(struct table *table, FILE *out, int width, const struct query *query);

/* For struct query_run; CONTEXT is the table. */
__attribute__((warn_unused_result)) int table_put(void *context, const struct query *query,
                                                  const struct record *record, struct fault *fault);

/* Prints what is left, and frees. */
void table_finish(struct table *table);

#endif
