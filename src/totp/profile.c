/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: secrets leave the seal only for the SVM, user and profile they were sealed for.
 * What MUST NOT happen: a profile whose text says one user and whose name says another; a key shorter than RFC 4226
 * allows.
 */
#include "totp/profile.h"

#include "totp/state.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define SEAL_VERSION 1

static const char *expect_hex(const char *value)
{
    return strspn(value, "0123456789abcdef") == strlen(value) ? NULL : "lower-case hex digits";
}

#define FIELD(member) .offset = offsetof(struct profile, member), .size = sizeof(((struct profile *)0)->member)
const struct conf_field profile_fields[] = {
    {.name = "svm", .type = CONF_STRING, .required = true, FIELD(svm)},
    {.name = "user", .type = CONF_STRING, .required = true, FIELD(user)},
    {.name = "profile_id", .type = CONF_STRING, .required = true, FIELD(profile_id), .min = 32, .max = 32,
     .expect = expect_hex},
    {.name = "created", .type = CONF_INT64, .required = true, FIELD(created), .min = 0, .max = STATE_TIME_MAX},
    {.name = "enabled", .type = CONF_BOOL, .required = true, FIELD(enabled)},
    {.name = "comment", .type = CONF_STRING, .required = true, FIELD(comment)},
    {.name = "algorithm", .type = CONF_WORD, .required = true, FIELD(algorithm), .words = otp_algorithm_words},
    {.name = "digits", .type = CONF_INT, .required = true, FIELD(digits), .expect_number = otp_expect_digits},
    {.name = "period", .type = CONF_INT, .required = true, FIELD(period), .min = 15, .max = 120},
    {.name = "sha_fingerprint", .type = CONF_STRING, .required = true, FIELD(sha_fingerprint), .min = 64, .max = 64,
     .expect = expect_hex},
    {.name = "sealed", .type = CONF_STRING, .required = true, FIELD(sealed), .expect = expect_hex},
    {0},
};
#undef FIELD

int profile_parse(const char *path, const char *text, size_t length, const char *svm, const char *user,
                  struct profile *profile, struct fault *fault)
{
    *profile = (struct profile){0};
    if (conf_parse(path, text, length, profile_fields, profile, fault) != 0)
        return -1;
    if (strcmp(profile->svm, svm) != 0 || strcmp(profile->user, user) != 0)
        return fault_set(fault, "%s: is the profile of user \"%.64s\" in SVM \"%.64s\", expected \"%.64s\" in "
                         "\"%.64s\"; profiles cannot be copied, the user must enrol", path, profile->user, profile->svm,
                         user, svm);
    return 0;
}

char *profile_text(const struct profile *profile, size_t *length)
{
    return conf_text(profile_fields, profile, length);
}

/* The associated data: no field can be moved into its neighbour, since names hold no newline. */
static size_t associated_data(const struct profile *profile, char *out, size_t size)
{
    return (size_t)snprintf(out, size, "pam_mfa totp\n%s\n%s\n%s\n", profile->svm, profile->user, profile->profile_id);
}

#define AAD_SIZE (2 * NAME_SIZE + 64)

/* version | key length | key | code count | salt | hashes */
static size_t pack(const struct secrets *secrets, unsigned char *out)
{
    size_t used = 0;

    out[used++] = SEAL_VERSION;
    out[used++] = (unsigned char)secrets->key_length;
    memcpy(out + used, secrets->key, secrets->key_length);
    used += secrets->key_length;
    out[used++] = (unsigned char)secrets->code_count;
    memcpy(out + used, secrets->salt, sizeof secrets->salt);
    used += sizeof secrets->salt;
    memcpy(out + used, secrets->hashes, secrets->code_count * CRYPTO_HASH_BYTES);
    return used + secrets->code_count * CRYPTO_HASH_BYTES;
}

static int unpack(const unsigned char *in, size_t length, struct secrets *secrets)
{
    size_t used = 2;

    if (length < 2 || in[0] != SEAL_VERSION)
        return -1;
    secrets->key_length = in[1];
    if (secrets->key_length < PROFILE_KEY_MIN || secrets->key_length > PROFILE_KEY_MAX ||
        length < used + secrets->key_length + 1 + CRYPTO_SALT_BYTES)
        return -1;
    memcpy(secrets->key, in + used, secrets->key_length);
    used += secrets->key_length;
    secrets->code_count = in[used++];
    memcpy(secrets->salt, in + used, CRYPTO_SALT_BYTES);
    used += CRYPTO_SALT_BYTES;
    if (secrets->code_count > PROFILE_CODES_MAX || length != used + secrets->code_count * CRYPTO_HASH_BYTES)
        return -1;
    memcpy(secrets->hashes, in + used, secrets->code_count * CRYPTO_HASH_BYTES);
    return 0;
}

int profile_unseal(const struct profile *profile, const struct seal *seal, struct secrets *secrets,
                   struct fault *fault)
{
    unsigned char sealed[PROFILE_SEALED_MAX], plain[PROFILE_SEALED_MAX];
    char aad[AAD_SIZE];
    size_t length;
    int result = 0;

    *secrets = (struct secrets){0};
    if (crypto_unhex(profile->sealed, sealed, sizeof sealed, &length) != 0 ||
        seal_open(seal, aad, associated_data(profile, aad, sizeof aad), sealed, length, plain) != 0 ||
        unpack(plain, length - CRYPTO_SEAL_EXTRA, secrets) != 0) {
        secrets_wipe(secrets);
        result = fault_set_class(fault, FAULT_BROKEN, "the sealed part of the TOTP profile of \"%.64s\" in SVM \"%.64s\" "
                                 "does not open: it was changed, or copied from another user, SVM or host, or seal.key "
                                 "is not the one it was made with; restore seal.key, or let the user enrol again",
                                 profile->user, profile->svm);
    }
    crypto_wipe(plain, sizeof plain);
    return result;
}

