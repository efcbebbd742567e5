/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers in what this room keeps: little-endian, wherever they stand. */
#ifndef PAM_MFA_BYTES_H
#define PAM_MFA_BYTES_H

#include <stddef.h>
#include <stdint.h>

static inline void bytes_put(unsigned char *to, size_t size, uint64_t value)
{
    for (size_t i = 0; i < size; i++)
        to[i] = (unsigned char)(value >> 8 * i);
}

static inline uint64_t bytes_get(const unsigned char *from, size_t size)
{
    uint64_t value = 0;

    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)from[i] << 8 * i;
    return value;
}

#endif
