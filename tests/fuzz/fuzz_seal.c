/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The pam_mfa authors */
/* Sealed data: what we did not seal never opens, what we did opens to the same, and not with a bit changed. */
#include "fuzz.h"
#include "totp/profile.h"

static const struct seal seal = {.has_key = true, .key = "a key of 32 bytes for the fuzzer"};

static void check_foreign(const uint8_t *data, size_t size)
{
    struct profile profile = {.svm = "cluster", .user = "alice", .profile_id = "00112233445566778899aabbccddeeff"};
    struct secrets secrets;
    struct fault fault;

    if (size > sizeof profile.sealed - 1)
        size = sizeof profile.sealed - 1;
    memcpy(profile.sealed, data, size); /* as text: digits, or not */
    MUST(profile_unseal(&profile, &seal, &secrets, &fault) != 0);
    MUST(secrets.key_length == 0 && secrets.code_count == 0);
    if (size > PROFILE_SEALED_MAX)
        size = PROFILE_SEALED_MAX;
    crypto_hex(data, size, profile.sealed);
    MUST(profile_unseal(&profile, &seal, &secrets, &fault) != 0);
}

static void check_ours(const uint8_t *data, size_t size)
{
    struct profile profile = {.svm = "cluster", .user = "alice"};
    struct secrets secrets = {0}, opened;
    struct fault fault;
    size_t digit;

    secrets.key_length = PROFILE_KEY_MIN + data[0] % (PROFILE_KEY_MAX - PROFILE_KEY_MIN + 1);
    secrets.code_count = data[1] % (PROFILE_CODES_MAX + 1);
    memcpy(secrets.key, data, size < secrets.key_length ? size : secrets.key_length);
    for (size_t i = 0; i < secrets.code_count; i++)
        memset(secrets.hashes[i], data[i % size], CRYPTO_HASH_BYTES);
    MUST(profile_seal(&profile, &seal, &secrets, &fault) == 0);
    MUST(profile_unseal(&profile, &seal, &opened, &fault) == 0);
    MUST(memcmp(&opened, &secrets, sizeof secrets) == 0);
    digit = (size_t)(data[2] << 8 | data[3]) % strlen(profile.sealed);
    profile.sealed[digit] = profile.sealed[digit] == '0' ? '1' : '0';
    MUST(profile_unseal(&profile, &seal, &opened, &fault) != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4)
        return 0;
    check_foreign(data, size);
    check_ours(data, size);
    return 0;
}
