/* SPDX-License-Identifier: BSD-2-Clause */
/* Asking a person at a terminal, or a script on a pipe, and what that terminal can show. */
#ifndef PAM_MFA_TERMINAL_H
#define PAM_MFA_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What the environment says of the terminal, and no more than these two. */
struct terminal {
    bool utf8; /* the locale's characters are UTF-8 */
    bool dumb; /* it knows no escape codes */
};

/* Reads the environment: before it is cleared. */
struct terminal terminal_read(void);

/*
 * Writes PROMPT to OUT and reads a line from standard input into LINE of SIZE bytes, without the blanks around it and
 * without anything staying in a buffer. A line that is too long reads as "?", which is no code. 0 done, -1 end of
 * input.
 */
__attribute__((warn_unused_result)) int terminal_ask(FILE *out, const char *prompt, char *line, size_t size);

/* Whether there is a person at both ends: STREAM and standard input are terminals. */
bool terminal_has_person(FILE *stream);

/* Whether colours may be sent to STREAM. */
bool terminal_has_colour(const struct terminal *terminal, FILE *stream);

/* The columns and rows of STREAM; 0: not known, or no terminal. */
void terminal_size(FILE *stream, int *columns, int *rows);

#endif
