/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: a message is taken whole or not at all; every length in it is checked against what is there, and
 * nothing may be left behind the last part.
 */
#include "wire/store_frame.h"

#include <string.h>

#define FRAME_VERSION 1

size_t store_frame_length(const unsigned char head[STORE_FRAME_HEAD])
{
    size_t length = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];

    return length >= 2 && length <= STORE_FRAME_MAX ? length : 0;
}

static bool is_word(unsigned char byte)
{
    return (byte >= FRAME_READ && byte <= FRAME_META) || (byte >= FRAME_DONE && byte <= FRAME_FAULT);
}

int store_frame_parse(struct store_frame *frame, const unsigned char *data, size_t length)
{
    const unsigned char *end = data + length;

    *frame = (struct store_frame){0};
    if (length < 2 || length > STORE_FRAME_MAX || data[0] != FRAME_VERSION || !is_word(data[1]))
        return -1;
    frame->word = (enum frame_word)data[1];
    data += 2;
    while (data < end) {
        size_t size;

        if (end - data < 2 || frame->count == STORE_PARTS_MAX)
            return -1;
        size = (size_t)data[0] << 8 | data[1];
        data += 2;
        if ((size_t)(end - data) < size)
            return -1;
        frame->parts[frame->count++] = (struct store_part){data, size};
        data += size;
    }
    return 0;
}

size_t store_frame_build(unsigned char *out, enum frame_word word, const struct store_part *parts, size_t count)
{
    unsigned char *at = out + STORE_FRAME_HEAD;
    size_t length = 2;

    if (count > STORE_PARTS_MAX)
        return 0;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].length > STORE_FRAME_MAX)
            return 0;
        length += 2 + parts[i].length;
    }
    if (length > STORE_FRAME_MAX)
        return 0;
    out[0] = out[1] = 0;
    out[2] = (unsigned char)(length >> 8);
    out[3] = (unsigned char)length;
    *at++ = FRAME_VERSION;
    *at++ = (unsigned char)word;
    for (size_t i = 0; i < count; i++) {
        *at++ = (unsigned char)(parts[i].length >> 8);
        *at++ = (unsigned char)parts[i].length;
        if (parts[i].length > 0)
            memcpy(at, parts[i].data, parts[i].length);
        at += parts[i].length;
    }
    return STORE_FRAME_HEAD + length;
}

struct store_part store_part_text(const char *text)
{
    return (struct store_part){(const unsigned char *)text, strlen(text)};
}

int store_part_string(const struct store_part *part, char *out, size_t size)
{
    if (part->length >= size || memchr(part->data, '\0', part->length) != NULL) {
        out[0] = '\0';
        return -1;
    }
    memcpy(out, part->data, part->length);
    out[part->length] = '\0';
    return 0;
}
