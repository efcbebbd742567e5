/* SPDX-License-Identifier: BSD-2-Clause */
/* The lists in a Duo profile, made to be what a document says. */
#ifndef MFA_ADMIN_DUO_LIST_H
#define MFA_ADMIN_DUO_LIST_H

#include "admin/admin_duo.h"
#include "admin/document.h"

struct duo_list_merge {
    const struct document *document;
    const char *svm; /* for the report */
    bool prune;      /* remove what the document does not have */
    struct report *report; /* hears of every difference */
};

/* Moves what FROM, a part of the document, has of LIST into PROFILE, by the items' names. -1: fault. */
__attribute__((warn_unused_result)) int duo_list_merge(const struct duo_list_merge *merge, enum duo_list list,
                                                       struct duo_profile *from, struct duo_profile *profile,
                                                       struct fault *fault);

#endif
