/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The pam_mfa authors */
/*
 * A record: whatever its bytes are, what is taken out of it is within its bounds, and nothing of it is believed that this
 * host's key has not authenticated; what this program packs, it unpacks to the same.
 */
#include "fuzz.h"
#include "store/record.h"

static const struct seal seal = {.has_key = true, .key = "a key of 32 bytes for the fuzzer"}, none = {0};

static void check_pack(const struct record *record)
{
    unsigned char slot[RECORD_SLOT_SIZE] = {0};
    struct record back;
    size_t length = record_pack(record, slot);

    MUST(length <= sizeof slot && record_unpack(slot, &back));
    MUST(back.sequence == record->sequence && back.profile.length == record->profile.length &&
         back.state.length == record->state.length && back.pushes.length == record->pushes.length);
    MUST(memcmp(back.profile.bytes, record->profile.bytes, back.profile.length) == 0);
    slot[length - 1] ^= 1;
    MUST(!record_unpack(slot, &back));
}

/* The parts as they are, with the key, and as administrators without it see them. */
static void check_parts(const struct record *record)
{
    struct part_owner owner = {&seal, "cluster", "alice"};
    struct push_state pushes;
    struct totp_state totp;
    struct profile profile;
    struct fault fault;
    static const char id[] = "00112233445566778899aabbccddeeff";

    MUST(part_read_profile(&owner, &record->profile, &profile, &fault) != 0 && fault.class == FAULT_BROKEN);
    MUST(part_read_state(&owner, id, &record->state, &totp, &fault) != 0 && totp.last_step == 0);
    if (part_read_pushes(&record->pushes, &pushes, &fault) == 0)
        MUST(pushes.count <= STATE_PUSHES_MAX);
    owner.seal = &none;
    if (part_read_profile(&owner, &record->profile, &profile, &fault) == 0)
        MUST(strlen(profile.comment) < sizeof profile.comment && profile.period >= 15 && profile.algorithm <= CRYPTO_SHA512);
    if (part_read_state(&owner, id, &record->state, &totp, &fault) == 0)
        MUST(totp.failures <= STATE_FAILURES_MAX && totp.last_step >= 0 && totp.last_step <= STATE_TIME_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned char image[RECORD_SIZE];
    struct record record = {.sequence = 1};
    struct record_mark mark;
    size_t cut;

    memset(image, 0, sizeof image);
    memcpy(image, data, size < sizeof image ? size : sizeof image);
    if (record_newest(image, &record) >= 0) {
        check_pack(&record);
        check_parts(&record);
    }
    record_unpack_mark(image + RECORD_MARK_AT, &mark);
    /* The same bytes as parts, behind a checksum that fits. */
    record = (struct record){.sequence = 1 + (size > 0 ? data[0] : 0)};
    cut = size > 1 ? data[1] * 3U % (size + 1) : 0;
    record.profile.length = cut < PART_PROFILE_MAX ? cut : PART_PROFILE_MAX;
    memcpy(record.profile.bytes, data, record.profile.length);
    record.state.length = size - cut < PART_STATE_SIZE ? size - cut : PART_STATE_SIZE;
    memcpy(record.state.bytes, data + cut, record.state.length);
    record.pushes.length = record.state.length < PART_PUSHES_MAX ? record.state.length : PART_PUSHES_MAX;
    memcpy(record.pushes.bytes, data + cut, record.pushes.length);
    check_pack(&record);
    check_parts(&record);
    return 0;
}
