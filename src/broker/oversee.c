/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: a store is begun anew only as the next epoch after the one that it has, and only if it has not changed
 * since that was read.
 */
#include "broker/oversee.h"

#include "broker/broker.h"
#include "broker/key.h"
#include "broker/request.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WALK_KEYS 500

static void walk_done(void *context, const struct call_result *result)
{
    struct client *client = context;
    struct etcd_reply *reply = &client->broker->reply;
    static const unsigned char more_word[] = "more";
    unsigned char names[STORE_FRAME_MAX - 256];
    char revision[24], prefix[KEY_SIZE];
    struct store_part parts[3] = {{0}, {more_word, 0}, {names, 0}};
    size_t skip;

    if (request_take_reply(client, result) != 0)
        return;
    key_of(prefix, 'p', client->svm, "");
    skip = strlen(prefix);
    parts[1].length = reply->more ? sizeof more_word - 1 : 0;
    for (size_t i = 0; i < reply->count; i++) {
        const struct store_part *key = &reply->kvs[i].key;

        if (key->length <= skip || memcmp(key->data, prefix, skip) != 0 || key->length - skip >= NAME_SIZE)
            continue; /* no name of a user's; nothing that this program has made */
        if (sizeof names - parts[2].length < key->length - skip + 1) {
            parts[1].length = sizeof more_word - 1;
            break;
        }
        memcpy(names + parts[2].length, key->data + skip, key->length - skip);
        parts[2].length += key->length - skip;
        names[parts[2].length++] = '\0';
    }
    /* Later pages show the store as it was at the first one's time. */
    snprintf(revision, sizeof revision, "%lld", (long long)client->base.state);
    if (client->base.state == 0)
        snprintf(revision, sizeof revision, "%lld", (long long)reply->revision);
    parts[0] = store_part_text(revision);
    request_answer(client, FRAME_DONE, parts, 3);
}

void oversee_walk(struct client *client, const struct store_frame *frame)
{
    struct pb_writer writer = request_message(client);
    char after[NAME_SIZE], revision[24], from[KEY_SIZE + 2], end[KEY_SIZE];

    if (frame->count != 4 || request_take_names(client, frame, false) != 0 ||
        store_part_string(&frame->parts[2], after, sizeof after) != 0 ||
        store_part_string(&frame->parts[3], revision, sizeof revision) != 0) {
        request_reject(client);
        return;
    }
    if (request_lacks_fleet(client))
        return;
    client->base = (struct base){.state = strtoll(revision, NULL, 10)};
    key_of(from, 'p', client->svm, after);
    if (after[0] != '\0')
        strcat(from, "\001"); /* no name holds it */
    key_of(end, 'p', client->svm, "");
    end[strlen(end) - 1]++;
    etcd_list(&writer, from, end, WALK_KEYS, client->base.state);
    request_call(client, ETCD_TXN, -1, &writer, walk_done);
}

static void halt_done(void *context, const struct call_result *result)
{
    struct client *client = context;

    if (request_take_reply(client, result) == 0)
        request_answer(client, FRAME_DONE, NULL, 0);
}

void oversee_halt(struct client *client, const struct store_frame *frame)
{
    struct pb_writer writer = request_message(client);
    char key[KEY_SIZE];

    if (frame->count != 3 || request_take_names(client, frame, false) != 0 || frame->parts[2].length > 200) {
        request_reject(client);
        return;
    }
    if (request_lacks_fleet(client))
        return;
    key_of(key, 'h', client->svm, "");
    if (frame->parts[2].length > 0)
        etcd_put(&writer, ETCD_THEN, key, &frame->parts[2]);
    else
        etcd_delete(&writer, ETCD_THEN, key);
    request_call(client, ETCD_TXN, -1, &writer, halt_done);
}

/* ---- STATUS: each node, then what the store says of itself */

__attribute__((format(printf, 2, 3))) static void add_line(struct client *client, const char *format, ...)
{
    size_t used = strlen(client->text);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(client->text + used, STATUS_SIZE - used, format, arguments);
    va_end(arguments);
}

static void status_next(struct client *client);

static const char *endpoint(const struct client *client, size_t node)
{
    const char(*urls)[HOST_ENDPOINT_SIZE] = client->fleet->conf->endpoints.items;

    return urls[node];
}

static void status_meta_done(void *context, const struct call_result *result)
{
    struct client *client = context;
    struct fleet *fleet = client->fleet;
    struct etcd_reply *reply = &client->broker->reply;
    const struct etcd_kv *kv = NULL;
    struct fleet_meta meta;
    struct store_part part;

    if (result->end != CALL_ANSWERED)
        add_line(client, "meta error=%s detail=%s\n", result->reason, result->text);
    else if (etcd_reply_parse(reply, result->data, result->length) != 0 || (kv = etcd_find(reply, KEY_META)) == NULL ||
             fleet_meta_parse(&meta, kv->value.data, kv->value.length) != 0)
        add_line(client, "meta error=store_record detail=there is no " KEY_META " of format 1\n");
    else
        add_line(client, "meta fleet=%s epoch=%lld floor=%lld revision=%" PRId64 " cluster=%" PRIu64 " vouched=%s\n", meta.fleet,
                 meta.epoch, meta.floor, reply->revision, reply->cluster, meta.cluster == reply->cluster ? "yes" : "no");
    add_line(client, "host seen_epoch=%lld seen_revision=%" PRId64 " went_back=%s certificate_until=%lld",
             fleet->guard.mark.epoch, fleet->guard.mark.revision, fleet->guard.went_back ? "yes" : "no",
             fleet->identity.until);
    if (fleet->clock.known)
        add_line(client, " skew=%lld", fleet_skew(fleet));
    add_line(client, "\n");
    part = store_part_text(client->text);
    request_answer(client, FRAME_DONE, &part, 1);
}

