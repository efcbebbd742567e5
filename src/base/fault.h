/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fault says in one sentence, for a person, why something could not be done:
 * where (file and line, if there is one), what was found, what was expected,
 * what to do. Functions that can fail take one and fill it before they fail.
 */
#ifndef PAM_MFA_FAULT_H
#define PAM_MFA_FAULT_H

struct fault {
    char text[640];
};

/* Fills FAULT; text that does not fit is cut. Returns -1, so that a function can end with it. */
int fault_set(struct fault *fault, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
