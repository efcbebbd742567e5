/* SPDX-License-Identifier: BSD-2-Clause */
/* What MUST NOT happen: a name that is decoded twice, or taken apart after it was decoded. */
#include "api/target.h"

#include "base/text.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int digit(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 : -1;
}

/* Decodes TEXT in place. */
static int decode(char *text, bool plus_is_space, struct fault *fault)
{
    char *out = text;

    for (char *in = text; *in != '\0'; in++) {
        int high, low;

        if (*in != '%') {
            *out++ = *in == '+' && plus_is_space ? ' ' : *in;
            continue;
        }
        high = digit(in[1]);
        low = high < 0 ? -1 : digit(in[2]);
        if (low < 0 || (high == 0 && low == 0))
            return fault_set(fault, "the URL holds a %% that two hex digits (not 00) do not follow");
        *out++ = (char)(high * 16 + low);
        in += 2;
    }
    *out = '\0';
    for (const unsigned char *next = (const unsigned char *)text; *next != '\0';) {
        size_t length = text_character(next);

        if (length == 0)
            return fault_set(fault, "the URL holds what is not UTF-8");
        next += length;
    }
    return 0;
}

static int add_parameter(struct target *target, char *text, struct fault *fault)
{
    char *value = strchr(text, '=');

    if (text[0] == '\0')
        return 0;
    if (value != NULL)
        *value++ = '\0';
    else
        value = text + strlen(text);
    if (decode(text, true, fault) != 0 || decode(value, true, fault) != 0)
        return -1;
    if (target_parameter(target, text) != NULL)
        return fault_set(fault, "the query has a parameter twice");
    if (target->parameter_count == LIMIT_PARAMETERS)
        return fault_set(fault, "the query has more than %d parameters", LIMIT_PARAMETERS);
    target->parameters[target->parameter_count++] = (struct parameter){text, value};
    return 0;
}

static int add_segment(struct target *target, char *text, struct fault *fault)
{
    /* A slash at the end, or two of them, say nothing. */
    if (text[0] == '\0')
        return 0;
    if (target->segment_count == LIMIT_SEGMENTS)
        return fault_set(fault, "the path has more than %d parts", LIMIT_SEGMENTS);
    target->segments[target->segment_count++] = text;
    return decode(text, false, fault);
}

int target_parse(struct target *target, const char *text, struct fault *fault)
{
    char *path = target->text, *query, *part;

    target->segment_count = target->parameter_count = 0;
    if (strlen(text) > LIMIT_TARGET)
        return fault_set(fault, "path and query are longer than %d bytes", LIMIT_TARGET);
    strcpy(target->text, text);
    path[strcspn(path, "#")] = '\0';
    query = strchr(path, '?');
    if (query != NULL)
        *query++ = '\0';
    while ((part = strsep(&path, "/")) != NULL)
        if (add_segment(target, part, fault) != 0)
            return -1;
    while (query != NULL && (part = strsep(&query, "&")) != NULL)
        if (add_parameter(target, part, fault) != 0)
            return -1;
    return 0;
}

const char *target_parameter(const struct target *target, const char *name)
{
    for (size_t i = 0; i < target->parameter_count; i++)
        if (strcmp(target->parameters[i].name, name) == 0)
            return target->parameters[i].value;
    return NULL;
}

int target_encode(char *out, size_t size, const char *text)
{
    static const char kept[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    for (; *text != '\0'; text++) {
        bool keep = strchr(kept, *text) != NULL;

        if (size < 4)
            return -1;
        snprintf(out, size, keep ? "%c" : "%%%02X", (unsigned)(unsigned char)*text);
        out += keep ? 1 : 3;
        size -= keep ? 1 : 3;
    }
    *out = '\0';
    return 0;
}