int profile_seal(struct profile *profile, const struct seal *seal, const struct secrets *secrets,
                 struct fault *fault)
{
    unsigned char id[16];

    if (crypto_random(id, sizeof id) != 0)
        return fault_set(fault, "no random bytes to be had");
    crypto_hex(id, sizeof id, profile->profile_id);
    return profile_reseal(profile, seal, secrets, fault);
}

int profile_reseal(struct profile *profile, const struct seal *seal, const struct secrets *secrets, struct fault *fault)
{
    unsigned char sealed[PROFILE_SEALED_MAX], plain[PROFILE_SEALED_MAX];
    char aad[AAD_SIZE];
    size_t length = pack(secrets, plain);
    int result = -1;

    if (crypto_sha256_hex(secrets->key, secrets->key_length, profile->sha_fingerprint) == 0 &&
        seal_make(seal, aad, associated_data(profile, aad, sizeof aad), plain, length, sealed) == 0) {
        crypto_hex(sealed, length + CRYPTO_SEAL_EXTRA, profile->sealed);
        result = 0;
    }
    crypto_wipe(plain, sizeof plain);
    return result == 0 ? 0 : fault_set(fault, "the cryptographic library cannot seal the TOTP key");
}

bool profile_equals(const struct profile *a, const struct profile *b)
{
    return strcmp(a->svm, b->svm) == 0 && strcmp(a->user, b->user) == 0 && strcmp(a->profile_id, b->profile_id) == 0 &&
           a->created == b->created && a->enabled == b->enabled && strcmp(a->comment, b->comment) == 0 &&
           a->algorithm == b->algorithm && a->digits == b->digits && a->period == b->period &&
           strcmp(a->sha_fingerprint, b->sha_fingerprint) == 0 && strcmp(a->sealed, b->sealed) == 0;
}

int secrets_new_key(struct secrets *secrets, size_t length, struct fault *fault)
{
    if (length < PROFILE_KEY_MIN || length > PROFILE_KEY_MAX)
        return fault_set(fault, "a TOTP key of %zu bytes was asked for, expected %d to %d", length, PROFILE_KEY_MIN,
                         PROFILE_KEY_MAX);
    secrets->key_length = length;
    if (crypto_random(secrets->key, length) != 0)
        return fault_set(fault, "no random bytes to be had for the TOTP key");
    return 0;
}

int secrets_new_codes(struct secrets *secrets, size_t count, emergency_code codes[PROFILE_CODES_MAX],
                      struct fault *fault)
{
    size_t made = 0;

    secrets->code_count = 0;
    if (count > PROFILE_CODES_MAX || crypto_random(secrets->salt, sizeof secrets->salt) != 0)
        goto fail;
    while (made < count) {
        uint32_t number;
        bool twice = false;

        if (crypto_random_below(100000000, &number) != 0)
            goto fail;
        snprintf(codes[made], sizeof codes[made], "%0*u", PROFILE_CODE_DIGITS, number);
        for (size_t i = 0; i < made; i++)
            twice = twice || strcmp(codes[i], codes[made]) == 0;
        if (twice)
            continue;
        if (crypto_scrypt(codes[made], PROFILE_CODE_DIGITS, secrets->salt, secrets->hashes[made]) != 0)
            goto fail;
        made++;
    }
    secrets->code_count = count;
    return 0;
fail:
    crypto_wipe(codes, sizeof(emergency_code) * PROFILE_CODES_MAX);
    return fault_set(fault, "the cryptographic library cannot make %zu emergency codes", count);
}

bool code_has_hash(const char *code)
{
    return strlen(code) == PROFILE_CODE_DIGITS && strspn(code, "0123456789") == PROFILE_CODE_DIGITS;
}

void code_hash_make(const struct secrets *secrets, const char *code, struct code_hash *hash)
{
    *hash = (struct code_hash){.result = CODE_HASH_NONE};
    if (!code_has_hash(code))
        return;
    memcpy(hash->salt, secrets->salt, sizeof hash->salt);
    hash->result = crypto_scrypt(code, PROFILE_CODE_DIGITS, hash->salt, hash->bytes) == 0 ? CODE_HASH_MADE : CODE_HASH_FAILED;
}

int secrets_find_code(const struct secrets *secrets, const struct code_hash *hash, unsigned int *index)
{
    int found = 0;

    if (hash->result == CODE_HASH_NONE)
        return 0;
    if (hash->result == CODE_HASH_FAILED || memcmp(hash->salt, secrets->salt, sizeof hash->salt) != 0)
        return -1;
    for (unsigned int i = 0; i < secrets->code_count; i++) {
        if (crypto_equal(hash->bytes, secrets->hashes[i], sizeof hash->bytes)) {
            *index = i;
            found = 1;
        }
    }
    return found;
}

void secrets_wipe(struct secrets *secrets)
{
    crypto_wipe(secrets, sizeof *secrets);
}

struct otp profile_otp(const struct profile *profile, const struct secrets *secrets)
{
    return (struct otp){
        .algorithm = (enum crypto_digest)profile->algorithm,
        .digits = (unsigned int)profile->digits,
        .period = (unsigned int)profile->period,
        .key = secrets->key,
        .key_length = secrets->key_length,
    };
}
