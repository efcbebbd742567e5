/* SPDX-License-Identifier: BSD-2-Clause */
/* Profiles and states as text, and the seal. */
#include "base/crypto.h"
#include "enrol/enrolment.h"
#include "totp/profile.h"
#include "totp/state.h"
#include "unit.h"

#include <stdio.h>

static const struct seal seal = {.has_key = true, .key = "a seal key of thirty-two bytes.."};

static void make(struct profile *profile, struct secrets *secrets, emergency_code codes[PROFILE_CODES_MAX])
{
    struct fault fault;

    *profile = (struct profile){.svm = "vs0", .user = "alice", .created = 1, .enabled = true, .digits = 6, .period = 30};
    *secrets = (struct secrets){0};
    assert_int_equal(secrets_new_key(secrets, 20, &fault), 0);
    assert_int_equal(secrets_new_codes(secrets, 2, codes, &fault), 0);
    assert_int_equal(profile_seal(profile, &seal, secrets, &fault), 0);
}

static void test_profile_survives_its_text(void **state)
{
    emergency_code codes[PROFILE_CODES_MAX];
    struct profile profile, back;
    struct secrets secrets, opened;
    struct fault fault;
    struct code_hash hash;
    unsigned int index = 9;
    size_t length;
    char *text;

    (void)state;
    make(&profile, &secrets, codes);
    text = profile_text(&profile, &length);
    assert_int_equal(profile_parse("p", text, length, "vs0", "alice", &back, &fault), 0);
    assert_int_equal(profile_unseal(&back, &seal, &opened, &fault), 0);
    assert_int_equal(opened.key_length, 20);
    assert_memory_equal(opened.key, secrets.key, 20);
    code_hash_make(&opened, codes[1], &hash);
    assert_int_equal(secrets_find_code(&opened, &hash, &index), 1);
    assert_int_equal(index, 1);
    opened.salt[0] ^= 1; /* under another salt it says nothing */
    assert_int_equal(secrets_find_code(&opened, &hash, &index), -1);
    opened.salt[0] ^= 1;
    code_hash_make(&opened, "0000000x", &hash);
    assert_int_equal(secrets_find_code(&opened, &hash, &index), 0);
    assert_int_equal(profile_parse("p", text, length, "vs1", "alice", &back, &fault), -1);
    assert_int_equal(profile_parse("p", text, length, "vs0", "bob", &back, &fault), -1);
    free(text);
}

/* Whoever copies a profile must change the names in it too, and then it does not open. */
static void test_seal_opens_only_for_its_own(void **state)
{
    emergency_code codes[PROFILE_CODES_MAX];
    struct profile profile, other;
    struct secrets secrets, opened;
    struct seal wrong = seal;
    struct fault fault;

    (void)state;
    make(&profile, &secrets, codes);
    other = profile;
    strcpy(other.user, "bob");
    assert_int_equal(profile_unseal(&other, &seal, &opened, &fault), -1);
    other = profile;
    strcpy(other.svm, "vs1");
    assert_int_equal(profile_unseal(&other, &seal, &opened, &fault), -1);
    other = profile;
    other.profile_id[0] = other.profile_id[0] == '0' ? '1' : '0';
    assert_int_equal(profile_unseal(&other, &seal, &opened, &fault), -1);
    wrong.key[31] ^= 1;
    assert_int_equal(profile_unseal(&profile, &wrong, &opened, &fault), -1);
    assert_int_equal(opened.key_length, 0);
}

/* No key is not a key of zeros. */
static void test_a_seal_without_a_key_does_nothing(void **state)
{
    const struct seal zeros = {.has_key = true}, none = {0};
    emergency_code codes[PROFILE_CODES_MAX];
    struct profile profile;
    struct secrets secrets, opened;
    struct fault fault;

    (void)state;
    make(&profile, &secrets, codes);
    assert_int_equal(profile_seal(&profile, &none, &secrets, &fault), -1);
    assert_int_equal(profile_seal(&profile, &zeros, &secrets, &fault), 0);
    assert_int_equal(profile_unseal(&profile, &none, &opened, &fault), -1);
    assert_int_equal(profile_unseal(&profile, &zeros, &opened, &fault), 0);
}

