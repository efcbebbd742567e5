/* SPDX-License-Identifier: BSD-2-Clause */
/* Base32 (RFC 4648, section 6) without padding, the form in which authenticator apps take keys. */
#ifndef PAM_MFA_BASE32_H
#define PAM_MFA_BASE32_H

#include <stddef.h>

/* Characters, with the NUL, that LENGTH bytes take. */
#define BASE32_SIZE(length) (((length) * 8 + 4) / 5 + 1)

/* Writes BASE32_SIZE(LENGTH) characters to OUT. */
void base32_encode(const unsigned char *data, size_t length, char *out);

#endif
