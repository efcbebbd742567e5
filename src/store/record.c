/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/record.h"

#include "store/bytes.h"

#include <string.h>

#define HEAD 24
#define MAGIC 8
#define SUM 8

static const unsigned char slot_magic[MAGIC] = "mfa-rec1", mark_magic[MAGIC] = "mfa-mrk1";

/* FNV-1a, 64 bits. */
static uint64_t checksum(const unsigned char *bytes, size_t length)
{
    uint64_t sum = 0xcbf29ce484222325;

    for (size_t i = 0; i < length; i++)
        sum = (sum ^ bytes[i]) * 0x100000001b3;
    return sum;
}

size_t record_pack(const struct record *record, unsigned char out[RECORD_SLOT_SIZE])
{
    const struct part *parts[] = {&record->profile, &record->state, &record->pushes};
    size_t used = HEAD;

    _Static_assert(HEAD + PART_PROFILE_MAX + PART_STATE_SIZE + PART_PUSHES_MAX + SUM <= RECORD_SLOT_SIZE, "a slot has room");
    memcpy(out, slot_magic, MAGIC);
    bytes_put(out + 8, 8, record->sequence);
    memset(out + 16, 0, 8);
    for (size_t i = 0; i < 3; i++) {
        bytes_put(out + 16 + 2 * i, 2, parts[i]->length);
        memcpy(out + used, parts[i]->bytes, parts[i]->length);
        used += parts[i]->length;
    }
    bytes_put(out + used, SUM, checksum(out, used));
    return used + SUM;
}

bool record_unpack(const unsigned char slot[RECORD_SLOT_SIZE], struct record *record)
{
    struct part *parts[] = {&record->profile, &record->state, &record->pushes};
    size_t lengths[3], used = HEAD;

    record->sequence = bytes_get(slot + 8, 8);
    if (memcmp(slot, slot_magic, MAGIC) != 0 || record->sequence == 0 || bytes_get(slot + 22, 2) != 0)
        return false;
    for (size_t i = 0; i < 3; i++) {
        lengths[i] = (size_t)bytes_get(slot + 16 + 2 * i, 2);
        if (lengths[i] > sizeof parts[i]->bytes)
            return false;
        used += lengths[i];
    }
    if (used + SUM > RECORD_SLOT_SIZE || bytes_get(slot + used, SUM) != checksum(slot, used))
        return false;
    used = HEAD;
    for (size_t i = 0; i < 3; i++) {
        memcpy(parts[i]->bytes, slot + used, lengths[i]);
        parts[i]->length = lengths[i];
        used += lengths[i];
    }
    return true;
}

int record_newest(const unsigned char image[RECORD_SIZE], struct record *record)
{
    const unsigned char *slots[] = {image, image + RECORD_SLOT_DISTANCE};
    uint64_t sequences[] = {bytes_get(image + 8, 8), bytes_get(image + RECORD_SLOT_DISTANCE + 8, 8)};
    /* Of two alike, the one in its own place is the one that was synced. */
    int first = sequences[0] == sequences[1] ? record_place(sequences[0]) : sequences[1] > sequences[0];

    if (record_unpack(slots[first], record))
        return first;
    return record_unpack(slots[1 - first], record) ? 1 - first : -1;
}

void record_pack_mark(const struct record_mark *mark, unsigned char out[RECORD_MARK_SIZE])
{
    memset(out, 0, RECORD_MARK_SIZE);
    if (!mark->is_set)
        return;
    memcpy(out, mark_magic, MAGIC);
    bytes_put(out + 8, 8, mark->sequence);
    bytes_put(out + 16, 8, (uint64_t)mark->at);
    bytes_put(out + 24, SUM, checksum(out, 24));
}

void record_unpack_mark(const unsigned char bytes[RECORD_MARK_SIZE], struct record_mark *mark)
{
    static const unsigned char zeros[RECORD_MARK_SIZE];

    *mark = (struct record_mark){.is_set = memcmp(bytes, zeros, sizeof zeros) != 0, .sequence = UINT64_MAX,
                                 .at = STATE_TIME_MAX};
    if (memcmp(bytes, mark_magic, MAGIC) != 0 || bytes_get(bytes + 24, SUM) != checksum(bytes, 24))
        return;
    mark->sequence = bytes_get(bytes + 8, 8);
    mark->at = (long long)bytes_get(bytes + 16, 8);
}
