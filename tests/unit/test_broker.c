/* SPDX-License-Identifier: BSD-2-Clause */
/* What the broker reads and writes: messages of its clients, values and replies of the store, and the guard. */
#include "broker/etcd.h"
#include "broker/guard.h"
#include "unit.h"
#include "wire/fleet_value.h"
#include "wire/store_frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void test_frames_come_back(void **state)
{
    static unsigned char out[STORE_FRAME_HEAD + STORE_FRAME_MAX], long_part[STORE_FRAME_MAX];
    struct store_part parts[] = {store_part_text("eu"), {NULL, 0}, {long_part, 9000}};
    struct store_frame frame;
    size_t length;
    char text[4];

    (void)state;
    length = store_frame_build(out, FRAME_COMMIT, parts, 3);
    assert_int_equal(length, STORE_FRAME_HEAD + 2 + 6 + 9002);
    assert_int_equal(store_frame_length(out), length - STORE_FRAME_HEAD);
    assert_int_equal(store_frame_parse(&frame, out + STORE_FRAME_HEAD, length - STORE_FRAME_HEAD), 0);
    assert_int_equal(frame.word, FRAME_COMMIT);
    assert_int_equal(frame.count, 3);
    assert_int_equal(frame.parts[2].length, 9000);
    assert_int_equal(store_part_string(&frame.parts[0], text, sizeof text), 0);
    assert_string_equal(text, "eu");
    assert_int_equal(store_part_string(&frame.parts[0], text, 2), -1);
    for (size_t cut = 1; cut < 12; cut++)
        assert_int_equal(store_frame_parse(&frame, out + STORE_FRAME_HEAD, length - STORE_FRAME_HEAD - cut), -1);
    parts[0] = (struct store_part){long_part, 8000};
    assert_int_equal(store_frame_build(out, FRAME_COMMIT, parts, 3), 0);
    assert_int_equal(store_frame_build(out, FRAME_COMMIT, parts, STORE_PARTS_MAX + 1), 0);
}

static void test_heads_come_back(void **state)
{
    struct fleet_head head = {.attempt = "0123456789abcde", .cutoffs = {1ULL << 24 | 5, ~0ULL}, .count = 2}, again;
    unsigned char value[FLEET_HEAD_MAX + 4];
    size_t length = fleet_head_build(value, &head);

    (void)state;
    assert_int_equal(length, 16 + 1 + 16);
    memcpy(value + length, "body", 4);
    assert_int_equal(fleet_head_parse(&again, value, length + 4), length);
    assert_memory_equal(&again, &head, sizeof head);
    assert_int_equal(fleet_cutoff_at(again.cutoffs[0]), 1);
    assert_int_equal(fleet_head_parse(&again, value, length - 1), 0);
    assert_int_equal(fleet_head_parse(&again, value, 16), 0);
    value[16] = FLEET_CUTOFFS_MAX + 1;
    assert_int_equal(fleet_head_parse(&again, value, sizeof value), 0);
}

static void test_meta_has_one_form(void **state)
{
    static const char *const bad[] = {"", "format=1", "format=2 fleet=eu epoch=1 floor=0", "format=1 fleet= epoch=1 floor=0",
                                      "format=1 fleet=eu epoch=0 floor=0", "format=1 fleet=eu epoch=01 floor=0",
                                      "format=1 fleet=eu epoch=1 floor=-1", "format=1 fleet=eu epoch=1 floor=0 ",
                                      "format=1 fleet=eu epoch=1 floor=0\n", "format=1 fleet=eu  epoch=1 floor=0",
                                      "format=1 fleet=eu epoch=999999999999999999 floor=0 cluster=1",
                                      "format=1 fleet=eu epoch=1 floor=0 cluster=0", "format=1 fleet=eu epoch=1 floor=0 cluster=01",
                                      "format=1 fleet=eu epoch=1 floor=0 cluster=18446744073709551616"};
    struct fleet_meta meta;
    char text[FLEET_META_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char whole[FLEET_META_SIZE];

        assert_int_equal(fleet_meta_parse(&meta, (const unsigned char *)bad[i], strlen(bad[i])), -1);
        snprintf(whole, sizeof whole, "%s cluster=5", bad[i]);
        assert_int_equal(fleet_meta_parse(&meta, (const unsigned char *)whole, strlen(whole)), -1);
    }
    fleet_meta_text(&(struct fleet_meta){.fleet = "eu", .epoch = 3, .floor = 1700000000, .cluster = UINT64_MAX}, text);
    assert_string_equal(text, "format=1 fleet=eu epoch=3 floor=1700000000 cluster=18446744073709551615");
    assert_int_equal(fleet_meta_parse(&meta, (const unsigned char *)text, strlen(text)), 0);
    assert_string_equal(meta.fleet, "eu");
    assert_int_equal(meta.floor, 1700000000);
    assert_int_equal(fleet_meta_parse(&meta, (const unsigned char *)"format=1\0fleet=eu", 17), -1);
}

