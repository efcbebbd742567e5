/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The only face to libcrypto. Every function leaves the thread's OpenSSL error
 * queue as it found it, since the host program (sshd) reads that queue too.
 * Lengths are in bytes. All int results: 0 done, -1 failed (outputs are then wiped).
 */
#ifndef PAM_MFA_CRYPTO_H
#define PAM_MFA_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum crypto_digest { CRYPTO_SHA1 = 0, CRYPTO_SHA256, CRYPTO_SHA512 };

#define CRYPTO_DIGEST_MAX 64 /* bytes of the longest digest */
#define CRYPTO_BLOCK_MAX 128 /* bytes in a block of SHA-512, the longest */
#define CRYPTO_KEY_BYTES 32  /* of a sealing key, AES-256 */
#define CRYPTO_SEAL_EXTRA 28 /* what sealing adds: 12 bytes of nonce, 16 of tag */
#define CRYPTO_SALT_BYTES 16
#define CRYPTO_HASH_BYTES 16 /* of a hashed emergency code */

/*
 * Makes libcrypto ready, before any lock is taken: where memory is short, its first use can wait for itself for ever
 * (OpenSSL 3.5). -1: it cannot be used.
 */
__attribute__((warn_unused_result)) int crypto_start(void);

/* Overwrites LENGTH bytes in a way the compiler keeps. */
void crypto_wipe(void *data, size_t length);

/* Whether A and B hold the same LENGTH bytes, in time that does not depend on where they differ. */
bool crypto_equal(const void *a, const void *b, size_t length);

__attribute__((warn_unused_result)) int crypto_random(void *out, size_t length);

/* A uniformly random number below LIMIT (1 or more) into *OUT. */
__attribute__((warn_unused_result)) int crypto_random_below(uint32_t limit, uint32_t *out);

/* An HMAC (RFC 2104) key made ready for several messages. */
struct crypto_hmac {
    struct evp_md_ctx_st *context;
    size_t block_length, digest_length;
    unsigned char inner[CRYPTO_BLOCK_MAX], outer[CRYPTO_BLOCK_MAX]; /* the key, padded */
};

/* Close it in either case; a closed one may be closed again. */
__attribute__((warn_unused_result)) int crypto_hmac_open(struct crypto_hmac *hmac, enum crypto_digest digest,
                                                         const void *key, size_t key_length);

/* OUT has room for CRYPTO_DIGEST_MAX; *OUT_LENGTH becomes the digest's length. */
__attribute__((warn_unused_result)) int crypto_hmac_run(const struct crypto_hmac *hmac, const void *data,
                                                        size_t length, unsigned char *out, size_t *out_length);

/* Frees and wipes. */
void crypto_hmac_close(struct crypto_hmac *hmac);

/* The three in one, for a single message. */
__attribute__((warn_unused_result)) int crypto_hmac(enum crypto_digest digest, const void *key, size_t key_length,
                                                    const void *data, size_t length, unsigned char *out,
                                                    size_t *out_length);

/* SHA-256 of DATA as 64 lower-case hex digits and a NUL. */
__attribute__((warn_unused_result)) int crypto_sha256_hex(const void *data, size_t length, char out[65]);

/*
 * AES-256-GCM with a fresh random nonce, bound to the associated data AAD (not stored). OUT gets
 * LENGTH + CRYPTO_SEAL_EXTRA bytes: nonce, ciphertext, tag.
 */
__attribute__((warn_unused_result)) int crypto_seal(const unsigned char key[CRYPTO_KEY_BYTES], const void *aad,
                                                    size_t aad_length, const void *data, size_t length,
                                                    unsigned char *out);

/* The reverse: OUT gets LENGTH - CRYPTO_SEAL_EXTRA bytes. Fails unless key, AAD and every bit of DATA are right. */
__attribute__((warn_unused_result)) int crypto_unseal(const unsigned char key[CRYPTO_KEY_BYTES], const void *aad,
                                                      size_t aad_length, const void *data, size_t length,
                                                      unsigned char *out);

/* scrypt (RFC 7914; N 2^14, r 8, p 1: 16 MiB, some 50 ms) of a short secret such as an emergency code. */
__attribute__((warn_unused_result)) int crypto_scrypt(const void *secret, size_t length,
                                                      const unsigned char salt[CRYPTO_SALT_BYTES],
                                                      unsigned char out[CRYPTO_HASH_BYTES]);

/* Base64 (RFC 4648, with padding) of LENGTH bytes and a NUL: OUT has room for (LENGTH + 2) / 3 * 4 + 1. */
void crypto_base64(const void *data, size_t length, char *out);

/* LENGTH bytes as lower-case hex with a NUL: OUT has room for 2 * LENGTH + 1. */
void crypto_hex(const void *data, size_t length, char *out);

/* Hex digits (either case) into OUT of SIZE bytes; *LENGTH becomes the number of bytes. -1 on any other character. */
__attribute__((warn_unused_result)) int crypto_unhex(const char *hex, unsigned char *out, size_t size, size_t *length);


/*
 * The first certificate (X.509) in the PEM text CERTIFICATE, which must be KEY's: from and until when it is good, in Unix
 * seconds. -1: not PEM, or they do not belong together.
 */
__attribute__((warn_unused_result)) int crypto_certificate(const void *certificate, size_t certificate_length,
                                                           const void *key, size_t key_length, long long *from,
                                                           long long *until);

/* When the first of the certificates in the PEM text ends, in Unix seconds. -1: there is none. */
__attribute__((warn_unused_result)) int crypto_certificates_end(const void *text, size_t length, long long *end);

#endif
