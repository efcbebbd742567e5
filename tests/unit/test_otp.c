/* SPDX-License-Identifier: BSD-2-Clause */
/* The test vectors of RFC 4226 (appendix D) and RFC 6238 (appendix B), and the window's rules. */
#include "base/base32.h"
#include "totp/otp.h"
#include "unit.h"

static const unsigned char key20[] = "12345678901234567890";
static const unsigned char key32[] = "12345678901234567890123456789012";
static const unsigned char key64[] = "1234567890123456789012345678901234567890123456789012345678901234";

static void test_rfc4226_has_ten_codes(void **state)
{
    static const char *const expected[] = {"755224", "287082", "359152", "969429", "338314",
                                           "254676", "287922", "162583", "399871", "520489"};
    struct otp otp = {.algorithm = CRYPTO_SHA1, .digits = 6, .period = 30, .key = key20, .key_length = 20};
    char code[OTP_CODE_SIZE];

    (void)state;
    for (int counter = 0; counter < 10; counter++) {
        assert_int_equal(otp_code(&otp, counter, code), 0);
        assert_string_equal(code, expected[counter]);
    }
}

static void test_rfc6238_has_eighteen_codes(void **state)
{
    static const struct {
        int64_t time;
        const char *code[3]; /* by algorithm */
    } expected[] = {
        {59, {"94287082", "46119246", "90693936"}},          {1111111109, {"07081804", "68084774", "25091201"}},
        {1111111111, {"14050471", "67062674", "99943326"}},  {1234567890, {"89005924", "91819424", "93441116"}},
        {2000000000, {"69279037", "90698825", "38618901"}},  {20000000000, {"65353130", "77737706", "47863826"}},
    };
    struct otp otp[] = {
        {.algorithm = CRYPTO_SHA1, .digits = 8, .period = 30, .key = key20, .key_length = 20},
        {.algorithm = CRYPTO_SHA256, .digits = 8, .period = 30, .key = key32, .key_length = 32},
        {.algorithm = CRYPTO_SHA512, .digits = 8, .period = 30, .key = key64, .key_length = 64},
    };
    char code[OTP_CODE_SIZE];

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        for (size_t algorithm = 0; algorithm < 3; algorithm++) {
            assert_int_equal(otp_code(&otp[algorithm], otp_step(&otp[algorithm], expected[i].time), code), 0);
            assert_string_equal(code, expected[i].code[algorithm]);
        }
    }
}

static void test_steps_are_whole_periods(void **state)
{
    struct otp otp = {.period = 30};

    (void)state;
    assert_int_equal(otp_step(&otp, 0), 0);
    assert_int_equal(otp_step(&otp, 29), 0);
    assert_int_equal(otp_step(&otp, 30), 1);
    assert_int_equal(otp_step(&otp, 20000000000), 666666666);
}

static void test_match_keeps_to_the_window(void **state)
{
    struct otp otp = {.algorithm = CRYPTO_SHA1, .digits = 6, .period = 30, .key = key20, .key_length = 20};
    int64_t step = -1;

    (void)state;
    /* "969429" is the code of step 3. */
    for (int64_t centre = 0; centre < 8; centre++) {
        for (unsigned int window = 0; window < 4; window++) {
            bool inside = centre - (int64_t)window <= 3 && 3 <= centre + (int64_t)window;

            assert_int_equal(otp_match(&otp, centre, window, "969429", &step), inside ? 1 : 0);
            if (inside)
                assert_int_equal(step, 3);
        }
    }
}

static void test_match_wants_the_exact_digits(void **state)
{
    static const char *const wrong[] = {"", "9", "96942", "9694290", "0969429", " 969429", "969429 ", "96942a", "999999"};
    struct otp otp = {.algorithm = CRYPTO_SHA1, .digits = 6, .period = 30, .key = key20, .key_length = 20};
    int64_t step;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(otp_match(&otp, 3, 1, wrong[i], &step), 0);
}

static void test_digits_that_do_not_fit_make_no_code(void **state)
{
    struct otp otp = {.algorithm = CRYPTO_SHA1, .period = 30, .key = key20, .key_length = 20};
    char code[OTP_CODE_SIZE];
    int64_t step;

    (void)state;
    assert_int_equal(otp_code(&otp, 3, code), -1);
    assert_int_equal(otp_match(&otp, 3, 1, "", &step), -1);
    otp.digits = 9;
    assert_int_equal(otp_code(&otp, 3, code), -1);
    assert_int_equal(otp_match(&otp, 3, 1, "123456789", &step), -1);
}

/* Two steps of one window with the same code: whichever was meant, both must be used up. */
static void test_match_of_two_steps_gives_the_later_one(void **state)
{
    struct otp otp = {.algorithm = CRYPTO_SHA1, .digits = 6, .period = 30, .key = key20, .key_length = 20};
    char first[OTP_CODE_SIZE], second[OTP_CODE_SIZE];
    int64_t step = 0, twin = -1;

    (void)state;
    for (int64_t candidate = 1; twin < 0; candidate++) {
        assert_true(candidate < 2000000);
        assert_int_equal(otp_code(&otp, candidate, first), 0);
        for (int64_t other = candidate + 1; other <= candidate + 4; other++) {
            assert_int_equal(otp_code(&otp, other, second), 0);
            if (strcmp(first, second) == 0)
                twin = other;
        }
    }
    assert_int_equal(otp_match(&otp, twin - 2, 4, second, &step), 1);
    assert_int_equal(otp_code(&otp, step, first), 0);
    assert_string_equal(first, second);
    assert_true(step >= twin);
}

static void test_base32_has_the_vectors_of_rfc4648(void **state)
{
    static const char *const vectors[][2] = {{"", ""},           {"f", "MY"},         {"fo", "MZXQ"},
                                             {"foo", "MZXW6"},   {"foob", "MZXW6YQ"}, {"fooba", "MZXW6YTB"},
                                             {"foobar", "MZXW6YTBOI"}};
    char out[BASE32_SIZE(6)];

    (void)state;
    for (size_t i = 0; i < 7; i++) {
        base32_encode((const unsigned char *)vectors[i][0], strlen(vectors[i][0]), out);
        assert_string_equal(out, vectors[i][1]);
        assert_true(strlen(out) + 1 <= BASE32_SIZE(strlen(vectors[i][0])));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc4226_has_ten_codes),
        cmocka_unit_test(test_rfc6238_has_eighteen_codes),
        cmocka_unit_test(test_steps_are_whole_periods),
        cmocka_unit_test(test_match_keeps_to_the_window),
        cmocka_unit_test(test_match_wants_the_exact_digits),
        cmocka_unit_test(test_digits_that_do_not_fit_make_no_code),
        cmocka_unit_test(test_match_of_two_steps_gives_the_later_one),
        cmocka_unit_test(test_base32_has_the_vectors_of_rfc4648),
    };

    return cmocka_run_group_tests_name("otp", tests, NULL, NULL);
}