/* A reply as etcd 3.4.23 has sent it to a transaction of one get of `meta`. */
static const unsigned char recorded[] = {
    0x0a, 0x18, 0x08, 0x98, 0xab, 0xb7, 0xfe, 0xa5, 0xb5, 0x9d, 0x9d, 0x56, 0x10, 0xdb, 0x84, 0xa1, 0xbd, 0xcc, 0x80, 0xbf, 0xa3,
    0x0b, 0x18, 0x02, 0x20, 0x02, 0x10, 0x01, 0x1a, 0x1f, 0x0a, 0x1d, 0x12, 0x19, 0x0a, 0x0f, '/',  'p',  'a',  'm',  '_',  'm',
    'f',  'a',  '/',  '1',  '/',  'm',  'e',  't',  'a',  0x10, 0x02, 0x18, 0x07, 0x2a, 0x02, 'a',  'b',  0x20, 0x01};

static void test_replies_are_understood(void **state)
{
    static struct etcd_reply reply;
    const struct etcd_kv *kv;

    (void)state;
    assert_int_equal(etcd_reply_parse(&reply, recorded, sizeof recorded), 0);
    assert_true(reply.succeeded);
    assert_int_equal(reply.revision, 2);
    assert_int_equal(reply.count, 1);
    assert_null(etcd_find(&reply, "/pam_mfa/1/met"));
    kv = etcd_find(&reply, "/pam_mfa/1/meta");
    assert_non_null(kv);
    assert_int_equal(kv->mod, 7);
    assert_int_equal(kv->value.length, 2);
    assert_memory_equal(kv->value.data, "ab", 2);
}

/* However much of a reply is missing, it is no reply with less in it: but for where a field ends, and then the value is gone. */
static void test_replies_that_are_cut_show_no_other_value(void **state)
{
    static struct etcd_reply reply;

    (void)state;
    for (size_t length = 0; length < sizeof recorded; length++) {
        const struct etcd_kv *kv;

        if (etcd_reply_parse(&reply, recorded, length) != 0)
            continue;
        kv = etcd_find(&reply, "/pam_mfa/1/meta");
        assert_true(kv == NULL || kv->value.length == 2);
        assert_true(kv == NULL || length >= sizeof recorded - 2);
    }
}

static void test_what_is_written_can_be_read(void **state)
{
    unsigned char bytes[512];
    struct pb_writer writer = {.data = bytes, .size = sizeof bytes}, small = {.data = bytes, .size = 20};
    struct store_part value = {(const unsigned char *)"v", 1};
    struct pb_reader reader, within;
    int fields = 0;

    (void)state;
    etcd_compare_mod(&writer, "k", 300);
    etcd_compare_mod(&writer, "k", 0);
    etcd_put(&writer, ETCD_THEN, "k", &value);
    etcd_get(&writer, ETCD_ELSE, "k");
    assert_false(writer.full);
    reader = pb_open(bytes, writer.used);
    assert_int_equal(pb_next(&reader), 1);
    assert_int_equal(reader.field, 1);
    within = pb_open(reader.bytes, reader.length);
    assert_int_equal(pb_next(&within), 1);
    assert_int_equal(within.number, 2);
    assert_int_equal(pb_next(&within), 1);
    assert_memory_equal(within.bytes, "k", 1);
    assert_int_equal(pb_next(&within), 1);
    assert_int_equal(within.field, 6);
    assert_int_equal(within.number, 300);
    assert_int_equal(pb_next(&within), 0);
    while (pb_next(&reader) == 1)
        fields++;
    assert_int_equal(fields, 3);
    etcd_put(&small, ETCD_THEN, "a key that is too long", &value);
    assert_true(small.full);
}

