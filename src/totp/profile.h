/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A user's TOTP profile in one SVM: what enrolment makes and logins only read.
 * The secrets in it are sealed (AES-256-GCM under the host's seal key) and bound to
 * SVM, user and profile_id, so that a copy under another name or host does not open.
 */
#ifndef PAM_MFA_PROFILE_H
#define PAM_MFA_PROFILE_H

#include "base/conf.h"
#include "base/crypto.h"
#include "base/fault.h"
#include "base/name.h"
#include "totp/otp.h"
#include "totp/seal.h"

#include <stdbool.h>

#define PROFILE_KEY_MIN 16
#define PROFILE_KEY_MAX 64
#define PROFILE_CODES_MAX 10 /* emergency codes */
#define PROFILE_CODE_DIGITS 8
#define PROFILE_SEALED_MAX \
    (1 + 1 + PROFILE_KEY_MAX + 1 + CRYPTO_SALT_BYTES + PROFILE_CODES_MAX * CRYPTO_HASH_BYTES + CRYPTO_SEAL_EXTRA)

struct profile {
    char svm[NAME_SIZE];
    char user[NAME_SIZE];
    char profile_id[33];     /* 32 hex digits; new whenever the secrets are */
    long long created;       /* Unix seconds */
    bool enabled;            /* the administrator's switch */
    char comment[257];
    int algorithm;           /* enum crypto_digest */
    int digits;
    int period;              /* seconds */
    char sha_fingerprint[65]; /* SHA-256 of the raw key, 64 hex digits */
    char sealed[2 * PROFILE_SEALED_MAX + 1]; /* hex */
};

/* What is inside the seal. Lives as short as possible; secrets_wipe it. */
struct secrets {
    unsigned char key[PROFILE_KEY_MAX];
    size_t key_length;
    unsigned char salt[CRYPTO_SALT_BYTES]; /* one for all the codes: checking a code costs one scrypt, not five */
    unsigned char hashes[PROFILE_CODES_MAX][CRYPTO_HASH_BYTES];
    size_t code_count;
};

/* The keys of <user>.totp, for struct profile. */
extern const struct conf_field profile_fields[];

typedef char emergency_code[PROFILE_CODE_DIGITS + 1];

/* Reads the content of <user>.totp; PATH is for messages. It must be the profile of USER in SVM. */
__attribute__((warn_unused_result)) int profile_parse(const char *path, const char *text, size_t length,
                                                      const char *svm, const char *user, struct profile *profile,
                                                      struct fault *fault);

/* The text for <user>.totp: malloc'ed, for the caller to free. NULL: out of memory. */
__attribute__((warn_unused_result)) char *profile_text(const struct profile *profile, size_t *length);

/* Opens what is sealed in PROFILE. SECRETS is wiped on a fault. */
__attribute__((warn_unused_result)) int profile_unseal(const struct profile *profile, const struct seal *seal,
                                                       struct secrets *secrets, struct fault *fault);

/* Gives PROFILE (svm and user already set) a new profile_id, the fingerprint of SECRETS' key, and seals SECRETS. */
__attribute__((warn_unused_result)) int profile_seal(struct profile *profile, const struct seal *seal,
                                                     const struct secrets *secrets, struct fault *fault);

/* Whether A and B say the same in every field: a comment or a switch that was changed makes a difference. */
bool profile_equals(const struct profile *a, const struct profile *b);

/* Likewise, and PROFILE keeps its profile_id: the same secrets under another seal. */
__attribute__((warn_unused_result)) int profile_reseal(struct profile *profile, const struct seal *seal,
                                                       const struct secrets *secrets, struct fault *fault);

/* A new random key of LENGTH bytes (PROFILE_KEY_MIN to PROFILE_KEY_MAX). */
__attribute__((warn_unused_result)) int secrets_new_key(struct secrets *secrets, size_t length, struct fault *fault);

/* COUNT new emergency codes, all different: in plain for the user in CODES, hashed in SECRETS. */
__attribute__((warn_unused_result)) int secrets_new_codes(struct secrets *secrets, size_t count,
                                                          emergency_code codes[PROFILE_CODES_MAX],
                                                          struct fault *fault);

/* What a response's hash is under a salt. It is slow to make, so it is made before anything is held that others wait for. */
struct code_hash {
    enum code_hash_result { CODE_HASH_NONE = 0, CODE_HASH_MADE, CODE_HASH_FAILED } result; /* none: it is not asked for */
    unsigned char salt[CRYPTO_SALT_BYTES];
    unsigned char bytes[CRYPTO_HASH_BYTES];
};

/* Whether CODE has the form of an emergency code. */
bool code_has_hash(const char *code);

/* Hashes CODE under SECRETS' salt, also where there are no emergency codes, for equal work; one of another form costs nothing. */
void code_hash_make(const struct secrets *secrets, const char *code, struct code_hash *hash);

/*
 * The index of the emergency code with HASH in *INDEX. 1 found, 0 none of them, -1 HASH could not be computed, or is under
 * another salt. Used ones count too.
 */
__attribute__((warn_unused_result)) int secrets_find_code(const struct secrets *secrets, const struct code_hash *hash,
                                                          unsigned int *index);

void secrets_wipe(struct secrets *secrets);

/* The one-time password parameters; borrows from SECRETS. */
struct otp profile_otp(const struct profile *profile, const struct secrets *secrets);

#endif
