/* SPDX-License-Identifier: BSD-2-Clause */
/* Percent-encoding (RFC 3986): of Duo's parameters, and of the values in a line between module and helper. */
#ifndef PAM_MFA_PERCENT_H
#define PAM_MFA_PERCENT_H

#include <stddef.h>

/* TEXT with all but A-Z a-z 0-9 - . _ ~ as %XX, in OUT of SIZE bytes. -1: OUT is too small, and then "". */
__attribute__((warn_unused_result)) int percent_encode(char *out, size_t size, const char *text);

/*
 * The reverse, and only that: LENGTH bytes of what percent_encode writes, into OUT of SIZE bytes (which may be ENCODED
 * itself). -1: any other byte, lower-case digits, a NUL, or OUT is too small.
 */
__attribute__((warn_unused_result)) int percent_decode(char *out, size_t size, const char *encoded, size_t length);

#endif