static void test_numbers_of_more_than_64_bits_are_none(void **state)
{
    static const unsigned char most[] = {0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01};
    static const unsigned char more[] = {0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02};
    static const unsigned char group[] = {0x0b}, zero[] = {0x00, 0x01};
    struct pb_reader reader = pb_open(most, sizeof most);

    (void)state;
    assert_int_equal(pb_next(&reader), 1);
    assert_true(reader.number == UINT64_MAX);
    reader = pb_open(more, sizeof more);
    assert_int_equal(pb_next(&reader), -1);
    reader = pb_open(group, sizeof group);
    assert_int_equal(pb_next(&reader), -1);
    reader = pb_open(zero, sizeof zero);
    assert_int_equal(pb_next(&reader), -1);
}

static bool shows(struct guard *guard, const struct mark *sent, long long epoch, unsigned int cluster, int revision)
{
    struct mark seen = {epoch, cluster, revision};

    return guard_accepts(guard, sent != NULL ? sent : &guard->mark, &seen);
}

static void test_a_store_that_goes_back_is_refused_until_a_new_epoch(void **state)
{
    struct guard guard = {.went_back = false};
    struct mark early;

    (void)state;
    assert_true(shows(&guard, NULL, 1, 7, 100));
    early = guard.mark;
    assert_true(shows(&guard, NULL, 1, 7, 120));
    assert_true(shows(&guard, &early, 1, 7, 110)); /* asked before, answered later */
    assert_int_equal(guard.mark.revision, 120);
    assert_false(shows(&guard, NULL, 1, 7, 119));
    assert_false(shows(&guard, NULL, 1, 7, 500)); /* and it stays so, however far it comes */
    assert_true(shows(&guard, NULL, 2, 7, 50));
    assert_true(shows(&guard, NULL, 2, 7, 50));
    assert_int_equal(guard.mark.revision, 50);
    assert_false(shows(&guard, NULL, 1, 7, 600));
}

static void test_another_cluster_is_another_store(void **state)
{
    struct guard guard = {.went_back = false};

    (void)state;
    assert_true(shows(&guard, NULL, 1, 7, 100));
    assert_false(shows(&guard, NULL, 1, 8, 1000));
    assert_true(shows(&guard, NULL, 2, 8, 5));
}

static void test_the_guards_file(void **state)
{
    char directory[] = "/tmp/pam_mfa-guard-XXXXXX", path[64];
    struct guard guard, again;
    struct fault fault;
    FILE *file;

    (void)state;
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/eu.seen", directory);
    assert_int_equal(guard_open(&guard, path, &fault), 0);
    assert_true(shows(&guard, NULL, 3, 0xabcdef, 12345));
    assert_int_equal(guard_save(&guard, &fault), 0);
    assert_int_equal(guard_open(&again, path, &fault), 0);
    assert_int_equal(again.mark.revision, 12345);
    assert_false(shows(&again, NULL, 3, 0xabcdef, 12344));
    assert_int_equal(guard_save(&again, &fault), 0);
    assert_int_equal(guard_open(&again, path, &fault), 0);
    assert_false(shows(&again, NULL, 3, 0xabcdef, 99999)); /* a new process knows as well that it went back */
    assert_true(shows(&again, NULL, 4, 0xabcdef, 10));
    assert_non_null(file = fopen(path, "w"));
    fputs("epoch=3 cluster=abcdef revision=12345\n", file);
    fclose(file);
    assert_int_equal(guard_open(&again, path, &fault), -1);
    unlink(path);
    rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_come_back),
        cmocka_unit_test(test_heads_come_back),
        cmocka_unit_test(test_meta_has_one_form),
        cmocka_unit_test(test_replies_are_understood),
        cmocka_unit_test(test_replies_that_are_cut_show_no_other_value),
        cmocka_unit_test(test_what_is_written_can_be_read),
        cmocka_unit_test(test_numbers_of_more_than_64_bits_are_none),
        cmocka_unit_test(test_a_store_that_goes_back_is_refused_until_a_new_epoch),
        cmocka_unit_test(test_another_cluster_is_another_store),
        cmocka_unit_test(test_the_guards_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
