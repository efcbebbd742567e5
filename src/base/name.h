/* SPDX-License-Identifier: BSD-2-Clause */
/* Names that become parts of paths: of SVMs and of users. */
#ifndef PAM_MFA_NAME_H
#define PAM_MFA_NAME_H

#include <stdbool.h>

/* Room for a name and its NUL. Leaves space in NAME_MAX for what the store appends to it. */
#define NAME_SIZE 201

/*
 * Whether NAME can stand for exactly one file in one directory: 1 to NAME_SIZE-1 bytes, none of them '/' or a
 * control character, not starting with '.' (no "..", nothing hidden) or '-' (never an option to a tool).
 */
bool name_is_valid(const char *name);

#endif
