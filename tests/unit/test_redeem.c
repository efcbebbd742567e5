/* SPDX-License-Identifier: BSD-2-Clause */
/* Redeeming and enrolling on a store in memory: what a decision made again may not do, what an attempt that ended costs. */
#include "enrol/enrolment.h"
#include "enrol/redeem.h"
#include "store_memory.h"
#include "totp/otp.h"
#include "unit.h"

#define NOW 1000000000LL

static const struct store_owner owner = {"alice", 1000};
static const struct permit permit = {true, "vs0", 1000};
static struct svm svm = {.name = "vs0", .totp = {.digits = 6, .period = 30, .window = 1, .key_bytes = 20,
                                                 .emergency_codes = 2}};
static struct account account = {.name = "alice", .uid = 1000};
static struct enrolment enrolment;
static struct memory memory;

static long long now(void)
{
    return NOW;
}

static int enrol(void **state)
{
    struct fault fault;

    (void)state;
    memory_open(&memory);
    assert_int_equal(enrolment_new(&svm, &account, NULL, "", NOW, &enrolment, &fault), 0);
    assert_int_equal(enrolment_save(&memory.store, &owner, &permit, &enrolment, &fault), 0);
    assert_true(memory.entry.enrolled);
    return 0;
}

static void code_at(long long at, char out[OTP_CODE_SIZE])
{
    struct otp otp = profile_otp(&enrolment.profile, &enrolment.secrets);

    assert_int_equal(otp_code(&otp, otp_step(&otp, at), out), 0);
}

static enum found redeem(const char *response, struct redeemed *redeemed)
{
    struct fault fault;

    return redeem_code(&memory.store, &owner, 1, response, now, redeemed, &fault);
}

static void use_it_up(struct memory *of)
{
    of->entry.totp.last_step = NOW / 30;
}

static void test_a_code_that_somebody_else_was_faster_with_is_used_up(void **state)
{
    struct redeemed redeemed;
    char code[OTP_CODE_SIZE];

    (void)state;
    code_at(NOW, code);
    memory.conflicts = 1;
    memory.meanwhile = use_it_up;
    assert_int_equal(redeem(code, &redeemed), FOUND);
    assert_int_equal(redeemed.attempt.result, ATTEMPT_REUSED);
    assert_int_equal(memory.entry.totp.failures, 0);
}

static void test_a_decision_made_again_counts_once(void **state)
{
    struct redeemed redeemed;

    (void)state;
    memory.conflicts = 5;
    assert_int_equal(redeem("000000", &redeemed), FOUND);
    assert_int_equal(memory.entry.totp.failures, 1);
    assert_int_equal(memory.decisions, 1 + 6);
}

static void test_an_attempt_that_ended_is_charged_to_the_next(void **state)
{
    struct redeemed redeemed;
    char code[OTP_CODE_SIZE];

    (void)state;
    code_at(NOW, code);
    memory.dies = true;
    for (int i = 1; i <= 4; i++)
        assert_int_equal(redeem(code, &redeemed), FOUND_FAULT);
    memory.dies = false;
    assert_int_equal(redeem(code, &redeemed), FOUND);
    assert_int_equal(redeemed.attempt.result, ATTEMPT_THROTTLED);
    assert_int_equal(memory.entry.totp.failures, 3);
}

static void test_emergency_codes_work_once_and_spent_ones_take_no_attempt(void **state)
{
    struct redeemed redeemed;
    int attempts;

    (void)state;
    assert_int_equal(redeem(enrolment.codes[1], &redeemed), FOUND);
    assert_int_equal(redeemed.attempt.result, ATTEMPT_EMERGENCY);
    attempts = memory.attempts;
    assert_int_equal(redeem(enrolment.codes[1], &redeemed), FOUND);
    assert_int_equal(redeemed.attempt.result, ATTEMPT_REUSED);
    assert_int_equal(memory.attempts, attempts);
    /* In a wait nothing is evaluated, and that it is spent is not told. */
    memory.entry.totp.failures = 3;
    memory.entry.totp.last_failure = NOW;
    assert_int_equal(redeem(enrolment.codes[1], &redeemed), FOUND);
    assert_int_equal(redeemed.attempt.result, ATTEMPT_THROTTLED);
}

static void test_what_the_store_cannot_do_is_never_an_answer(void **state)
{
    static const enum fault_class classes[] = {FAULT_BUSY, FAULT_BROKEN, FAULT_UNAVAILABLE, FAULT_CONFLICT};
    struct redeemed redeemed;
    char code[OTP_CODE_SIZE];

    (void)state;
    code_at(NOW, code);
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        memory.fails = classes[i];
        assert_int_equal(redeem(code, &redeemed), FOUND_FAULT);
        assert_false(attempt_accepts(redeemed.attempt.result));
    }
    memory.fails = FAULT_OTHER;
    memory.entry.profile.enabled = false;
    assert_int_equal(redeem(code, &redeemed), FOUND);
    assert_true(redeemed.disabled && !attempt_accepts(redeemed.attempt.result));
    memory.entry = (struct store_entry){0};
    assert_int_equal(redeem(code, &redeemed), FOUND_NOTHING);
}

static void test_enrolment_replaces_only_what_it_was_for(void **state)
{
    struct enrolment codes, again;
    struct fault fault;

    (void)state;
    memory.entry.totp.last_step = 7;
    assert_int_equal(enrolment_new_codes(&memory.store, &svm, &memory.entry.profile, &codes, &fault), 0);
    again = codes;
    assert_int_equal(enrolment_save(&memory.store, &owner, NULL, &codes, &fault), 0);
    assert_int_equal(memory.entry.totp.last_step, 7); /* the key is the same: what is used up stays so */
    assert_int_equal(memory.entry.totp.used_codes, 0);
    assert_int_equal(enrolment_save(&memory.store, &owner, NULL, &again, &fault), -1);
    assert_int_equal(fault.class, FAULT_CONFLICT);
    assert_int_equal(enrolment_remove(&memory.store, &owner, &again.replaced, &fault), -1);
    assert_int_equal(fault.class, FAULT_CONFLICT);
    memory.entry.pushes.count = 1;
    assert_int_equal(enrolment_remove(&memory.store, &owner, &codes.profile, &fault), 0);
    assert_true(!memory.entry.enrolled && memory.entry.pushes.count == 1);
}

#define TEST(name) cmocka_unit_test_setup(name, enrol)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_code_that_somebody_else_was_faster_with_is_used_up),
        TEST(test_a_decision_made_again_counts_once),
        TEST(test_an_attempt_that_ended_is_charged_to_the_next),
        TEST(test_emergency_codes_work_once_and_spent_ones_take_no_attempt),
        TEST(test_what_the_store_cannot_do_is_never_an_answer),
        TEST(test_enrolment_replaces_only_what_it_was_for),
    };

    return cmocka_run_group_tests_name("redeem", tests, NULL, NULL);
}
