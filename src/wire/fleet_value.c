/* SPDX-License-Identifier: BSD-2-Clause */
/* What MUST hold: a value or text of any other form is refused; it is never read as one with less in it. */
#include "wire/fleet_value.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIME_MAX (1LL << 48)

size_t fleet_head_parse(struct fleet_head *head, const unsigned char *value, size_t length)
{
    const unsigned char *at = value + FLEET_ATTEMPT_BYTES;

    *head = (struct fleet_head){0};
    if (length <= FLEET_ATTEMPT_BYTES || length > FLEET_VALUE_MAX || *at > FLEET_CUTOFFS_MAX ||
        length < FLEET_ATTEMPT_BYTES + 1 + 8 * (size_t)*at)
        return 0;
    memcpy(head->attempt, value, FLEET_ATTEMPT_BYTES);
    head->count = *at++;
    for (size_t i = 0; i < head->count; i++) {
        for (size_t byte = 0; byte < 8; byte++)
            head->cutoffs[i] = head->cutoffs[i] << 8 | *at++;
    }
    return (size_t)(at - value);
}

size_t fleet_head_build(unsigned char *out, const struct fleet_head *head)
{
    unsigned char *at = out + FLEET_ATTEMPT_BYTES;

    memcpy(out, head->attempt, FLEET_ATTEMPT_BYTES);
    *at++ = (unsigned char)head->count;
    for (size_t i = 0; i < head->count; i++)
        for (int shift = 56; shift >= 0; shift -= 8)
            *at++ = (unsigned char)(head->cutoffs[i] >> shift);
    return (size_t)(at - out);
}

/* The number from 0 to TIME_MAX behind NAME at *AT, up to END, which is moved behind it. -1: another form. */
static long long take_number(const char **at, const char *name, char end)
{
    const char *text = *at;
    long long number = 0;

    if (strncmp(text, name, strlen(name)) != 0)
        return -1;
    text += strlen(name);
    if (*text < '0' || *text > '9' || (*text == '0' && text[1] >= '0' && text[1] <= '9'))
        return -1;
    for (; *text >= '0' && *text <= '9'; text++) {
        number = number * 10 + (*text - '0');
        if (number > TIME_MAX)
            return -1;
    }
    if (*text != end)
        return -1;
    *at = end != '\0' ? text + 1 : text;
    return number;
}

/* `cluster=ID` to the end, and nothing that reads as another number. */
static int take_cluster(const char *text, uint64_t *cluster)
{
    char again[40];

    if (strncmp(text, "cluster=", 8) != 0 || text[8] < '1' || text[8] > '9')
        return -1;
    *cluster = strtoull(text + 8, NULL, 10);
    snprintf(again, sizeof again, "cluster=%" PRIu64, *cluster);
    return strcmp(again, text) == 0 ? 0 : -1;
}

int fleet_meta_parse(struct fleet_meta *meta, const unsigned char *text, size_t length)
{
    char line[FLEET_META_SIZE];
    const char *at = line;
    size_t name;

    *meta = (struct fleet_meta){.fleet = ""};
    if (length >= sizeof line || memchr(text, '\0', length) != NULL)
        return -1;
    memcpy(line, text, length);
    line[length] = '\0';
    if (take_number(&at, "format=", ' ') != 1 || strncmp(at, "fleet=", 6) != 0)
        return -1;
    at += 6;
    name = strcspn(at, " ");
    if (name == 0 || name >= sizeof meta->fleet || at[name] != ' ')
        return -1;
    memcpy(meta->fleet, at, name);
    at += name + 1;
    meta->epoch = take_number(&at, "epoch=", ' ');
    if (meta->epoch >= 1)
        meta->floor = take_number(&at, "floor=", ' ');
    if (meta->epoch >= 1 && meta->floor >= 0 && take_cluster(at, &meta->cluster) == 0)
        return 0;
    *meta = (struct fleet_meta){.fleet = ""};
    return -1;
}

void fleet_meta_text(const struct fleet_meta *meta, char out[FLEET_META_SIZE])
{
    snprintf(out, FLEET_META_SIZE, "format=1 fleet=%s epoch=%lld floor=%lld cluster=%" PRIu64, meta->fleet, meta->epoch,
             meta->floor, meta->cluster);
}
