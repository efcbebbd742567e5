/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The seal: what only this host's key makes and opens. A seal without a key opens nothing and makes nothing; there is no
 * key of zeros.
 */
#ifndef PAM_MFA_SEAL_H
#define PAM_MFA_SEAL_H

#include "base/crypto.h"

#include <stdbool.h>

struct seal {
    bool has_key;
    unsigned char key[CRYPTO_KEY_BYTES];
};

/* Gives SEAL the KEY; wipe it with seal_wipe. */
void seal_set_key(struct seal *seal, const unsigned char key[CRYPTO_KEY_BYTES]);

/* Afterwards SEAL has no key. */
void seal_wipe(struct seal *seal);

/*
 * Seals LENGTH bytes of DATA, bound to the associated data AAD (not stored), into LENGTH + CRYPTO_SEAL_EXTRA bytes of OUT.
 * 0 done, -1 without a key or if the cryptographic library fails.
 */
__attribute__((warn_unused_result)) int seal_make(const struct seal *seal, const void *aad, size_t aad_length,
                                                  const void *data, size_t length, unsigned char *out);

/*
 * The reverse: OUT gets LENGTH - CRYPTO_SEAL_EXTRA bytes. -1 unless there is a key, and key, AAD and every bit of DATA are
 * right.
 */
__attribute__((warn_unused_result)) int seal_open(const struct seal *seal, const void *aad, size_t aad_length,
                                                  const void *data, size_t length, unsigned char *out);

#endif
