/* SPDX-License-Identifier: BSD-2-Clause */
/* The records of a collection that a query asks for: shown page by page, or counted, or gathered to be changed. */
#ifndef MFA_REST_COLLECTION_H
#define MFA_REST_COLLECTION_H

#include "api/resource.h"

#define COLLECTION_MAX 10000 /* records in one answer */

/* Answers a GET of the collection. */
void collection_get(struct request *request, const struct resource *resource);

/* What names a record: its SVM, and its name within that. */
struct collection_item {
    char svm[NAME_SIZE];
    char name[NAME_SIZE];
};

/*
 * Finds the records that the query's filters, or, with a COUNT of SEGMENTS, those parts of the path name; ITEMS is for
 * the caller to free. -1: answered already.
 */
__attribute__((warn_unused_result)) int collection_find(struct request *request, const struct resource *resource,
                                                        const char *const *segments, size_t count,
                                                        struct collection_item **items, size_t *item_count);

/* Answers with the one record that is ITEM, and the fields FIELDS (NULL: all that cost nothing); or that it is gone. */
void collection_get_one(struct request *request, const struct resource *resource, const char *const *segments,
                        size_t count);

/* Prints the record NAME of SVM, all of it, as a POST answers that was asked to. -1: answered already. */
__attribute__((warn_unused_result)) int collection_print(struct request *request, const struct resource *resource,
                                                         const char *svm, const char *name);

#endif
