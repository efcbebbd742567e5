/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/crypto.h"

#include <limits.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#define NONCE_BYTES 12
#define TAG_BYTES 16

int crypto_start(void)
{
    static const unsigned char key[CRYPTO_KEY_BYTES], nothing[1];
    unsigned char digest[CRYPTO_DIGEST_MAX], sealed[CRYPTO_SEAL_EXTRA];
    size_t length;

    /* What a login needs is found and loaded here. What this seals is nobody's. */
    if (crypto_hmac(CRYPTO_SHA1, key, sizeof key, nothing, sizeof nothing, digest, &length) != 0)
        return -1;
    return crypto_seal(key, nothing, sizeof nothing, nothing, 0, sealed);
}

void crypto_wipe(void *data, size_t length)
{
    OPENSSL_cleanse(data, length);
}

bool crypto_equal(const void *a, const void *b, size_t length)
{
    return CRYPTO_memcmp(a, b, length) == 0;
}

int crypto_random(void *out, size_t length)
{
    int ok;

    if (length > INT_MAX)
        return -1;
    ERR_set_mark();
    ok = RAND_bytes(out, (int)length) == 1;
    ERR_pop_to_mark();
    if (!ok)
        crypto_wipe(out, length);
    return ok ? 0 : -1;
}

int crypto_random_below(uint32_t limit, uint32_t *out)
{
    /* Values at or above the largest multiple of LIMIT would favour small remainders: draw again. */
    uint32_t fair = UINT32_MAX - UINT32_MAX % limit;
    uint32_t value;

    do {
        if (crypto_random(&value, sizeof value) != 0) {
            *out = 0;
            return -1;
        }
    } while (value >= fair);
    *out = value % limit;
    return 0;
}

static const EVP_MD *digest_method(enum crypto_digest digest)
{
    switch (digest) {
    case CRYPTO_SHA1: return EVP_sha1();
    case CRYPTO_SHA256: return EVP_sha256();
    case CRYPTO_SHA512: return EVP_sha512();
    }
    return NULL;
}

/* Bytes in a digest, and in the blocks it is made of. Known, not asked for: an answer of 0 would pass for a length. */
static size_t digest_bytes(enum crypto_digest digest)
{
    return digest == CRYPTO_SHA1 ? 20 : digest == CRYPTO_SHA256 ? 32 : 64;
}

static size_t block_bytes(enum crypto_digest digest)
{
    return digest == CRYPTO_SHA512 ? 128 : 64;
}

/* The digest of FIRST and then SECOND. The context knows its method. */
static bool digest_both(EVP_MD_CTX *context, const void *first, size_t first_length, const void *second,
                        size_t second_length, unsigned char *out)
{
    return EVP_DigestInit_ex(context, NULL, NULL) == 1 && EVP_DigestUpdate(context, first, first_length) == 1 &&
           EVP_DigestUpdate(context, second, second_length) == 1 && EVP_DigestFinal_ex(context, out, NULL) == 1;
}

/*
 * Written out over digests, as OpenSSH does: fetching OpenSSL 3's MAC costs more instructions than the rest of a
 * login's arithmetic together, and the digests are already loaded in a host such as sshd. Looking a digest up costs
 * more than the digest of a short message, so that is done once for a key.
 */
int crypto_hmac_open(struct crypto_hmac *hmac, enum crypto_digest digest, const void *key, size_t key_length)
{
    const EVP_MD *method = digest_method(digest);
    unsigned char block[CRYPTO_BLOCK_MAX] = {0};
    int result = -1;

    *hmac = (struct crypto_hmac){.block_length = block_bytes(digest), .digest_length = digest_bytes(digest)};
    ERR_set_mark();
    hmac->context = EVP_MD_CTX_new();
    if (hmac->context == NULL || method == NULL || EVP_DigestInit_ex(hmac->context, method, NULL) != 1)
        goto out;
    if (key_length <= hmac->block_length)
        memcpy(block, key, key_length);
    else if (EVP_DigestUpdate(hmac->context, key, key_length) != 1 ||
             EVP_DigestFinal_ex(hmac->context, block, NULL) != 1)
        goto out;
    for (size_t i = 0; i < hmac->block_length; i++) {
        hmac->inner[i] = block[i] ^ 0x36;
        hmac->outer[i] = block[i] ^ 0x5c;
    }
    result = 0;
out:
    ERR_pop_to_mark();
    crypto_wipe(block, sizeof block);
    if (result != 0)
        crypto_hmac_close(hmac);
    return result;
}

