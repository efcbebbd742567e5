/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Profile: version 1 | enabled 1 | algorithm 1 | digits 1 | period 1 | profile_id 16 | created 8 | SHA-256 of the key 32 |
 * length of the comment 2, comment | length of what is sealed 2, sealed | 28 that authenticate all this.
 * State: version 1 | last step 8 | failures 1 | last failure 8 | used emergency codes 2 | 28 that authenticate.
 * Pushes: version 1 | count 1 | time 8, each.
 *
 * What MUST hold: what is read is in the ranges that arithmetic on it relies on, whoever authenticated it; what could not be
 * read back is not made.
 * What MUST NOT happen: a state without an authentic record of what is used up taken for "nothing yet".
 */
#include "store/part.h"

#include "base/shell.h"
#include "store/bytes.h"

#include <stdio.h>
#include <string.h>

#define PART_VERSION 1
#define FIXED 65 /* bytes of a profile before the comment, with its length */
#define ID_BYTES 16
#define DIGEST_BYTES 32
#define AAD_SIZE (3 * NAME_SIZE + 64 + PART_PROFILE_MAX)

static int fault_broken(struct fault *fault, const struct part_owner *owner, const char *what)
{
    return fault_set_class(fault, FAULT_BROKEN, "the %s of \"%.64s\" in SVM \"%.64s\" is not one that this host has made for "
                           "them: it was damaged, or copied from another user, SVM or host, or seal.key is not the one it "
                           "was made with; restore it or seal.key from a backup, or run: mfactl totp delete --svm %s "
                           "--user %s", what, owner->user, owner->svm, shell_word(owner->svm).text,
                           shell_word(owner->user).text);
}

/* No field can be moved into its neighbour: names hold no newline, and BYTES come last. */
static size_t associated_data(const struct part_owner *owner, const char *what, const char *profile_id,
                              const unsigned char *bytes, size_t length, unsigned char out[AAD_SIZE])
{
    size_t used = 0;
    const char *const words[] = {"pam_mfa ", what, "\n", owner->svm, "\n", owner->user, "\n", profile_id, "\n"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t size = strlen(words[i]);

        memcpy(out + used, words[i], size);
        used += size;
    }
    memcpy(out + used, bytes, length);
    return used + length;
}

/* Appends to PART what authenticates it. */
static int authenticate(const struct part_owner *owner, const char *what, const char *profile_id, struct part *part,
                        struct fault *fault)
{
    unsigned char aad[AAD_SIZE];
    size_t length = associated_data(owner, what, profile_id, part->bytes, part->length, aad);

    if (seal_make(owner->seal, aad, length, "", 0, part->bytes + part->length) != 0)
        return owner->seal->has_key
                   ? fault_set(fault, "the cryptographic library cannot authenticate the user's %s", what)
                   : fault_set_class(fault, FAULT_REFUSED, "the seal's key cannot be read, and nothing can be changed without "
                                     "it; restore seal.key from a backup");
    part->length += CRYPTO_SEAL_EXTRA;
    return 0;
}

static bool is_authentic(const struct part_owner *owner, const char *what, const char *profile_id, const struct part *part)
{
    unsigned char aad[AAD_SIZE], nothing[1];
    size_t length = part->length - CRYPTO_SEAL_EXTRA;

    return !owner->seal->has_key ||
           seal_open(owner->seal, aad, associated_data(owner, what, profile_id, part->bytes, length, aad),
                     part->bytes + length, CRYPTO_SEAL_EXTRA, nothing) == 0;
}

