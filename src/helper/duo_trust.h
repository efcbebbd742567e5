/* SPDX-License-Identifier: BSD-2-Clause */
/* The system's folder of certificates, as OpenSSL looks one up in it: by the hash of its subject. */
#ifndef PAM_MFA_DUO_TRUST_H
#define PAM_MFA_DUO_TRUST_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Whether DIRECTORY is hashed and can be read: then OUT of SIZE bytes becomes the path of one of the certificates in it.
 */
bool duo_trust_sample(const char *directory, char *out, size_t size);

#endif
