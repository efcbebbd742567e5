/* SPDX-License-Identifier: BSD-2-Clause */
/* Who gets a seat at the REST gateway, who has to leave one, and whose turn it is. */
#include "gateway/seat.h"
#include "unit.h"

static struct seats seats;

static int begin(void **state)
{
    (void)state;
    memset(&seats, 0, sizeof seats);
    return 0;
}

/* A connection of UID that gets to STEP, if it gets a free seat. Returns which; -1: it gets none. */
static int come(uid_t uid, enum seat_step step, long long now)
{
    int index = seat_find(&seats, uid, now);

    if (index < 0)
        return -1;
    assert_int_equal(seats.seats[index].step, SEAT_FREE);
    seat_take(&seats, (size_t)index, uid, now);
    if (step != SEAT_ASKS)
        seat_know(&seats, (size_t)index, true);
    seat_step(&seats.seats[index], step, now);
    return index;
}

static void test_a_user_has_eight_seats_and_root_its_own(void **state)
{
    (void)state;
    for (uid_t uid = 1001; uid <= 1007; uid++)
        for (int i = 0; i < LIMIT_USER; i++)
            assert_true(come(uid, SEAT_WORKS, 0) >= 0);
    assert_int_equal(seat_find(&seats, 1001, 100000), -1);
    assert_int_equal(seat_find(&seats, 1008, 100000), -1); /* all the others' seats are at work */
    for (int i = 0; i < LIMIT_SEATS - LIMIT_OTHERS; i++)
        assert_true(come(0, SEAT_READS, 0) >= 0);
    assert_int_equal(seat_find(&seats, 0, 100000), -1);
}

static void test_ids_without_an_account_share_one_allowance(void **state)
{
    (void)state;
    assert_true(come(1001, SEAT_READS, 0) >= 0); /* known from now on */
    for (uid_t uid = 100000; uid < 100000 + LIMIT_STRANGERS; uid++)
        assert_true(come(uid, SEAT_ASKS, 1000) >= 0);
    assert_int_equal(seat_find(&seats, 200000, 1000), -1);
    assert_int_equal(seat_find(&seats, 200000, 1100), -1);
    assert_true(come(1001, SEAT_READS, 1000) >= 0);
    assert_true(come(0, SEAT_READS, 1000) >= 0);
    /* One that is asked about for too long, whoever stops it, keeps nobody out. */
    seats.seats[5].since = 900;
    assert_int_equal(seat_find(&seats, 200000, 1200), 5);
    /* Without an account, nobody is known. */
    seat_know(&seats, 5, false);
    assert_false(seats.seats[5].is_known);
    assert_int_equal(seats.known[seats.seats[5].uid % SEAT_KNOWN], 0);
}

static void test_half_sent_requests_leave_for_who_has_less(void **state)
{
    int index;

    (void)state;
    for (uid_t uid = 1001; uid <= 1007; uid++)
        for (int i = 0; i < LIMIT_USER; i++)
            assert_true(come(uid, SEAT_READS, 10 * i + (int)uid) >= 0);
    index = seat_find(&seats, 2000, 2000);
    assert_true(index >= 0);
    assert_int_equal(seats.seats[index].uid, 1001);
    assert_int_equal(seats.seats[index].since, 1001);
    /* Who is being worked on, waits for it, or is being answered, stays. */
    for (int i = 0; i < LIMIT_SEATS; i++)
        if (seats.seats[i].uid != 1005 && seats.seats[i].step == SEAT_READS)
            seats.seats[i].step = i % 3 == 0 ? SEAT_QUEUES : i % 3 == 1 ? SEAT_WORKS : SEAT_ANSWERS;
    index = seat_find(&seats, 2000, 2000);
    assert_int_equal(seats.seats[index].uid, 1005);
}

