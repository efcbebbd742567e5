/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a page of a collection begins: behind a record that is told by the values of the fields that put the records
 * in order, in parameters `start.FIELD`. So a page goes on rightly when records come and go in the meantime.
 */
#ifndef MFA_REST_PAGE_H
#define MFA_REST_PAGE_H

#include "api/resource.h"

#define PAGE_LITERAL_SIZE 1400

struct page {
    const char *order; /* for query_order; NULL: the records come in order by themselves */
    char order_text[1024];
    struct query_key keys[QUERY_KEYS_MAX];
    size_t count;
    const char *start[QUERY_KEYS_MAX]; /* literals: "text", or null. NULL: the first page */
    char end[QUERY_KEYS_MAX][PAGE_LITERAL_SIZE]; /* likewise, of the last record on the page */
};

/* Reads `order_by` and `start.…`. -1: answered already. */
__attribute__((warn_unused_result)) int page_init(struct page *page, struct request *request,
                                                  const struct resource *resource);

/*
 * What is behind the start is a union of parts, each with some of the first keys equal and the next one beyond. Adds the
 * filters of PART, from 0, to QUERY. 1 done; 0 there is no such part; -1 fault, 2 that part is empty.
 */
__attribute__((warn_unused_result)) int page_filter(const struct page *page, size_t part, struct query *query,
                                                    struct fault *fault);

/* RECORD is the last so far. -1: one of its values cannot be told in a URL. */
__attribute__((warn_unused_result)) int page_note(struct page *page, const struct record *record);

/* The path and query of the next page. -1: it does not fit. */
__attribute__((warn_unused_result)) int page_next(const struct page *page, const struct request *request,
                                                  const struct resource *resource, char *out, size_t size);

#endif