static void test_any_changed_byte_breaks_the_seal(void **state)
{
    emergency_code codes[PROFILE_CODES_MAX];
    struct profile profile, other;
    struct secrets secrets, opened;
    struct fault fault;

    (void)state;
    make(&profile, &secrets, codes);
    for (size_t i = 0; profile.sealed[i] != '\0'; i++) {
        other = profile;
        other.sealed[i] = other.sealed[i] == 'a' ? 'b' : 'a';
        assert_int_equal(profile_unseal(&other, &seal, &opened, &fault), -1);
        other = profile;
        other.sealed[i] = '\0';
        assert_int_equal(profile_unseal(&other, &seal, &opened, &fault), -1);
    }
}

/* A seal that opens, around what no version of this program has written. */
static void test_sealed_nonsense_is_refused(void **state)
{
    static const struct {
        unsigned char version, key_length, code_count;
        size_t length; /* 0: what the three before it ask for */
        bool opens;
    } plains[] = {
        {1, 20, 0, 0, true},   {1, 20, 10, 0, true},  {1, 16, 1, 0, true},    {1, 64, 0, 0, true},   {1, 20, 0, 1, false},
        {2, 20, 0, 0, false},  {0, 20, 0, 0, false},  {1, 15, 0, 0, false},   {1, 65, 0, 0, false},  {1, 20, 0, 38, false},
        {1, 20, 11, 0, false}, {1, 20, 2, 55, false}, {1, 20, 2, 70, false},  {1, 20, 0, 40, false}, {1, 20, 0, 2, false},
    };
    struct profile profile = {.svm = "vs0", .user = "alice", .profile_id = "0123456789abcdef0123456789abcdef"};
    static const char aad[] = "pam_mfa totp\nvs0\nalice\n0123456789abcdef0123456789abcdef\n";
    struct secrets opened;
    struct fault fault;

    (void)state;
    for (size_t i = 0; i < sizeof plains / sizeof *plains; i++) {
        unsigned char plain[512] = {0}, sealed[512 + CRYPTO_SEAL_EXTRA];
        size_t length = plains[i].length;

        if (length == 0)
            length = 3U + plains[i].key_length + CRYPTO_SALT_BYTES + plains[i].code_count * (size_t)CRYPTO_HASH_BYTES;
        plain[0] = plains[i].version;
        plain[1] = plains[i].key_length;
        plain[2 + plains[i].key_length] = plains[i].code_count;
        assert_int_equal(crypto_seal(seal.key, aad, sizeof aad - 1, plain, length, sealed), 0);
        assert_true(2 * (length + CRYPTO_SEAL_EXTRA) < sizeof profile.sealed);
        crypto_hex(sealed, length + CRYPTO_SEAL_EXTRA, profile.sealed);
        if ((profile_unseal(&profile, &seal, &opened, &fault) == 0) != plains[i].opens)
            fail_msg("row %zu", i);
        assert_int_equal(opened.key_length, plains[i].opens ? plains[i].key_length : 0);
    }
}

static void test_lengths_and_counts_have_limits(void **state)
{
    static emergency_code codes[PROFILE_CODES_MAX + 1];
    struct secrets secrets;
    struct fault fault;

    (void)state;
    assert_int_equal(secrets_new_key(&secrets, PROFILE_KEY_MIN - 1, &fault), -1);
    assert_int_equal(secrets_new_key(&secrets, PROFILE_KEY_MAX + 1, &fault), -1);
    assert_int_equal(secrets_new_key(&secrets, PROFILE_KEY_MAX, &fault), 0);
    assert_int_equal(secrets_new_codes(&secrets, PROFILE_CODES_MAX + 1, codes, &fault), -1);
}

