/* SPDX-License-Identifier: BSD-2-Clause */
/* A record's slots and marks, a write cut at every length, and its parts. */
#include "store/record.h"
#include "unit.h"

static const struct seal seal = {.has_key = true, .key = "a seal key of thirty-two bytes.."}, none = {0};

static void make(struct profile *profile, const char *comment)
{
    struct secrets secrets = {0};
    struct fault fault;

    *profile = (struct profile){.svm = "vs0", .user = "alice", .created = 1795380951, .enabled = true, .digits = 6,
                                .period = 30};
    strcpy(profile->comment, comment);
    assert_int_equal(secrets_new_key(&secrets, PROFILE_KEY_MAX, &fault), 0);
    secrets.code_count = PROFILE_CODES_MAX;
    assert_int_equal(profile_seal(profile, &seal, &secrets, &fault), 0);
}

static struct record make_record(uint64_t sequence, long long last_step)
{
    const struct part_owner owner = {&seal, "vs0", "alice"};
    const struct push_state pushes = {.pushes = {{.at = 1}, {.at = 2}, {.at = STATE_TIME_MAX}}, .count = 3};
    struct totp_state totp = {.last_step = last_step, .failures = STATE_FAILURES_MAX, .last_failure = 5, .used_codes = 9};
    struct record record = {.sequence = sequence};
    struct profile profile;
    struct fault fault;

    make(&profile, "a comment");
    strcpy(totp.profile_id, profile.profile_id);
    assert_int_equal(part_make_profile(&owner, &profile, &record.profile, &fault), 0);
    assert_int_equal(part_make_state(&owner, &totp, &record.state, &fault), 0);
    part_make_pushes(&pushes, &record.pushes);
    return record;
}

static void test_parts_survive_and_are_nobody_elses(void **state)
{
    const char *const strangers[][2] = {{"vs1", "alice"}, {"vs0", "bob"}, {"vs", "0alice"}};
    struct part_owner owner = {&seal, "vs0", "alice"};
    struct record record = make_record(1, 7);
    struct totp_state totp;
    struct push_state pushes;
    struct profile profile;
    struct fault fault;
    char other[33];

    (void)state;
    assert_int_equal(part_read_profile(&owner, &record.profile, &profile, &fault), 0);
    assert_string_equal(profile.comment, "a comment");
    assert_int_equal(part_read_state(&owner, profile.profile_id, &record.state, &totp, &fault), 0);
    assert_true(totp.last_step == 7 && totp.failures == STATE_FAILURES_MAX && totp.used_codes == 9);
    assert_int_equal(part_read_pushes(&record.pushes, &pushes, &fault), 0);
    assert_true(pushes.count == 3 && pushes.pushes[2].at == STATE_TIME_MAX);
    strcpy(other, profile.profile_id);
    other[0] = other[0] == '0' ? '1' : '0';
    assert_int_equal(part_read_state(&owner, other, &record.state, &totp, &fault), -1);
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
        const struct part_owner stranger = {&seal, strangers[i][0], strangers[i][1]};

        assert_int_equal(part_read_profile(&stranger, &record.profile, &profile, &fault), -1);
        assert_int_equal(fault.class, FAULT_BROKEN);
    }
    /* Without a key it is shown, and nothing is made. */
    owner.seal = &none;
    assert_int_equal(part_read_profile(&owner, &record.profile, &profile, &fault), 0);
    assert_int_equal(part_make_profile(&owner, &profile, &record.profile, &fault), -1);
    assert_int_equal(fault.class, FAULT_REFUSED);
}

