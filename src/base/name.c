/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/name.h"

#include <stddef.h>

bool name_is_valid(const char *name)
{
    size_t length = 0;

    if (name[0] == '.' || name[0] == '-')
        return false;
    for (; name[length] != '\0'; length++) {
        unsigned char byte = (unsigned char)name[length];

        if (length == NAME_SIZE - 1 || byte == '/' || byte < 0x20 || byte == 0x7f)
            return false;
    }
    return length > 0;
}
