/* SPDX-License-Identifier: BSD-2-Clause */
/* HMAC by the vectors of RFC 4231, and what the other functions refuse. */
#include "base/crypto.h"
#include "unit.h"

#include <limits.h>

static void check_hmac(enum crypto_digest digest, const char *key, size_t key_length, const char *data, const char *expected)
{
    unsigned char bytes[CRYPTO_DIGEST_MAX];
    char hex[2 * CRYPTO_DIGEST_MAX + 1];
    size_t length;

    assert_int_equal(crypto_hmac(digest, key, key_length, data, strlen(data), bytes, &length), 0);
    crypto_hex(bytes, length, hex);
    assert_string_equal(hex, expected);
}

/* Test cases 2 and 6: a key shorter than a block, and one that is longer and so is hashed first. */
static void test_hmac_of_rfc4231(void **state)
{
    static const char hash_first[] = "Test Using Larger Than Block-Size Key - Hash Key First";
    char key[131];

    (void)state;
    memset(key, 0xaa, sizeof key);
    check_hmac(CRYPTO_SHA256, "Jefe", 4, "what do ya want for nothing?",
               "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    check_hmac(CRYPTO_SHA256, key, sizeof key, hash_first,
               "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    check_hmac(CRYPTO_SHA512, key, sizeof key, hash_first,
               "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
               "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598");
}

static void test_no_digest_means_no_code(void **state)
{
    unsigned char bytes[CRYPTO_DIGEST_MAX];
    size_t length = 7;

    (void)state;
    assert_int_equal(crypto_hmac((enum crypto_digest)99, "k", 1, "d", 1, bytes, &length), -1);
    assert_int_equal(length, 0);
}

static void test_hex(void **state)
{
    static const char *const wrong[] = {"0", "0g", "g0", "00 ", "00\n0", "0/", "0:", "0@", "0G", "0`", "000102030405"};
    unsigned char bytes[5];
    size_t length;

    (void)state;
    assert_int_equal(crypto_unhex("00FFfaAf09", bytes, sizeof bytes, &length), 0);
    assert_int_equal(length, 5);
    assert_memory_equal(bytes, "\x00\xff\xfa\xaf\x09", 5);
    assert_int_equal(crypto_unhex("", bytes, sizeof bytes, &length), 0);
    assert_int_equal(length, 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(crypto_unhex(wrong[i], bytes, sizeof bytes, &length), -1);
}

/* libcrypto counts in int. */
static void test_lengths_beyond_int_are_refused(void **state)
{
    const unsigned char key[CRYPTO_KEY_BYTES] = {0};
    unsigned char out[64];
    const size_t large = (size_t)INT_MAX + 1;

    (void)state;
    assert_int_equal(crypto_random(out, large), -1);
    assert_int_equal(crypto_seal(key, "", 0, "", large, out), -1);
    assert_int_equal(crypto_seal(key, "", large, "", 0, out), -1);
    assert_int_equal(crypto_unseal(key, "", 0, out, large, out), -1);
    assert_int_equal(crypto_unseal(key, "", large, out, sizeof out, out), -1);
    assert_int_equal(crypto_unseal(key, "", 0, out, CRYPTO_SEAL_EXTRA - 1, out), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hmac_of_rfc4231),
        cmocka_unit_test(test_no_digest_means_no_code),
        cmocka_unit_test(test_hex),
        cmocka_unit_test(test_lengths_beyond_int_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
