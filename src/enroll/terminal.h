/* SPDX-License-Identifier: BSD-2-Clause */
/* Asking a person at a terminal, or a script on a pipe. */
#ifndef PAM_MFA_TERMINAL_H
#define PAM_MFA_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * Writes PROMPT to OUT and reads a line from standard input into LINE of SIZE bytes, without the blanks around it and
 * without anything staying in a buffer. A line that is too long reads as "?", which is no code. 0 done, -1 end of
 * input.
 */
__attribute__((warn_unused_result)) int terminal_ask(FILE *out, const char *prompt, char *line, size_t size);

/* Whether STREAM is a terminal, so that colours may be sent to it. */
bool terminal_is(FILE *stream);

/* Its width in columns; 0: not known. */
int terminal_columns(FILE *stream);

#endif
