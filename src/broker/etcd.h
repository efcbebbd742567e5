/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calls of etcd's API (etcdserverpb.KV and Maintenance, rpc.proto) that the broker makes, and the replies to them. Keys
 * and values are bytes. All reads are linearizable, since a transaction without compares is.
 */
#ifndef PAM_MFA_ETCD_H
#define PAM_MFA_ETCD_H

#include "broker/protobuf.h"
#include "wire/store_frame.h"

#define ETCD_TXN "/etcdserverpb.KV/Txn"
#define ETCD_STATUS "/etcdserverpb.Maintenance/Status"
#define ETCD_REPLY_MAX (512 * 1024) /* bytes */
#define ETCD_KVS_MAX 512

/*
 * A transaction in the making: compares first, then what is done if all hold, then what is done else.
 * MOD 0 compares that the key does not exist.
 */
void etcd_compare_mod(struct pb_writer *writer, const char *key, int64_t mod);

enum etcd_branch { ETCD_THEN = 2, ETCD_ELSE = 3 };

void etcd_get(struct pb_writer *writer, enum etcd_branch branch, const char *key);
void etcd_put(struct pb_writer *writer, enum etcd_branch branch, const char *key, const struct store_part *value);
void etcd_delete(struct pb_writer *writer, enum etcd_branch branch, const char *key);

/* Up to LIMIT keys from FROM (that one too) to before END, without values, as they were at REVISION (0: now). */
void etcd_list(struct pb_writer *writer, const char *from, const char *end, int64_t limit, int64_t revision);

struct etcd_kv {
    struct store_part key, value; /* borrowed from the reply */
    int64_t mod;
};

struct etcd_reply {
    uint64_t cluster, member;
    int64_t revision;
    bool succeeded; /* the compares held */
    bool more;      /* of a list: there are further keys */
    size_t count;
    struct etcd_kv kvs[ETCD_KVS_MAX];
    /* Of Status alone. */
    struct store_part version;
    uint64_t leader, size, term;
};

/* Takes apart the reply to a transaction. -1: it is none. */
__attribute__((warn_unused_result)) int etcd_reply_parse(struct etcd_reply *reply, const unsigned char *data,
                                                         size_t length);
__attribute__((warn_unused_result)) int etcd_status_parse(struct etcd_reply *reply, const unsigned char *data,
                                                          size_t length);

/* The value of KEY in REPLY; NULL: it has none. */
const struct etcd_kv *etcd_find(const struct etcd_reply *reply, const char *key);

#endif