static void test_any_bit_breaks_a_part(void **state)
{
    const struct part_owner owner = {&seal, "vs0", "alice"};
    const struct record record = make_record(1, 7);
    struct totp_state totp;
    struct profile profile, ignored;
    struct fault fault;

    (void)state;
    assert_int_equal(part_read_profile(&owner, &record.profile, &profile, &fault), 0);
    for (size_t i = 0; i < 8 * record.profile.length; i++) {
        struct part changed = record.profile;

        changed.bytes[i / 8] ^= (unsigned char)(1 << i % 8);
        assert_int_equal(part_read_profile(&owner, &changed, &ignored, &fault), -1);
    }
    for (size_t i = 0; i < 8 * record.state.length; i++) {
        struct part changed = record.state;

        changed.bytes[i / 8] ^= (unsigned char)(1 << i % 8);
        assert_int_equal(part_read_state(&owner, profile.profile_id, &changed, &totp, &fault), -1);
    }
    for (size_t length = 0; length < record.profile.length; length++) {
        struct part cut = record.profile;

        cut.length = length;
        assert_int_equal(part_read_profile(&owner, &cut, &ignored, &fault), -1);
    }
}

/* What the slot of SEQUENCE is, in IMAGE. */
static void put(unsigned char image[RECORD_SIZE], const struct record *record)
{
    record_pack(record, image + record_place(record->sequence) * RECORD_SLOT_DISTANCE);
}

/* The disk may have written any first bytes of it, or any sector. */
static void test_a_write_cut_anywhere_leaves_the_newest(void **state)
{
    (void)state;
    for (uint64_t sequence = 6; sequence <= 7; sequence++) {
        const struct record old = make_record(sequence, 1), new = make_record(sequence + 1, 2);
        unsigned char image[RECORD_SIZE] = {0}, slot[RECORD_SLOT_SIZE];
        size_t length = record_pack(&new, slot), at = (size_t)record_place(sequence + 1) * RECORD_SLOT_DISTANCE;
        struct record found;

        put(image, &old);
        record_pack(&old, image + at); /* the mirror */
        for (size_t cut = 0; cut <= length; cut++) {
            unsigned char torn[RECORD_SIZE];

            memcpy(torn, image, sizeof torn);
            memcpy(torn + at, slot, cut);
            assert_true(record_newest(torn, &found) >= 0);
            assert_int_equal(found.sequence, cut < length ? sequence : sequence + 1);
        }
        for (size_t sector = 0; sector < length; sector += 512) {
            unsigned char torn[RECORD_SIZE];
            size_t size = length - sector < 512 ? length - sector : 512;

            memcpy(torn, image, sizeof torn);
            memcpy(torn + at + sector, slot + sector, size);
            assert_true(record_newest(torn, &found) >= 0);
            assert_int_equal(found.sequence, size == length ? sequence + 1 : sequence);
        }
        assert_int_equal(record_place(sequence), record_newest(image, &found));
    }
}

static void test_no_whole_slot_is_no_record(void **state)
{
    unsigned char image[RECORD_SIZE] = {0};
    struct record record = make_record(3, 1), found;

    (void)state;
    assert_int_equal(record_newest(image, &found), -1);
    put(image, &record);
    assert_int_equal(record_newest(image, &found), 1);
    image[RECORD_SLOT_DISTANCE + 100] ^= 1;
    assert_int_equal(record_newest(image, &found), -1);
    record.sequence = 0;
    record_pack(&record, image);
    assert_int_equal(record_newest(image, &found), -1);
}

static void test_a_mark_that_is_rubbish_is_one_of_now(void **state)
{
    const struct record_mark mark = {true, 5, 1795380951}, clear = {0};
    unsigned char bytes[RECORD_MARK_SIZE];
    struct record_mark found;

    (void)state;
    record_pack_mark(&mark, bytes);
    record_unpack_mark(bytes, &found);
    assert_true(found.is_set && found.sequence == 5 && found.at == mark.at);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] ^= 4;
        record_unpack_mark(bytes, &found);
        assert_true(found.is_set && found.sequence == UINT64_MAX && found.at == STATE_TIME_MAX);
        bytes[i] ^= 4;
    }
    record_pack_mark(&clear, bytes);
    record_unpack_mark(bytes, &found);
    assert_false(found.is_set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_survive_and_are_nobody_elses),
        cmocka_unit_test(test_any_bit_breaks_a_part),
        cmocka_unit_test(test_a_write_cut_anywhere_leaves_the_newest),
        cmocka_unit_test(test_no_whole_slot_is_no_record),
        cmocka_unit_test(test_a_mark_that_is_rubbish_is_one_of_now),
    };

    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
