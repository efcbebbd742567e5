/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as what a program and its broker say to each other; a message that was understood is written back the same. */
#include "fuzz.h"
#include "wire/store_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned char again[STORE_FRAME_HEAD + STORE_FRAME_MAX];
    struct store_frame frame;
    char text[64];
    size_t length;

    if (size < STORE_FRAME_HEAD)
        return 0;
    length = store_frame_length(data);
    MUST(length <= STORE_FRAME_MAX);
    if (store_frame_parse(&frame, data + STORE_FRAME_HEAD, size - STORE_FRAME_HEAD) != 0)
        return 0;
    MUST(frame.count <= STORE_PARTS_MAX);
    for (size_t i = 0; i < frame.count; i++)
        if (store_part_string(&frame.parts[i], text, sizeof text) == 0)
            MUST(strlen(text) == frame.parts[i].length);
    length = store_frame_build(again, frame.word, frame.parts, frame.count);
    MUST(length == size && memcmp(again + STORE_FRAME_HEAD, data + STORE_FRAME_HEAD, size - STORE_FRAME_HEAD) == 0);
    return 0;
}
