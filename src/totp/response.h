/* SPDX-License-Identifier: BSD-2-Clause */
/* A response to the prompt for a code, before any profile is looked at: the same for everybody, enrolled or not. */
#ifndef PAM_MFA_RESPONSE_H
#define PAM_MFA_RESPONSE_H

#define RESPONSE_DIGITS_MIN 6
#define RESPONSE_DIGITS_MAX 8
#define RESPONSE_CODE_SIZE (RESPONSE_DIGITS_MAX + 1)

enum response_kind {
    RESPONSE_EMPTY = 0,  /* nothing but blanks */
    RESPONSE_NOT_A_CODE, /* no code can equal it, whoever is asked */
    RESPONSE_CODE        /* digits, as many as some code has */
};

/*
 * What RESPONSE, of any length and content, is. With RESPONSE_CODE, CODE becomes its digits, without the blanks (space,
 * tab, CR, LF) that people type as apps and listings show them; else "". The caller wipes CODE.
 */
__attribute__((warn_unused_result)) enum response_kind response_read(const char *response,
                                                                     char code[RESPONSE_CODE_SIZE]);

#endif
