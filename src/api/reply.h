/* SPDX-License-Identifier: BSD-2-Clause */
/* Making an answer: its status, its headers, its JSON. */
#ifndef MFA_REST_REPLY_H
#define MFA_REST_REPLY_H

#include "base/fault.h"
#include "gateway/answer.h"

#include <stdio.h>

struct reply {
    struct answer *answer;
    FILE *out; /* the body */
    char *text;
    size_t length;
    bool is_vault; /* errors take Vault's form */
};

/* ONTAP's errors. */
enum reply_code {
    REPLY_EXISTS,        /* what was to be made exists already */
    REPLY_INVALID,       /* a value cannot be, or is missing */
    REPLY_UNKNOWN_PATH,
    REPLY_NOT_THERE,
    REPLY_DENIED,
    REPLY_METHOD,
    REPLY_UNEXPECTED,    /* a parameter or field that is none */
    REPLY_TOTP_NOT_USED, /* TOTP is not configured for the user */
    REPLY_TOTP_ADMIN,    /* only an administrator may change `enabled` */
    REPLY_TOTP_ENABLED,  /* `enabled` has an invalid value */
    REPLY_TOTP_NOT_THERE,
    REPLY_FAILED,        /* the host's fault, not the caller's */
    REPLY_UNAVAILABLE    /* likewise, and it is over as soon as others have done their work: nothing was begun */
};

/* -1: out of memory. */
__attribute__((warn_unused_result)) int reply_open(struct reply *reply, struct answer *answer);

/* Drops what the body has so far, and answers with an error. TARGET (or NULL) is the field that caused it. Returns -1. */
int reply_error(struct reply *reply, enum reply_code code, const char *target, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Likewise for FAULT, which is not the caller's. Returns -1. */
int reply_fault(struct reply *reply, const struct fault *fault);

/* An empty answer of STATUS: with a body `{ }`, or with 204 none. */
void reply_empty(struct reply *reply, int status);

/* Bytes of the body so far. */
size_t reply_length(const struct reply *reply);

/* Moves the body to the answer. -1: out of memory, or the body is too long. */
__attribute__((warn_unused_result)) int reply_close(struct reply *reply);

#endif
