/* SPDX-License-Identifier: BSD-2-Clause */
/* Arrays that grow one item at a time. */
#ifndef PAM_MFA_ARRAY_H
#define PAM_MFA_ARRAY_H

#include <stddef.h>
#include <stdlib.h>

/*
 * ITEMS, COUNT items of SIZE bytes that only this function has grown, with room for one more; it may have moved. NULL:
 * out of memory, and ITEMS is as it was. The room doubles whenever the count is a power of two, so no size is kept.
 */
__attribute__((warn_unused_result)) static inline void *array_grow(void *items, size_t count, size_t size)
{
    if ((count & (count - 1)) != 0)
        return items;
    return count > (size_t)-1 / 2 ? NULL : reallocarray(items, count == 0 ? 1 : count * 2, size);
}

#endif
