/* SPDX-License-Identifier: BSD-2-Clause */
/* The answer to a request, on its way from the worker that found it to the client. */
#ifndef MFA_REST_ANSWER_H
#define MFA_REST_ANSWER_H

#include "gateway/limit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a worker writes before the body. */
struct answer_head {
    uint32_t mark; /* ANSWER_MARK */
    int32_t status; /* of HTTP */
    uint32_t length; /* of the body */
    uint8_t secret; /* the body holds one: nobody may keep it */
    uint8_t hal;    /* it has links */
    char allow[32]; /* methods, with 405; else "" */
    char location[LIMIT_LOCATION]; /* of what was made; else "" */
};

#define ANSWER_MARK 0x4d464131U

/* A whole answer. `body` is the answer's own allocation; answer_free() wipes it. */
struct answer {
    struct answer_head head;
    char *body;
};

void answer_free(struct answer *answer);

/* An error record of ONTAP's form, for what fails outside of a worker. -1: out of memory. */
__attribute__((warn_unused_result)) int answer_error(struct answer *answer, int status, const char *code,
                                                     const char *message);

/* Writes ANSWER to FD. */
__attribute__((warn_unused_result)) int answer_write(int fd, const struct answer *answer);

/*
 * Takes an answer apart that came in LENGTH bytes DATA from a worker. -1: it is not one, or one that must not be passed
 * on. ANSWER gets a copy.
 */
__attribute__((warn_unused_result)) int answer_parse(struct answer *answer, const char *data, size_t length);

#endif
