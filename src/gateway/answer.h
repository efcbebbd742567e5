/* SPDX-License-Identifier: BSD-2-Clause */
/* The answer to a request. */
#ifndef MFA_REST_ANSWER_H
#define MFA_REST_ANSWER_H

#include "gateway/limit.h"

#include <stdbool.h>
#include <stddef.h>

struct answer {
    int status;    /* of HTTP */
    char code[12]; /* of an error; else "" */
    bool secret;   /* the body holds one: nobody may keep it */
    bool hal;      /* it has links */
    bool metrics;  /* it is no JSON, but OpenMetrics text */
    char allow[32];                /* methods, with 405; else "" */
    char location[LIMIT_LOCATION]; /* of what was made; else "" */
    char *body;    /* the answer's own allocation */
    size_t length; /* of the body */
    /*
     * If not NULL: takes back what was done, should the client not get the answer. `kept` is all that it needs, and
     * is freed by `drop` in any case.
     */
    bool (*undo)(void *kept);
    void (*drop)(void *kept);
    void *kept;
};

/* Wipes the body. */
void answer_free(struct answer *answer);

/* An error record of ONTAP's form, for what is refused before anybody works on it. -1: out of memory. */
__attribute__((warn_unused_result)) int answer_error(struct answer *answer, int status, const char *code,
                                                     const char *message);

#endif
