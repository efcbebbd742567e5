/* SPDX-License-Identifier: BSD-2-Clause */
/* Text from strangers (user names, host names, Duo's messages), made fit for a log or a terminal. */
#ifndef PAM_MFA_TEXT_H
#define PAM_MFA_TEXT_H

#include <stddef.h>

/*
 * Appends ` KEY=VALUE` (without the space at the start of LINE) to LINE of SIZE bytes. A value that holds anything
 * but printable ASCII, or a space, quote, backslash or '=', or nothing, is put in quotes with \", \\ and \xHH; a NULL
 * value is written as `-`. At most 320 characters of a value are written, then `...`: a field never runs into the
 * next one, and one field never crowds out the others.
 */
void text_add_field(char *line, size_t size, const char *key, const char *value);

/*
 * Copies FOREIGN to OUT of SIZE bytes as text that cannot steer a terminal: valid UTF-8 without C0 and C1 controls,
 * DEL or the bidirectional overrides; a newline or tab becomes a space, every other such byte or character one '?'.
 * Cut, on a character's edge, where OUT is full.
 */
void text_for_terminal(char *out, size_t size, const char *foreign);

/* The bytes of the UTF-8 character at TEXT, which is NUL-terminated and not at its end; 0: there is none. */
size_t text_character(const unsigned char *text);

/*
 * A copy of TEXT in OUT of SIZE bytes without the blanks (space, tab, CR, LF) around it; OUT may be TEXT itself. Returns 0, or -1
 * if it does not fit, and then OUT is "".
 */
__attribute__((warn_unused_result)) int text_trim(char *out, size_t size, const char *text);

#endif
