/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: every length is checked against what is there; a number of more than 64 bits, a field 0 or a group is no
 * message.
 */
#include "broker/protobuf.h"

#include <string.h>

enum { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

#define LENGTH_BYTES 3 /* of a message within: up to 2 MiB, always written in three */

static void put(struct pb_writer *writer, const void *data, size_t length)
{
    if (writer->full || writer->size - writer->used < length) {
        writer->full = true;
        return;
    }
    if (length > 0)
        memcpy(writer->data + writer->used, data, length);
    writer->used += length;
}

static void put_varint(struct pb_writer *writer, uint64_t value)
{
    unsigned char bytes[10];
    size_t count = 0;

    do {
        bytes[count] = (unsigned char)(value & 0x7f);
        value >>= 7;
        if (value != 0)
            bytes[count] |= 0x80;
        count++;
    } while (value != 0);
    put(writer, bytes, count);
}

void pb_number(struct pb_writer *writer, unsigned int field, uint64_t value)
{
    put_varint(writer, (uint64_t)field << 3 | WIRE_VARINT);
    put_varint(writer, value);
}

void pb_bytes(struct pb_writer *writer, unsigned int field, const void *data, size_t length)
{
    put_varint(writer, (uint64_t)field << 3 | WIRE_BYTES);
    put_varint(writer, length);
    put(writer, data, length);
}

size_t pb_begin(struct pb_writer *writer, unsigned int field)
{
    static const unsigned char room[LENGTH_BYTES];

    put_varint(writer, (uint64_t)field << 3 | WIRE_BYTES);
    put(writer, room, sizeof room);
    return writer->used;
}

void pb_end(struct pb_writer *writer, size_t begun)
{
    size_t length = writer->used - begun;
    unsigned char *out;

    if (writer->full || length >= (size_t)1 << (7 * LENGTH_BYTES)) {
        writer->full = true;
        return;
    }
    out = writer->data + begun - LENGTH_BYTES;
    out[0] = (unsigned char)(length | 0x80);
    out[1] = (unsigned char)(length >> 7 | 0x80);
    out[2] = (unsigned char)(length >> 14);
}

struct pb_reader pb_open(const unsigned char *data, size_t length)
{
    return (struct pb_reader){.at = data, .end = data + length};
}

static int take_varint(struct pb_reader *reader, uint64_t *value)
{
    *value = 0;
    for (unsigned int shift = 0; shift < 64; shift += 7) {
        unsigned char byte;

        if (reader->at == reader->end)
            return -1;
        byte = *reader->at++;
        if (shift == 63 && byte > 1)
            return -1;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0)
            return 0;
    }
    return -1;
}

static int take_bytes(struct pb_reader *reader, uint64_t length)
{
    if ((uint64_t)(reader->end - reader->at) < length)
        return -1;
    reader->bytes = reader->at;
    reader->length = (size_t)length;
    reader->at += length;
    return 0;
}

int pb_next(struct pb_reader *reader)
{
    uint64_t tag, length;

    if (reader->at == reader->end)
        return 0;
    if (take_varint(reader, &tag) != 0 || tag >> 3 == 0 || tag >> 3 > 0x1fffffff)
        return -1;
    reader->field = (unsigned int)(tag >> 3);
    reader->is_bytes = (tag & 7) == WIRE_BYTES;
    reader->number = 0;
    reader->bytes = NULL;
    reader->length = 0;
    switch (tag & 7) {
    case WIRE_VARINT: return take_varint(reader, &reader->number) == 0 ? 1 : -1;
    case WIRE_64: return take_bytes(reader, 8) == 0 ? 1 : -1; /* of no use here, and skipped */
    case WIRE_32: return take_bytes(reader, 4) == 0 ? 1 : -1;
    case WIRE_BYTES: return take_varint(reader, &length) == 0 && take_bytes(reader, length) == 0 ? 1 : -1;
    }
    return -1;
}