static void status_node_done(void *context, const struct call_result *result)
{
    struct client *client = context;
    struct etcd_reply *reply = &client->broker->reply;
    const char *url = endpoint(client, client->node);

    if (result->end != CALL_ANSWERED)
        add_line(client, "node %s error=%s detail=%s\n", url, result->reason, result->text);
    else if (etcd_status_parse(reply, result->data, result->length) != 0)
        add_line(client, "node %s error=store_record\n", url);
    else
        add_line(client, "node %s version=%.*s leader=%s revision=%" PRId64 " term=%" PRIu64 " size=%" PRIu64 "\n", url,
                 (int)(reply->version.length < 16 ? reply->version.length : 16), (const char *)reply->version.data,
                 reply->leader == 0 ? "none" : reply->leader == reply->member ? "this" : "other", reply->revision, reply->term,
                 reply->size);
    client->node++;
    status_next(client);
}

static void status_next(struct client *client)
{
    struct pb_writer writer = request_message(client);

    if (client->node < client->fleet->conf->endpoints.count) {
        request_call(client, ETCD_STATUS, (int)client->node, &writer, status_node_done);
        return;
    }
    etcd_get(&writer, ETCD_THEN, KEY_META);
    request_call(client, ETCD_TXN, -1, &writer, status_meta_done);
}

/* FLEET alone of the names. */
static int take_fleet(struct client *client, const struct store_frame *frame)
{
    const struct store_frame with_svm = {.parts = {frame->parts[0], store_part_text("cluster")}, .count = 2};

    return frame->count > 0 ? request_take_names(client, &with_svm, false) : -1;
}

void oversee_status(struct client *client, const struct store_frame *frame)
{
    struct fault fault;

    if (frame->count != 1 || take_fleet(client, frame) != 0) {
        request_reject(client);
        return;
    }
    if (request_lacks_fleet(client))
        return;
    if (client->text == NULL)
        client->text = malloc(STATUS_SIZE);
    if (client->text == NULL) {
        request_fail(client, FRAME_FAULT, "store_broker", "out of memory");
        return;
    }
    client->text[0] = '\0';
    client->node = 0;
    (void)!fleet_clock(client->fleet, &fault); /* is asked for, if it is not known yet */
    status_next(client);
}

/* ---- META */

static void meta_written(void *context, const struct call_result *result);

static void meta_read_done(void *context, const struct call_result *result)
{
    struct client *client = context;
    struct etcd_reply *reply = &client->broker->reply;
    struct pb_writer writer = request_message(client);
    const struct etcd_kv *kv;
    struct fleet_meta present;
    char text[FLEET_META_SIZE];
    struct store_part part;

    if (request_take_reply(client, result) != 0)
        return;
    kv = etcd_find(reply, KEY_META);
    if (kv == NULL || fleet_meta_parse(&present, kv->value.data, kv->value.length) != 0 ||
        strcmp(present.fleet, client->meta.fleet) != 0) {
        request_fail(client, FRAME_FAULT, "store_record", "the store has no " KEY_META " of fleet %s", client->meta.fleet);
        return;
    }
    client->meta.cluster = reply->cluster;
    if (client->meta.epoch == present.epoch && client->meta.floor == present.floor &&
        client->meta.cluster == present.cluster) {
        request_answer(client, FRAME_DONE, NULL, 0); /* a repeated call: it is so already */
        return;
    }
    if (client->meta.epoch != present.epoch + 1 || client->meta.floor < present.floor) {
        request_fail(client, FRAME_FAULT, "store_contention", "the store has epoch %lld, so the next is %lld, and floor %lld",
                     present.epoch, present.epoch + 1, present.floor);
        return;
    }
    fleet_meta_text(&client->meta, text);
    part = store_part_text(text);
    etcd_compare_mod(&writer, KEY_META, kv->mod);
    etcd_put(&writer, ETCD_THEN, KEY_META, &part);
    request_call(client, ETCD_TXN, -1, &writer, meta_written);
}

/* Read again: a lost answer, or somebody faster, shows there. */
static void meta_written(void *context, const struct call_result *result)
{
    struct client *client = context;
    struct pb_writer writer = request_message(client);

    if (request_take_reply(client, result) != 0)
        return;
    if (client->broker->reply.succeeded) {
        request_answer(client, FRAME_DONE, NULL, 0);
        return;
    }
    etcd_get(&writer, ETCD_THEN, KEY_META);
    request_call(client, ETCD_TXN, -1, &writer, meta_read_done);
}

static int take_number(const struct store_part *part, long long *number)
{
    char text[24], *end;

    if (store_part_string(part, text, sizeof text) != 0 || text[0] < '0' || text[0] > '9')
        return -1;
    *number = strtoll(text, &end, 10);
    return *end == '\0' && *number < 1LL << 48 ? 0 : -1;
}

void oversee_meta(struct client *client, const struct store_frame *frame)
{
    struct pb_writer writer = request_message(client);

    client->meta = (struct fleet_meta){.fleet = ""};
    if (frame->count != 3 || take_fleet(client, frame) != 0 ||
        store_part_string(&frame->parts[0], client->meta.fleet, sizeof client->meta.fleet) != 0 ||
        take_number(&frame->parts[1], &client->meta.epoch) != 0 ||
        take_number(&frame->parts[2], &client->meta.floor) != 0) {
        request_reject(client);
        return;
    }
    if (request_lacks_fleet(client))
        return;
    etcd_get(&writer, ETCD_THEN, KEY_META);
    request_call(client, ETCD_TXN, -1, &writer, meta_read_done);
}
