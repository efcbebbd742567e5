/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a node's reply to a transaction, as its status, and as what is kept in the store. */
#include "broker/etcd.h"
#include "fuzz.h"
#include "wire/fleet_value.h"

static void within(const struct store_part *part, const uint8_t *data, size_t size)
{
    MUST(part->length == 0 || (part->data >= data && part->data + part->length <= data + size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct etcd_reply reply;
    unsigned char again[FLEET_HEAD_MAX];
    struct fleet_head head;
    struct fleet_meta meta;
    char text[FLEET_META_SIZE];
    size_t length;

    if (etcd_reply_parse(&reply, data, size) == 0) {
        MUST(reply.cluster != 0 && reply.revision > 0 && reply.count <= ETCD_KVS_MAX);
        for (size_t i = 0; i < reply.count; i++) {
            MUST(reply.kvs[i].mod > 0 && reply.kvs[i].key.length > 0);
            within(&reply.kvs[i].key, data, size);
            within(&reply.kvs[i].value, data, size);
        }
        etcd_find(&reply, "/pam_mfa/1/meta");
    }
    if (etcd_status_parse(&reply, data, size) == 0)
        within(&reply.version, data, size);
    length = fleet_head_parse(&head, data, size);
    if (length > 0)
        MUST(fleet_head_build(again, &head) == length && memcmp(again, data, length) == 0);
    if (fleet_meta_parse(&meta, data, size) == 0) {
        fleet_meta_text(&meta, text);
        MUST(strlen(text) == size && memcmp(text, data, size) == 0);
    }
    return 0;
}