static void test_profile_cut_anywhere_is_refused(void **state)
{
    emergency_code codes[PROFILE_CODES_MAX];
    struct profile profile, back;
    struct secrets secrets, opened;
    struct fault fault;
    size_t length;
    char *text;

    (void)state;
    make(&profile, &secrets, codes);
    text = profile_text(&profile, &length);
    for (size_t cut = 0; cut < length - 2; cut++) {
        char *copy = strndup(text, cut); /* of the exact size, so that a read behind the end is seen */

        assert_non_null(copy);
        assert_true(profile_parse("p", copy, cut, "vs0", "alice", &back, &fault) != 0 ||
                    profile_unseal(&back, &seal, &opened, &fault) != 0);
        free(copy);
    }
    free(text);
}

static void test_state_survives_its_text(void **state_)
{
    struct totp_state records[] = {{.profile_id = "0123456789abcdef0123456789abcdef", .last_step = 59846031,
                                    .failures = 2, .last_failure = 1795380951, .used_codes = 5}};
    struct state state = {.svm = "vs0", .user = "alice", .totp = {records, 1}}, back;
    struct totp_state *found;
    struct fault fault;
    size_t length;
    char *text = state_text(&state, &length);

    (void)state_;
    assert_non_null(text);
    assert_int_equal(state_parse("s", text, length, "vs0", "alice", &back, &fault), 0);
    found = state_totp(&back, records[0].profile_id);
    assert_non_null(found);
    assert_true(found->last_step == 59846031 && found->last_failure == 1795380951);
    assert_int_equal(found->failures, 2);
    assert_int_equal(found->used_codes, 5);
    assert_null(state_totp(&back, "ffffffffffffffffffffffffffffffff"));
    state_free(&back);
    assert_int_equal(state_parse("s", text, length, "vs1", "alice", &back, &fault), -1);
    assert_int_equal(state_parse("s", text, length, "vs0", "bob", &back, &fault), -1);
    for (size_t cut = 0; cut < length - 2; cut++) {
        char *copy = strndup(text, cut);

        assert_int_equal(state_parse("s", copy, cut, "vs0", "alice", &back, &fault), -1);
        free(copy);
    }
    free(text);
}

static void test_uri_is_what_apps_read(void **state)
{
    struct enrolment enrolment = {.profile = {.algorithm = CRYPTO_SHA1, .digits = 6, .period = 30},
                                  .secrets = {.key = "12345678901234567890", .key_length = 20}};
    char uri[ENROLMENT_URI_SIZE];
    struct fault fault;

    (void)state;
    assert_int_equal(enrolment_uri(&enrolment, "Big Co", "al+ice@host", uri, &fault), 0);
    assert_string_equal(uri, "otpauth://totp/Big%20Co:al%2Bice%40host?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
                             "&issuer=Big%20Co");
    enrolment.profile = (struct profile){.algorithm = CRYPTO_SHA512, .digits = 8, .period = 60};
    assert_int_equal(enrolment_uri(&enrolment, "Co", "al", uri, &fault), 0);
    assert_string_equal(uri, "otpauth://totp/Co:al?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Co&algorithm=SHA512"
                             "&digits=8&period=60");
    assert_int_equal(enrolment_uri(&enrolment, "a:b", "alice", uri, &fault), -1);
    assert_int_equal(enrolment_uri(&enrolment, "a", "", uri, &fault), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_profile_survives_its_text),
        cmocka_unit_test(test_seal_opens_only_for_its_own),
        cmocka_unit_test(test_a_seal_without_a_key_does_nothing),
        cmocka_unit_test(test_any_changed_byte_breaks_the_seal),
        cmocka_unit_test(test_sealed_nonsense_is_refused),
        cmocka_unit_test(test_lengths_and_counts_have_limits),
        cmocka_unit_test(test_profile_cut_anywhere_is_refused),
        cmocka_unit_test(test_state_survives_its_text),
        cmocka_unit_test(test_uri_is_what_apps_read),
    };

    return cmocka_run_group_tests_name("profile", tests, NULL, NULL);
}
