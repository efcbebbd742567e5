/* SPDX-License-Identifier: BSD-2-Clause */
/* What MUST NOT happen: a field that is missing, cut or given twice passing for one that was meant. */
#include "wire/duo_request.h"

#include "base/crypto.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct field {
    const char *name;
    size_t offset;
    size_t size; /* of a string; 0: an int */
    int max;     /* of an int; its least value is 0 */
};

#define TEXT(member) {#member, offsetof(struct duo_request, member), sizeof(((struct duo_request *)0)->member), 0}
#define NUMBER(member, max) {#member, offsetof(struct duo_request, member), 0, max}
static const struct field fields[] = {
    NUMBER(purpose, DUO_CHECK),
    TEXT(api_host),
    TEXT(integration_key),
    TEXT(secret_key),
    NUMBER(fail_mode, DUO_FAIL_SECURE),
    TEXT(http_proxy),
    TEXT(ca_file),
    NUMBER(timeout, DUO_TIMEOUT_MAX),
    NUMBER(auto_push, 1),
    NUMBER(max_prompts, DUO_PROMPTS_MAX),
    NUMBER(echo, 1),
    TEXT(username),
    TEXT(login_name),
    TEXT(ipaddr),
    TEXT(hostname),
    TEXT(pushinfo),
};
#undef TEXT
#undef NUMBER
#define FIELD_COUNT (sizeof fields / sizeof *fields)

enum duo_line_result duo_request_send(const struct duo_request *request, struct duo_channel *channel,
                                      const struct deadline *deadline)
{
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const char *value = (const char *)request + fields[i].offset;
        char number[16];
        enum duo_line_result result;

        if (fields[i].size == 0) {
            snprintf(number, sizeof number, "%d", *(const int *)(const void *)value);
            value = number;
        }
        result = duo_line_send(channel, deadline, fields[i].name, &value, 1);
        if (result != DUO_LINE_OK)
            return result;
    }
    return duo_line_send(channel, deadline, "go", NULL, 0);
}

/* Puts VALUE where FIELD says. */
static int store(struct duo_request *request, const struct field *field, const char *value)
{
    char *target = (char *)request + field->offset;
    size_t length = strlen(value);
    int number;

    if (field->size > 0) {
        if (length >= field->size)
            return -1;
        memcpy(target, value, length + 1);
        return 0;
    }
    if (length == 0 || length > 4 || strspn(value, "0123456789") != length)
        return -1;
    number = atoi(value);
    if (number > field->max)
        return -1;
    *(int *)(void *)target = number;
    return 0;
}

int duo_request_receive(struct duo_request *request, struct duo_channel *channel, const struct deadline *deadline,
                        struct fault *fault)
{
    struct duo_line line;
    unsigned int seen = 0;
    int result = -1;

    *request = (struct duo_request){0};
    for (;;) {
        size_t i = 0;

        if (duo_line_receive(channel, deadline, &line) != DUO_LINE_OK) {
            fault_set(fault, "the request ended early or is no request");
            break;
        }
        if (duo_line_is(&line, "go", 0)) {
            if (seen == (1U << FIELD_COUNT) - 1)
                result = 0;
            else
                fault_set(fault, "the request lacks fields; module and helper are of different versions");
            break;
        }
        while (i < FIELD_COUNT && !duo_line_is(&line, fields[i].name, 1))
            i++;
        if (i == FIELD_COUNT || (seen >> i & 1) != 0 || store(request, &fields[i], line.values[0]) != 0) {
            fault_set(fault, "the request has an unexpected field; module and helper are of different versions");
            break;
        }
        seen |= 1U << i;
    }
    crypto_wipe(&line, sizeof line);
    if (result != 0)
        duo_request_wipe(request);
    return result;
}

void duo_request_wipe(struct duo_request *request)
{
    crypto_wipe(request, sizeof *request);
}
