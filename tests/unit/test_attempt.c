/* SPDX-License-Identifier: BSD-2-Clause */
/* One response against one profile: single use, throttle, clocks that jump. */
#include "totp/attempt.h"
#include "totp/otp.h"
#include "totp/response.h"
#include "unit.h"

#define NOW 1000000000LL /* step 33333333, 10 s into it */

struct fixture {
    struct profile profile;
    struct secrets secrets;
    struct totp_state totp;
    emergency_code codes[PROFILE_CODES_MAX];
    struct fault fault;
};

/* scrypt is slow, so the emergency codes are made once. */
static struct fixture original;

static int make_original(void **state)
{
    (void)state;
    original.profile = (struct profile){.enabled = true, .algorithm = CRYPTO_SHA1, .digits = 6, .period = 30};
    assert_int_equal(secrets_new_key(&original.secrets, 20, &original.fault), 0);
    assert_int_equal(secrets_new_codes(&original.secrets, 3, original.codes, &original.fault), 0);
    return 0;
}

static int copy_original(void **state)
{
    static struct fixture copy;

    copy = original;
    *state = &copy;
    return 0;
}

static struct attempt check_at(struct fixture *f, const char *response, long long now)
{
    struct code_hash hash;

    code_hash_make(&f->secrets, response, &hash);
    return attempt_check(&f->profile, &f->secrets, 1, &f->totp, response, &hash, now, &f->fault);
}

static void code_at(const struct fixture *f, long long time, char out[OTP_CODE_SIZE])
{
    struct otp otp = profile_otp(&f->profile, &f->secrets);

    assert_int_equal(otp_code(&otp, otp_step(&otp, time), out), 0);
}

static enum attempt_result try_code_of(struct fixture *f, long long code_time, long long now)
{
    char code[OTP_CODE_SIZE];

    code_at(f, code_time, code);
    return check_at(f, code, now).result;
}

static void test_code_is_accepted_once(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(try_code_of(f, NOW, NOW), ATTEMPT_CODE);
    assert_int_equal(f->totp.last_step, NOW / 30);
    assert_int_equal(try_code_of(f, NOW, NOW), ATTEMPT_REUSED);
    assert_int_equal(f->totp.failures, 0);
}

static void test_step_before_the_last_one_is_refused(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(try_code_of(f, NOW, NOW), ATTEMPT_CODE);
    assert_int_equal(try_code_of(f, NOW - 30, NOW), ATTEMPT_REUSED);
    assert_int_equal(try_code_of(f, NOW + 30, NOW), ATTEMPT_CODE);
}

static void test_window_is_kept_on_both_sides(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(try_code_of(f, NOW - 60, NOW), ATTEMPT_WRONG);
    assert_int_equal(try_code_of(f, NOW + 60, NOW), ATTEMPT_WRONG);
    assert_int_equal(f->totp.failures, 2);
    assert_int_equal(try_code_of(f, NOW - 30, NOW), ATTEMPT_CODE);
    assert_int_equal(f->totp.failures, 0);
    assert_int_equal(try_code_of(f, NOW + 30, NOW), ATTEMPT_CODE);
}

static void test_every_acceptance_changes_the_state(void **state)
{
    struct fixture *f = *state;
    char code[OTP_CODE_SIZE];

    code_at(f, NOW, code);
    assert_true(check_at(f, code, NOW).state_changed);
    assert_true(check_at(f, f->codes[0], NOW).state_changed);
    assert_true(check_at(f, "000000", NOW).state_changed);
    assert_false(check_at(f, code, NOW).state_changed);
}

static void test_emergency_code_is_accepted_once(void **state)
{
    struct fixture *f = *state;
    struct attempt attempt = check_at(f, f->codes[1], NOW);

    assert_int_equal(attempt.result, ATTEMPT_EMERGENCY);
    assert_int_equal(attempt.codes_left, 2);
    assert_int_equal(check_at(f, f->codes[1], NOW).result, ATTEMPT_REUSED);
    assert_int_equal(f->totp.failures, 0);
    assert_int_equal(check_at(f, f->codes[0], NOW).codes_left, 1);
    assert_int_equal(check_at(f, f->codes[2], NOW).codes_left, 0);
}