int crypto_hmac_run(const struct crypto_hmac *hmac, const void *data, size_t length, unsigned char *out,
                    size_t *out_length)
{
    unsigned char inner[CRYPTO_DIGEST_MAX];
    bool ok;

    ERR_set_mark();
    ok = digest_both(hmac->context, hmac->inner, hmac->block_length, data, length, inner) &&
         digest_both(hmac->context, hmac->outer, hmac->block_length, inner, hmac->digest_length, out);
    ERR_pop_to_mark();
    crypto_wipe(inner, sizeof inner);
    *out_length = ok ? hmac->digest_length : 0;
    if (!ok)
        crypto_wipe(out, CRYPTO_DIGEST_MAX);
    return ok ? 0 : -1;
}

void crypto_hmac_close(struct crypto_hmac *hmac)
{
    EVP_MD_CTX_free(hmac->context);
    crypto_wipe(hmac, sizeof *hmac);
}

int crypto_hmac(enum crypto_digest digest, const void *key, size_t key_length, const void *data, size_t length,
                unsigned char *out, size_t *out_length)
{
    struct crypto_hmac hmac;
    int result = crypto_hmac_open(&hmac, digest, key, key_length);

    *out_length = 0;
    if (result == 0)
        result = crypto_hmac_run(&hmac, data, length, out, out_length);
    crypto_hmac_close(&hmac);
    return result;
}

int crypto_sha256_hex(const void *data, size_t length, char out[65])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int digest_length = 0;
    int ok;

    ERR_set_mark();
    ok = EVP_Digest(data, length, digest, &digest_length, EVP_sha256(), NULL) == 1 && digest_length == 32;
    ERR_pop_to_mark();
    out[0] = '\0';
    if (!ok)
        return -1;
    crypto_hex(digest, digest_length, out);
    return 0;
}

int crypto_seal(const unsigned char key[CRYPTO_KEY_BYTES], const void *aad, size_t aad_length, const void *data,
                size_t length, unsigned char *out)
{
    EVP_CIPHER_CTX *context = NULL;
    int written = 0, result = -1;

    if (length > INT_MAX || aad_length > INT_MAX || crypto_random(out, NONCE_BYTES) != 0)
        return -1;
    ERR_set_mark();
    context = EVP_CIPHER_CTX_new();
    if (context != NULL && EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, key, out) == 1 &&
        EVP_EncryptUpdate(context, NULL, &written, aad, (int)aad_length) == 1 &&
        EVP_EncryptUpdate(context, out + NONCE_BYTES, &written, data, (int)length) == 1 && written == (int)length &&
        EVP_EncryptFinal_ex(context, out + NONCE_BYTES + length, &written) == 1 && written == 0 &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, out + NONCE_BYTES + length) == 1)
        result = 0;
    EVP_CIPHER_CTX_free(context);
    ERR_pop_to_mark();
    if (result != 0)
        crypto_wipe(out, length + CRYPTO_SEAL_EXTRA);
    return result;
}

int crypto_unseal(const unsigned char key[CRYPTO_KEY_BYTES], const void *aad, size_t aad_length, const void *data,
                  size_t length, unsigned char *out)
{
    const unsigned char *nonce = data;
    unsigned char tag[TAG_BYTES], tail[TAG_BYTES];
    EVP_CIPHER_CTX *context = NULL;
    int inner_length, written = 0, result = -1;

    if (length < CRYPTO_SEAL_EXTRA || length > INT_MAX || aad_length > INT_MAX)
        return -1;
    inner_length = (int)(length - CRYPTO_SEAL_EXTRA);
    memcpy(tag, nonce + NONCE_BYTES + inner_length, sizeof tag);
    ERR_set_mark();
    context = EVP_CIPHER_CTX_new();
    if (context != NULL && EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
        EVP_DecryptUpdate(context, NULL, &written, aad, (int)aad_length) == 1 &&
        EVP_DecryptUpdate(context, out, &written, nonce + NONCE_BYTES, inner_length) == 1 && written == inner_length &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, tag) == 1 &&
        EVP_DecryptFinal_ex(context, tail, &written) == 1)
        result = 0;
    EVP_CIPHER_CTX_free(context);
    ERR_pop_to_mark();
    if (result != 0)
        crypto_wipe(out, (size_t)inner_length);
    return result;
}

