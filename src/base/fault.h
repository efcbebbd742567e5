/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fault says in one sentence, for a person, why something could not be done:
 * where (file and line, if there is one), what was found, what was expected,
 * what to do. Functions that can fail take one and fill it before they fail.
 * What code has to know of it is its class, and the field it is about: no code
 * reads the sentence.
 */
#ifndef PAM_MFA_FAULT_H
#define PAM_MFA_FAULT_H

enum fault_class {
    FAULT_OTHER = 0,
    FAULT_BUSY,       /* somebody else is at it; nothing is wrong with what is kept */
    FAULT_BROKEN,     /* what is kept was read, and is not what may be believed */
    FAULT_ABSENT,     /* what it was asked of does not exist */
    FAULT_CONFLICT,   /* it is not any more as the caller has seen it */
    FAULT_REFUSED,    /* permission, owner or mode */
    FAULT_UNAVAILABLE /* a service that cannot be reached, before anything was begun with it */
};

struct fault {
    char text[640];
    enum fault_class class;
    char field[64]; /* the setting or field that it is about; "": none */
};

/* Fills FAULT, of class other; text that does not fit is cut. Returns -1, so that a function can end with it. */
int fault_set(struct fault *fault, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Likewise of class CLASS. */
int fault_set_class(struct fault *fault, enum fault_class class, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Likewise about FIELD. */
int fault_set_field(struct fault *fault, const char *field, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