/* Three failures are free; then 30 s, doubling, to an hour. */
static void test_waits_double_up_to_an_hour(void **state)
{
    static const int waits[] = {30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600};
    struct fixture *f = *state;
    long long now = NOW;

    for (int i = 0; i < 3; i++)
        assert_int_equal(check_at(f, "000000", now).result, ATTEMPT_WRONG);
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        assert_int_equal(check_at(f, "000000", now).wait, waits[i]);
        assert_int_equal(check_at(f, "000000", now + waits[i] - 1).result, ATTEMPT_THROTTLED);
        assert_int_equal(f->totp.failures, 3 + (int)i);
        now += waits[i];
        assert_int_equal(check_at(f, "000000", now).result, ATTEMPT_WRONG);
    }
}

static void test_nothing_is_evaluated_during_a_wait(void **state)
{
    struct fixture *f = *state;
    struct totp_state before;

    for (int i = 0; i < 3; i++)
        check_at(f, "000000", NOW);
    before = f->totp;
    assert_int_equal(try_code_of(f, NOW, NOW + 1), ATTEMPT_THROTTLED);
    assert_int_equal(check_at(f, f->codes[0], NOW + 1).result, ATTEMPT_THROTTLED);
    assert_memory_equal(&before, &f->totp, sizeof before);
    assert_int_equal(try_code_of(f, NOW + 30, NOW + 30), ATTEMPT_CODE);
    assert_int_equal(f->totp.failures, 0);
}

static void test_a_hundred_failures_disable(void **state)
{
    struct fixture *f = *state;
    long long now = NOW;

    for (int i = 0; i < 100; i++, now += 3600)
        assert_int_equal(check_at(f, "000000", now).result, ATTEMPT_WRONG);
    assert_int_equal(try_code_of(f, now + 100000000, now + 100000000), ATTEMPT_LOCKED);
    assert_int_equal(check_at(f, f->codes[0], now + 100000000).result, ATTEMPT_LOCKED);
    totp_state_clear(&f->totp);
    assert_int_equal(try_code_of(f, now + 100000000, now + 100000000), ATTEMPT_CODE);
}

static void test_clock_moved_back_accepts_no_code_until_time_has_passed(void **state)
{
    struct fixture *f = *state;
    struct attempt attempt;
    char code[OTP_CODE_SIZE];

    assert_int_equal(try_code_of(f, NOW, NOW), ATTEMPT_CODE);
    code_at(f, NOW - 3600, code);
    attempt = check_at(f, code, NOW - 3600);
    assert_int_equal(attempt.result, ATTEMPT_CLOCK_BEHIND);
    assert_in_range(attempt.behind, 3540, 3600);
    assert_int_equal(f->totp.failures, 0);
    assert_int_equal(try_code_of(f, NOW, NOW), ATTEMPT_REUSED);
    assert_int_equal(try_code_of(f, NOW + 30, NOW + 30), ATTEMPT_CODE);
}

/* Else a clock that is behind would be a free pass for guessing emergency codes. */
static void test_wrong_codes_count_while_the_clock_is_behind(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(try_code_of(f, NOW, NOW), ATTEMPT_CODE);
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(check_at(f, "00000000", NOW - 3600).result, ATTEMPT_CLOCK_BEHIND);
        assert_int_equal(f->totp.failures, i);
    }
    assert_int_equal(check_at(f, f->codes[0], NOW - 3600).result, ATTEMPT_THROTTLED);
    assert_int_equal(check_at(f, f->codes[0], NOW - 3570).result, ATTEMPT_EMERGENCY);
}

static void test_clock_moved_back_does_not_make_a_wait_endless(void **state)
{
    struct fixture *f = *state;
    struct attempt attempt;

    for (int i = 0; i < 3; i++)
        check_at(f, "000000", NOW);
    attempt = check_at(f, "000000", NOW - 1000000);
    assert_int_equal(attempt.result, ATTEMPT_THROTTLED);
    assert_int_equal(attempt.wait, 30);
    assert_true(attempt.state_changed);
    assert_int_equal(try_code_of(f, NOW - 999970, NOW - 999970), ATTEMPT_CODE);
}