static void test_one_seat_more_is_no_reason_unless_it_is_held_for_long(void **state)
{
    int index;

    (void)state;
    for (uid_t uid = 1000; uid < 1000 + LIMIT_OTHERS; uid++)
        assert_true(come(uid, SEAT_READS, 5000 + uid) >= 0);
    assert_int_equal(seat_find(&seats, 2000, 6500), -1);
    index = seat_find(&seats, 2000, 8010);
    assert_true(index >= 0);
    assert_int_equal(seats.seats[index].uid, 1000);
    assert_int_equal(seat_find(&seats, 1001, 100000), -1); /* has one itself */
}

static void test_turns_are_taken_in_order_two_of_a_user_and_eight_in_all(void **state)
{
    int first, second, third, other, root;

    (void)state;
    first = come(1001, SEAT_QUEUES, 10);
    third = come(1001, SEAT_QUEUES, 30);
    second = come(1001, SEAT_QUEUES, 20);
    other = come(1002, SEAT_QUEUES, 40);
    assert_int_equal(seat_next(&seats), first);
    seat_step(&seats.seats[first], SEAT_WORKS, 50);
    assert_int_equal(seat_next(&seats), other); /* who has nothing yet comes first */
    seat_step(&seats.seats[other], SEAT_WORKS, 50);
    assert_int_equal(seat_next(&seats), second);
    seat_step(&seats.seats[second], SEAT_WORKS, 50);
    assert_int_equal(seat_next(&seats), -1);
    seat_step(&seats.seats[first], SEAT_PAUSES, 60); /* for a person: holds up nobody */
    assert_int_equal(seat_next(&seats), third);
    for (uid_t uid = 1003; uid < 1003 + LIMIT_WORKERS - 2; uid++)
        come(uid, SEAT_WORKS, 60);
    assert_int_equal(seat_next(&seats), -1);
    root = come(0, SEAT_QUEUES, 70);
    assert_int_equal(seat_next(&seats), root);
}

/* Four users who let eight requests stand still, and have more of them waiting, keep nobody from the next turn. */
static void test_who_has_nothing_is_worked_on_before_who_has_much(void **state)
{
    int late, taken = 0;

    (void)state;
    for (uid_t uid = 1001; uid <= 1004; uid++)
        for (int i = 0; i < LIMIT_USER; i++)
            assert_true(come(uid, i < LIMIT_USER_WORKERS ? SEAT_WORKS : SEAT_QUEUES, 0) >= 0);
    late = come(2000, SEAT_QUEUES, 100);
    assert_int_equal(seat_next(&seats), -1);
    for (int i = 0; i < LIMIT_SEATS; i++)
        if (seats.seats[i].step == SEAT_WORKS) {
            assert_true(seats.seats[i].deadline < seats.seats[late].deadline);
            seats.seats[i].step = SEAT_FREE;
        }
    for (int next = -1; next != late; taken++) {
        next = seat_next(&seats);
        assert_true(next >= 0);
        seat_step(&seats.seats[next], SEAT_WORKS, 10000);
    }
    assert_int_equal(taken, 5);
}

static void test_no_number_of_steps_is_longer_than_the_whole(void **state)
{
    int index = come(1001, SEAT_READS, 1000);

    (void)state;
    for (int i = 1; i < 100; i++)
        seat_step(&seats.seats[index], i % 2 == 0 ? SEAT_PAUSES : SEAT_WORKS, 1000 + i * 5000);
    assert_int_equal(seats.seats[index].deadline, 1000 + LIMIT_TOTAL_SECONDS * 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_user_has_eight_seats_and_root_its_own, begin),
        cmocka_unit_test_setup(test_ids_without_an_account_share_one_allowance, begin),
        cmocka_unit_test_setup(test_half_sent_requests_leave_for_who_has_less, begin),
        cmocka_unit_test_setup(test_one_seat_more_is_no_reason_unless_it_is_held_for_long, begin),
        cmocka_unit_test_setup(test_who_has_nothing_is_worked_on_before_who_has_much, begin),
        cmocka_unit_test_setup(test_no_number_of_steps_is_longer_than_the_whole, begin),
        cmocka_unit_test_setup(test_turns_are_taken_in_order_two_of_a_user_and_eight_in_all, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