/* Whether PROFILE is one that enrolment could have made. */
static bool is_sane(const struct profile *profile)
{
    for (const char *c = profile->comment; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return false;
    return profile->algorithm >= CRYPTO_SHA1 && profile->algorithm <= CRYPTO_SHA512 &&
           otp_expect_digits(profile->digits) == NULL && profile->period >= 15 && profile->period <= 120 &&
           profile->created >= 0 && profile->created <= STATE_TIME_MAX;
}

int part_make_profile(const struct part_owner *owner, const struct profile *profile, struct part *part,
                      struct fault *fault)
{
    size_t comment = strlen(profile->comment), id, digest, sealed;
    unsigned char *at = part->bytes;

    *part = (struct part){0};
    if (!is_sane(profile) || strcmp(profile->svm, owner->svm) != 0 || strcmp(profile->user, owner->user) != 0)
        return fault_set(fault, "the new profile has a field that is out of its range");
    at[0] = PART_VERSION;
    at[1] = profile->enabled;
    at[2] = (unsigned char)profile->algorithm;
    at[3] = (unsigned char)profile->digits;
    at[4] = (unsigned char)profile->period;
    bytes_put(at + 21, 8, (uint64_t)profile->created);
    bytes_put(at + 61, 2, comment);
    memcpy(at + 63, profile->comment, comment);
    if (crypto_unhex(profile->profile_id, at + 5, ID_BYTES, &id) != 0 || id != ID_BYTES ||
        crypto_unhex(profile->sha_fingerprint, at + 29, DIGEST_BYTES, &digest) != 0 || digest != DIGEST_BYTES ||
        crypto_unhex(profile->sealed, at + FIXED + comment, PROFILE_SEALED_MAX, &sealed) != 0)
        return fault_set(fault, "the new profile has a field that is no hex digits");
    bytes_put(at + 63 + comment, 2, sealed);
    part->length = FIXED + comment + sealed;
    return authenticate(owner, "profile", "", part, fault);
}

int part_read_profile(const struct part_owner *owner, const struct part *part, struct profile *profile,
                      struct fault *fault)
{
    const unsigned char *at = part->bytes;
    size_t comment, sealed;

    *profile = (struct profile){0};
    if (part->length < FIXED + CRYPTO_SEAL_EXTRA || part->length > sizeof part->bytes || at[0] != PART_VERSION || at[1] > 1)
        return fault_broken(fault, owner, "profile");
    comment = (size_t)bytes_get(at + 61, 2);
    if (comment >= sizeof profile->comment || part->length < FIXED + comment + CRYPTO_SEAL_EXTRA)
        return fault_broken(fault, owner, "profile");
    sealed = (size_t)bytes_get(at + 63 + comment, 2);
    if (sealed > PROFILE_SEALED_MAX || part->length != FIXED + comment + sealed + CRYPTO_SEAL_EXTRA ||
        !is_authentic(owner, "profile", "", part))
        return fault_broken(fault, owner, "profile");
    snprintf(profile->svm, sizeof profile->svm, "%s", owner->svm);
    snprintf(profile->user, sizeof profile->user, "%s", owner->user);
    profile->enabled = at[1] == 1;
    profile->algorithm = at[2];
    profile->digits = at[3];
    profile->period = at[4];
    crypto_hex(at + 5, ID_BYTES, profile->profile_id);
    profile->created = (long long)bytes_get(at + 21, 8);
    crypto_hex(at + 29, DIGEST_BYTES, profile->sha_fingerprint);
    memcpy(profile->comment, at + 63, comment);
    crypto_hex(at + FIXED + comment, sealed, profile->sealed);
    if (strlen(profile->comment) == comment && is_sane(profile))
        return 0;
    *profile = (struct profile){0};
    return fault_broken(fault, owner, "profile");
}

static bool is_sane_state(const struct totp_state *totp)
{
    return totp->last_step >= 0 && totp->last_step <= STATE_TIME_MAX && totp->failures >= 0 &&
           totp->failures <= STATE_FAILURES_MAX && totp->last_failure >= 0 && totp->last_failure <= STATE_TIME_MAX &&
           totp->used_codes >= 0 && totp->used_codes < 1 << PROFILE_CODES_MAX;
}

int part_make_state(const struct part_owner *owner, const struct totp_state *totp, struct part *part,
                    struct fault *fault)
{
    *part = (struct part){.length = PART_STATE_SIZE - CRYPTO_SEAL_EXTRA};
    if (!is_sane_state(totp))
        return fault_set(fault, "the new state has a field that is out of its range; see whether the clock is right");
    part->bytes[0] = PART_VERSION;
    bytes_put(part->bytes + 1, 8, (uint64_t)totp->last_step);
    part->bytes[9] = (unsigned char)totp->failures;
    bytes_put(part->bytes + 10, 8, (uint64_t)totp->last_failure);
    bytes_put(part->bytes + 18, 2, (uint64_t)totp->used_codes);
    return authenticate(owner, "state", totp->profile_id, part, fault);
}

int part_read_state(const struct part_owner *owner, const char *profile_id, const struct part *part,
                    struct totp_state *totp, struct fault *fault)
{
    const unsigned char *at = part->bytes;

    *totp = (struct totp_state){0};
    if (part->length != PART_STATE_SIZE || at[0] != PART_VERSION || !is_authentic(owner, "state", profile_id, part))
        return fault_broken(fault, owner, "state");
    snprintf(totp->profile_id, sizeof totp->profile_id, "%s", profile_id);
    totp->last_step = (long long)bytes_get(at + 1, 8);
    totp->failures = at[9];
    totp->last_failure = (long long)bytes_get(at + 10, 8);
    totp->used_codes = (int)bytes_get(at + 18, 2);
    if (is_sane_state(totp))
        return 0;
    *totp = (struct totp_state){0};
    return fault_broken(fault, owner, "state");
}

void part_make_pushes(const struct push_state *pushes, struct part *part)
{
    *part = (struct part){.length = pushes->count > 0 ? 2 + 8 * pushes->count : 0};
    part->bytes[0] = PART_VERSION;
    part->bytes[1] = (unsigned char)pushes->count;
    for (size_t i = 0; i < pushes->count; i++)
        bytes_put(part->bytes + 2 + 8 * i, 8, (uint64_t)pushes->pushes[i].at);
}

int part_read_pushes(const struct part *part, struct push_state *pushes, struct fault *fault)
{
    size_t count = part->length > 1 ? part->bytes[1] : 0;

    *pushes = (struct push_state){0};
    if (part->length == 0)
        return 0;
    if (part->bytes[0] != PART_VERSION || count == 0 || count > STATE_PUSHES_MAX || part->length != 2 + 8 * count)
        return fault_set_class(fault, FAULT_BROKEN, "what is kept of pushes is none that this program has written");
    for (size_t i = 0; i < count; i++) {
        pushes->pushes[i].at = (long long)bytes_get(part->bytes + 2 + 8 * i, 8);
        if (pushes->pushes[i].at < 0 || pushes->pushes[i].at > STATE_TIME_MAX)
            return fault_set_class(fault, FAULT_BROKEN, "what is kept of pushes has a time that is out of its range");
    }
    pushes->count = count;
    return 0;
}
