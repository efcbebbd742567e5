/* SPDX-License-Identifier: BSD-2-Clause */
/* Names and paths in commands that people are told to run: pasted as they stand, a shell takes them for one word. */
#ifndef PAM_MFA_SHELL_H
#define PAM_MFA_SHELL_H

struct shell_word {
    char text[640];
};

/*
 * WORD, in single quotes unless every character of it means itself to a shell. One that is too long becomes '', with
 * which no command does harm. To be used within the expression: shell_word(path).text
 */
struct shell_word shell_word(const char *word);

#endif
