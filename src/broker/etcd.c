/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: a reply that is not wholly understood, where this file looks, is none. A value is known by its key, never
 * by its place in the reply. A reply without a header with a cluster and a revision is none.
 */
#include "broker/etcd.h"

#include <string.h>

enum { COMPARE_TARGET = 2, COMPARE_KEY = 3, COMPARE_CREATE = 5, COMPARE_MOD = 6, TARGET_CREATE = 1, TARGET_MOD = 2 };

void etcd_compare_mod(struct pb_writer *writer, const char *key, int64_t mod)
{
    size_t begun = pb_begin(writer, 1);

    pb_number(writer, COMPARE_TARGET, mod == 0 ? TARGET_CREATE : TARGET_MOD);
    pb_bytes(writer, COMPARE_KEY, key, strlen(key));
    pb_number(writer, mod == 0 ? COMPARE_CREATE : COMPARE_MOD, (uint64_t)mod);
    pb_end(writer, begun);
}

void etcd_get(struct pb_writer *writer, enum etcd_branch branch, const char *key)
{
    size_t operation = pb_begin(writer, branch), range = pb_begin(writer, 1);

    pb_bytes(writer, 1, key, strlen(key));
    pb_end(writer, range);
    pb_end(writer, operation);
}

void etcd_put(struct pb_writer *writer, enum etcd_branch branch, const char *key, const struct store_part *value)
{
    size_t operation = pb_begin(writer, branch), put = pb_begin(writer, 2);

    pb_bytes(writer, 1, key, strlen(key));
    pb_bytes(writer, 2, value->data, value->length);
    pb_end(writer, put);
    pb_end(writer, operation);
}

void etcd_delete(struct pb_writer *writer, enum etcd_branch branch, const char *key)
{
    size_t operation = pb_begin(writer, branch), range = pb_begin(writer, 3);

    pb_bytes(writer, 1, key, strlen(key));
    pb_end(writer, range);
    pb_end(writer, operation);
}

void etcd_list(struct pb_writer *writer, const char *from, const char *end, int64_t limit, int64_t revision)
{
    size_t operation = pb_begin(writer, ETCD_THEN), range = pb_begin(writer, 1);

    pb_bytes(writer, 1, from, strlen(from));
    pb_bytes(writer, 2, end, strlen(end));
    pb_number(writer, 3, (uint64_t)limit);
    pb_number(writer, 4, (uint64_t)revision);
    pb_number(writer, 8, 1); /* keys only */
    pb_end(writer, range);
    pb_end(writer, operation);
}

static int parse_header(struct etcd_reply *reply, const struct pb_reader *within)
{
    struct pb_reader reader = pb_open(within->bytes, within->length);
    int more;

    while ((more = pb_next(&reader)) == 1) {
        if (reader.is_bytes)
            continue;
        switch (reader.field) {
        case 1: reply->cluster = reader.number; break;
        case 2: reply->member = reader.number; break;
        case 3: reply->revision = (int64_t)reader.number; break;
        }
    }
    return more;
}

static int parse_kv(struct etcd_reply *reply, const struct pb_reader *within)
{
    struct pb_reader reader = pb_open(within->bytes, within->length);
    struct etcd_kv kv = {.mod = 0};
    int more;

    while ((more = pb_next(&reader)) == 1) {
        if (reader.field == 1 && reader.is_bytes)
            kv.key = (struct store_part){reader.bytes, reader.length};
        else if (reader.field == 3 && !reader.is_bytes)
            kv.mod = (int64_t)reader.number;
        else if (reader.field == 5 && reader.is_bytes)
            kv.value = (struct store_part){reader.bytes, reader.length};
    }
    if (more != 0 || kv.key.length == 0 || kv.mod <= 0 || reply->count == ETCD_KVS_MAX)
        return -1;
    reply->kvs[reply->count++] = kv;
    return 0;
}

static int parse_range(struct etcd_reply *reply, const struct pb_reader *within)
{
    struct pb_reader reader = pb_open(within->bytes, within->length);
    int more;

    while ((more = pb_next(&reader)) == 1) {
        if (reader.field == 2 && (!reader.is_bytes || parse_kv(reply, &reader) != 0))
            return -1;
        if (reader.field == 3 && !reader.is_bytes)
            reply->more = reply->more || reader.number != 0;
    }
    return more;
}

/* One of a transaction's responses: those to puts and deletes say nothing that is needed. */
static int parse_response(struct etcd_reply *reply, const struct pb_reader *within)
{
    struct pb_reader reader = pb_open(within->bytes, within->length);
    int more;

    while ((more = pb_next(&reader)) == 1)
        if (reader.field == 1 && (!reader.is_bytes || parse_range(reply, &reader) != 0))
            return -1;
    return more;
}

int etcd_reply_parse(struct etcd_reply *reply, const unsigned char *data, size_t length)
{
    struct pb_reader reader = pb_open(data, length);
    int more;

    memset(reply, 0, sizeof *reply);
    while ((more = pb_next(&reader)) == 1) {
        if (reader.field == 1 && (!reader.is_bytes || parse_header(reply, &reader) != 0))
            return -1;
        if (reader.field == 2 && !reader.is_bytes)
            reply->succeeded = reader.number != 0;
        if (reader.field == 3 && (!reader.is_bytes || parse_response(reply, &reader) != 0))
            return -1;
    }
    return more == 0 && reply->cluster != 0 && reply->revision > 0 ? 0 : -1;
}

int etcd_status_parse(struct etcd_reply *reply, const unsigned char *data, size_t length)
{
    struct pb_reader reader = pb_open(data, length);
    int more;

    memset(reply, 0, sizeof *reply);
    while ((more = pb_next(&reader)) == 1) {
        if (reader.field == 1 && (!reader.is_bytes || parse_header(reply, &reader) != 0))
            return -1;
        if (reader.field == 2 && reader.is_bytes)
            reply->version = (struct store_part){reader.bytes, reader.length};
        if (reader.field == 3 && !reader.is_bytes)
            reply->size = reader.number;
        if (reader.field == 4 && !reader.is_bytes)
            reply->leader = reader.number;
        if (reader.field == 6 && !reader.is_bytes)
            reply->term = reader.number;
    }
    return more == 0 && reply->cluster != 0 ? 0 : -1;
}

const struct etcd_kv *etcd_find(const struct etcd_reply *reply, const char *key)
{
    size_t length = strlen(key);

    for (size_t i = 0; i < reply->count; i++)
        if (reply->kvs[i].key.length == length && memcmp(reply->kvs[i].key.data, key, length) == 0)
            return &reply->kvs[i];
    return NULL;
}