int crypto_scrypt(const void *secret, size_t length, const unsigned char salt[CRYPTO_SALT_BYTES],
                  unsigned char out[CRYPTO_HASH_BYTES])
{
    int ok;

    ERR_set_mark();
    /* 0: OpenSSL's own bound on memory, 32 MiB, which these parameters stay under. */
    ok = EVP_PBE_scrypt(secret, length, salt, CRYPTO_SALT_BYTES, 1 << 14, 8, 1, 0, out, CRYPTO_HASH_BYTES) == 1;
    ERR_pop_to_mark();
    if (!ok)
        crypto_wipe(out, CRYPTO_HASH_BYTES);
    return ok ? 0 : -1;
}

void crypto_base64(const void *data, size_t length, char *out)
{
    EVP_EncodeBlock((unsigned char *)out, data, (int)length);
}

void crypto_hex(const void *data, size_t length, char *out)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *bytes = data;

    for (size_t i = 0; i < length; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    *out = '\0';
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

int crypto_unhex(const char *hex, unsigned char *out, size_t size, size_t *length)
{
    size_t count = 0;

    *length = 0;
    for (; hex[0] != '\0'; hex += 2, count++) {
        int high = hex_value(hex[0]), low = high < 0 ? -1 : hex_value(hex[1]);

        if (low < 0 || count == size) {
            crypto_wipe(out, size);
            return -1;
        }
        out[count] = (unsigned char)(high << 4 | low);
    }
    *length = count;
    return 0;
}

/* No key with a passphrase: nobody is there to be asked. */
static int no_passphrase(char *out, int size, int writes, void *context)
{
    (void)out;
    (void)size;
    (void)writes;
    (void)context;
    return -1;
}

static int unix_time(const ASN1_TIME *time, long long *out)
{
    struct tm parts;

    if (time == NULL || ASN1_TIME_to_tm(time, &parts) != 1)
        return -1;
    *out = (long long)timegm(&parts);
    return 0;
}

int crypto_certificate(const void *certificate, size_t certificate_length, const void *key, size_t key_length,
                       long long *from, long long *until)
{
    BIO *certificate_text = NULL, *key_text = NULL;
    EVP_PKEY *private = NULL;
    X509 *x509 = NULL;
    int result = -1;

    if (certificate_length > INT_MAX || key_length > INT_MAX)
        return -1;
    ERR_set_mark();
    certificate_text = BIO_new_mem_buf(certificate, (int)certificate_length);
    key_text = BIO_new_mem_buf(key, (int)key_length);
    if (certificate_text != NULL && key_text != NULL) {
        x509 = PEM_read_bio_X509(certificate_text, NULL, no_passphrase, NULL);
        private = PEM_read_bio_PrivateKey(key_text, NULL, no_passphrase, NULL);
    }
    if (x509 != NULL && private != NULL && X509_check_private_key(x509, private) == 1 &&
        unix_time(X509_get0_notBefore(x509), from) == 0 && unix_time(X509_get0_notAfter(x509), until) == 0)
        result = 0;
    X509_free(x509);
    EVP_PKEY_free(private);
    BIO_free(certificate_text);
    BIO_free(key_text);
    ERR_pop_to_mark();
    return result;
}

int crypto_certificates_end(const void *text, size_t length, long long *end)
{
    BIO *source = NULL;
    X509 *x509 = NULL;
    long long until;
    int result = -1;

    if (length > INT_MAX)
        return -1;
    ERR_set_mark();
    source = BIO_new_mem_buf(text, (int)length);
    while (source != NULL && (x509 = PEM_read_bio_X509(source, NULL, no_passphrase, NULL)) != NULL) {
        if (unix_time(X509_get0_notAfter(x509), &until) == 0 && (result != 0 || until < *end)) {
            *end = until;
            result = 0;
        }
        X509_free(x509);
    }
    BIO_free(source);
    ERR_pop_to_mark();
    return result;
}
