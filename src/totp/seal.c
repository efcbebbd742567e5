/* SPDX-License-Identifier: BSD-2-Clause */
#include "totp/seal.h"

#include <string.h>

void seal_set_key(struct seal *seal, const unsigned char key[CRYPTO_KEY_BYTES])
{
    memcpy(seal->key, key, sizeof seal->key);
    seal->has_key = true;
}

void seal_wipe(struct seal *seal)
{
    crypto_wipe(seal, sizeof *seal);
}

int seal_make(const struct seal *seal, const void *aad, size_t aad_length, const void *data, size_t length,
              unsigned char *out)
{
    return seal->has_key ? crypto_seal(seal->key, aad, aad_length, data, length, out) : -1;
}

int seal_open(const struct seal *seal, const void *aad, size_t aad_length, const void *data, size_t length,
              unsigned char *out)
{
    return seal->has_key ? crypto_unseal(seal->key, aad, aad_length, data, length, out) : -1;
}