static void test_what_cannot_be_a_code_is_not_counted(void **state)
{
    static char huge[10001];
    const char *rubbish[] = {"", "?", "\b\n\r\177INCORRECT", "12345", "1234567", "999999999", "-12345", "+1234567",
                             "\331\243\331\243\331\243", huge};
    struct fixture *f = *state;

    memset(huge, '7', sizeof huge - 1);
    for (size_t i = 0; i < sizeof rubbish / sizeof *rubbish; i++) {
        totp_state_clear(&f->totp);
        assert_int_equal(check_at(f, rubbish[i], NOW).result, ATTEMPT_NOT_A_CODE);
        assert_int_equal(f->totp.failures, 0);
    }
    assert_int_equal(check_at(f, "12345678", NOW).result, ATTEMPT_WRONG);
    f->secrets.code_count = 0; /* and then eight digits are nothing */
    assert_int_equal(check_at(f, "12345678", NOW).result, ATTEMPT_NOT_A_CODE);
    assert_int_equal(f->totp.failures, 1);
}

static void test_a_wrong_code_tells_the_log_when_it_is_right(void **state)
{
    struct fixture *f = *state;
    char code[OTP_CODE_SIZE];
    struct attempt attempt;

    code_at(f, NOW - 180, code);
    attempt = check_at(f, code, NOW);
    assert_int_equal(attempt.result, ATTEMPT_WRONG);
    assert_int_equal(attempt.off, -180);
    assert_int_equal(f->totp.failures, 1);
    code_at(f, NOW + 3600, code);
    assert_int_equal(check_at(f, code, NOW).off, 3600);
    code_at(f, NOW + 3630, code);
    assert_int_equal(check_at(f, code, NOW).off, 0);
}

static void test_blanks_are_dropped_and_nothing_else(void **state)
{
    static const struct {
        const char *response, *code;
        enum response_kind kind;
    } cases[] = {
        {"123456", "123456", RESPONSE_CODE},      {" 123 456\t\r\n", "123456", RESPONSE_CODE},
        {"1234 5678", "12345678", RESPONSE_CODE}, {"1 2 3 4 5 6 7", "1234567", RESPONSE_CODE},
        {"", "", RESPONSE_EMPTY},                 {" \t\r\n", "", RESPONSE_EMPTY},
        {"12 345", "", RESPONSE_NOT_A_CODE},      {"1234 5678 9", "", RESPONSE_NOT_A_CODE},
        {"123-456", "", RESPONSE_NOT_A_CODE},     {"123456x", "", RESPONSE_NOT_A_CODE},
        {"x123456", "", RESPONSE_NOT_A_CODE},     {"\b\n\r\177IN", "", RESPONSE_NOT_A_CODE},
        {"\n\b", "", RESPONSE_NOT_A_CODE},        {"123\302\240456", "", RESPONSE_NOT_A_CODE},
        {"\342\200\242\342\200\242\342\200\242\342\200\242\342\200\242\342\200\242", "", RESPONSE_NOT_A_CODE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char code[RESPONSE_CODE_SIZE] = "xxxxxxxx";

        assert_int_equal(response_read(cases[i].response, code), cases[i].kind);
        assert_string_equal(code, cases[i].code);
    }
}

static void test_eight_digit_profiles_take_both_kinds(void **state)
{
    struct fixture *f = *state;

    f->profile.digits = 8;
    assert_int_equal(try_code_of(f, NOW, NOW), ATTEMPT_CODE);
    assert_int_equal(check_at(f, f->codes[0], NOW).result, ATTEMPT_EMERGENCY);
    assert_int_equal(check_at(f, f->codes[0], NOW).result, ATTEMPT_REUSED);
}

#define TEST(name) cmocka_unit_test_setup(name, copy_original)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_code_is_accepted_once),
        TEST(test_step_before_the_last_one_is_refused),
        TEST(test_window_is_kept_on_both_sides),
        TEST(test_every_acceptance_changes_the_state),
        TEST(test_emergency_code_is_accepted_once),
        TEST(test_waits_double_up_to_an_hour),
        TEST(test_nothing_is_evaluated_during_a_wait),
        TEST(test_a_hundred_failures_disable),
        TEST(test_clock_moved_back_accepts_no_code_until_time_has_passed),
        TEST(test_wrong_codes_count_while_the_clock_is_behind),
        TEST(test_clock_moved_back_does_not_make_a_wait_endless),
        TEST(test_what_cannot_be_a_code_is_not_counted),
        TEST(test_a_wrong_code_tells_the_log_when_it_is_right),
        TEST(test_blanks_are_dropped_and_nothing_else),
        TEST(test_eight_digit_profiles_take_both_kinds),
    };

    return cmocka_run_group_tests_name("attempt", tests, make_original, NULL);
}
