/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST NOT happen: a response that could be somebody's code taken for none, since then a guess would cost nothing.
 * ASCII digits are digits, and nothing else is: not those of other scripts, whatever the locale says.
 */
#include "totp/response.h"

#include <stdbool.h>
#include <string.h>

enum response_kind response_read(const char *response, char code[RESPONSE_CODE_SIZE])
{
    size_t digits = 0;
    bool empty = true;

    for (; *response != '\0'; response++) {
        if (strchr(" \t\r\n", *response) != NULL)
            continue;
        empty = false;
        if (*response < '0' || *response > '9' || digits == RESPONSE_DIGITS_MAX)
            break;
        code[digits++] = *response;
    }
    code[digits] = '\0';
    if (*response == '\0' && digits >= RESPONSE_DIGITS_MIN)
        return RESPONSE_CODE;
    memset(code, 0, digits);
    return empty ? RESPONSE_EMPTY : RESPONSE_NOT_A_CODE;
}
