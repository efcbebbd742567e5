/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold:
 *  - root may ask for everyone's records; who is not root, but has the group of the store, for their own alone;
 *  - what is compared is what was read in the same connection, of the user named there: one cannot write another's record;
 *  - an attempt's write compares that nothing is halted and that the store has not been begun anew since;
 *  - a write whose answer was lost is known again by its attempt: only that, or compares that held, is success.
 * What MUST NOT happen: a success from an answer that the guard refuses.
 */
#include "broker/request.h"

#include "broker/broker.h"
#include "broker/key.h"
#include "broker/oversee.h"
#include "config/account.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define CONFLICTS_MAX 8

static void read_done(void *context, const struct call_result *result);

void request_fail(struct client *client, enum frame_word word, const char *reason, const char *format, ...)
{
    char text[512];
    struct store_part parts[2] = {store_part_text(reason), {0}};
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    parts[1] = store_part_text(text);
    client->base.valid = false;
    request_end_attempt(client, true);
    request_answer(client, word, parts, 2);
}

void request_end_attempt(struct client *client, bool counts)
{
    if (client->looked && counts)
        duty_count(client->fleet, client->svm, client->user, client->looked_time,
                   client->committed_maybe ? client->commit : NULL);
    client->begun = client->looked = client->committed_maybe = false;
    client->conflicts = 0;
}

void request_reject(struct client *client)
{
    client->word = 0;
    client_end(client);
}

/* Sends WRITER's message; a call that cannot be made is answered at once. */
void request_call(struct client *client, const char *method, int node, const struct pb_writer *writer, call_done *done)
{
    if (call_start(client->fleet, method, node, writer, done, client) != 0)
        request_fail(client, FRAME_FAULT, "store_broker", "the broker is out of memory, or the request too large");
}

struct pb_writer request_message(struct client *client)
{
    return (struct pb_writer){.data = client->broker->message, .size = sizeof client->broker->message};
}

static void get_entry(struct pb_writer *writer, enum etcd_branch branch, const struct client *client)
{
    static const char kinds[] = "psdh";
    char key[KEY_SIZE];

    etcd_get(writer, branch, KEY_META);
    for (const char *kind = kinds; *kind != '\0'; kind++) {
        key_of(key, *kind, client->svm, client->user);
        etcd_get(writer, branch, key);
    }
}

/* ---- what an answer shows */

struct entry {
    const struct etcd_kv *kvs[ENTRY_PARTS]; /* NULL: not there */
    struct fleet_meta meta;
};

static int find_entry(struct client *client, struct entry *entry, const struct etcd_reply *reply)
{
    static const char kinds[ENTRY_PARTS] = {0, 'p', 's', 'd', 'h'};
    char key[KEY_SIZE];

    for (size_t i = 0; i < ENTRY_PARTS; i++) {
        if (i != ENTRY_META)
            key_of(key, kinds[i], client->svm, client->user);
        entry->kvs[i] = etcd_find(reply, i == ENTRY_META ? KEY_META : key);
        if (entry->kvs[i] != NULL && (entry->kvs[i]->value.length == 0 || entry->kvs[i]->value.length > FLEET_VALUE_MAX)) {
            request_fail(client, FRAME_FAULT, "store_record", "the store's value for %s has %zu bytes, expected 1 to %d",
                         i == ENTRY_META ? KEY_META : key, entry->kvs[i]->value.length, FLEET_VALUE_MAX);
            return -1;
        }
    }
    if (entry->kvs[ENTRY_META] == NULL ||
        fleet_meta_parse(&entry->meta, entry->kvs[ENTRY_META]->value.data, entry->kvs[ENTRY_META]->value.length) != 0) {
        request_fail(client, FRAME_FAULT, "store_record", "the store has no " KEY_META " of format 1; see pam_mfa_fleet(7)");
        return -1;
    }
    if (strcmp(entry->meta.fleet, client->fleet->conf->name) != 0) {
        request_fail(client, FRAME_FAULT, "store_record", "the store is of fleet \"%s\", expected \"%s\"", entry->meta.fleet,
                     client->fleet->conf->name);
        return -1;
    }
    if (entry->meta.cluster != reply->cluster) {
        request_fail(client, FRAME_FAULT, "store_went_back", "the store's cluster is %" PRIu64 ", and its " KEY_META " is of "
                     "cluster %" PRIu64 ": it was restored from a backup; see: mfactl store accept --restored",
                     reply->cluster, entry->meta.cluster);
        return -1;
    }
    return 0;
}

static int judge(struct client *client, const struct mark *sent, const struct mark *seen)
{
    struct fault fault;

    if (broker_guard(client->fleet, client->svm, sent, seen, &fault) == 0)
        return 0;
    request_fail(client, FRAME_FAULT, "store_went_back", "%s", fault.text);
    return -1;
}

static int64_t mod_of(const struct etcd_kv *kv)
{
    return kv != NULL ? kv->mod : 0;
}

/* ENTRY is what the next change is compared with, and is sent. */
static void answer_entry(struct client *client, enum frame_word word, const struct entry *entry, const struct mark *seen)
{
    struct store_part parts[ENTRY_PARTS] = {{0}};
    size_t length = 0;

    for (size_t i = 0; i < ENTRY_PARTS; i++) {
        if (entry->kvs[i] != NULL)
            parts[i] = entry->kvs[i]->value;
        length += parts[i].length;
    }
    if (length > STORE_FRAME_MAX - 64) {
        request_fail(client, FRAME_FAULT, "store_record", "the user's records have %zu bytes, too many for one", length);
        return;
    }
    client->base = (struct base){.valid = true, .meta = mod_of(entry->kvs[ENTRY_META]),
                                 .profile = mod_of(entry->kvs[ENTRY_PROFILE]), .state = mod_of(entry->kvs[ENTRY_STATE]),
                                 .pushes = mod_of(entry->kvs[ENTRY_PUSHES]), .mark = *seen};
    request_answer(client, word, parts, ENTRY_PARTS);
}

/* Nothing of a halted SVM is accepted or enrolled; root can still look, and set right. */
static bool is_halted(const struct client *client, const struct entry *entry)
{
    return entry->kvs[ENTRY_HALT] != NULL && (client->begun || client->peer.uid != 0 || client->word == FRAME_PUSHES);
}

static void fail_halted(struct client *client, const struct entry *entry)
{
    const struct store_part *why = &entry->kvs[ENTRY_HALT]->value;

    request_fail(client, FRAME_FAULT, "store_halted", "the SVM is halted: %.*s; see: mfactl store status",
                 (int)(why->length < 200 ? why->length : 200), (const char *)why->data);
}

/* A call's answer, taken apart. -1: there is none, and the client has been told. */
int request_take_reply(struct client *client, const struct call_result *result)
{
    if (result->end != CALL_ANSWERED) {
        request_fail(client, result->end == CALL_UNAVAILABLE ? FRAME_UNAVAILABLE : FRAME_FAULT, result->reason, "%s",
                     result->text);
        return -1;
    }
    if (etcd_reply_parse(&client->broker->reply, result->data, result->length) == 0)
        return 0;
    request_fail(client, FRAME_FAULT, "store_record", "an answer of the store's cannot be understood");
    return -1;
}

/* ---- READ and BEGIN */

static void read_done(void *context, const struct call_result *result)
{
    struct client *client = context;
    struct etcd_reply *reply = &client->broker->reply;
    struct entry entry;
    struct mark seen;

    if (request_take_reply(client, result) != 0 || find_entry(client, &entry, reply) != 0)
        return;
    seen = (struct mark){entry.meta.epoch, reply->cluster, reply->revision};
    if (judge(client, &result->sent, &seen) != 0)
        return;
    if (is_halted(client, &entry))
        fail_halted(client, &entry);
    else
        answer_entry(client, FRAME_DONE, &entry, &seen);
}

void request_read(struct client *client)
{
    struct pb_writer writer = request_message(client);
    struct fault fault;

    switch (fleet_clock(client->fleet, &fault)) {
    case 1: break;
    case 0:
        client->waits_for_clock = true;
        client->clock_until = fleet_now() + 1000LL * client->fleet->conf->timeout + 500;
        return;
    default: request_fail(client, FRAME_UNAVAILABLE, "store_clock", "%s", fault.text); return;
    }
    get_entry(&writer, ETCD_THEN, client);
    request_call(client, ETCD_TXN, -1, &writer, read_done);
}

/* ---- what changes something */

/* Whether what is there now is what the client has just written: its attempt says so. */
static bool is_own(const struct client *client, const struct entry *entry)
{
    size_t part = client->word == FRAME_PUSHES ? ENTRY_PUSHES : ENTRY_STATE;
    struct fleet_head head;

    if (client->word == FRAME_DELETE)
        return entry->kvs[ENTRY_PROFILE] == NULL && entry->kvs[ENTRY_STATE] == NULL;
    return entry->kvs[part] != NULL &&
           fleet_head_parse(&head, entry->kvs[part]->value.data, entry->kvs[part]->value.length) != 0 &&
           memcmp(head.attempt, client->commit, sizeof head.attempt) == 0;
}

/* The change is done, or was done by a try whose answer was lost. */
static void conclude_change(struct client *client, int64_t state, const struct mark *seen)
{
    bool settles = client->word == FRAME_COMMIT && client->begun && !client->looked && state != 0;

    if (settles) {
        client->base.state = state;
        client->base.mark = *seen;
        client->committed_maybe = false;
    } else {
        client->base.valid = false;
        request_end_attempt(client, false);
    }
    request_answer(client, FRAME_DONE, NULL, 0);
}

static void change_done(void *context, const struct call_result *result)
{
    struct client *client = context;
    struct etcd_reply *reply = &client->broker->reply;
    struct entry entry;
    struct mark seen;

    if (request_take_reply(client, result) != 0)
        return;
    if (reply->succeeded) {
        seen = (struct mark){client->base.mark.epoch, reply->cluster, reply->revision};
        /* What any client has learnt since, and not only this one, is what the store must not be behind. */
        if (judge(client, &result->sent, &seen) == 0)
            conclude_change(client, reply->revision, &seen);
        return;
    }
    if (find_entry(client, &entry, reply) != 0)
        return;
    seen = (struct mark){entry.meta.epoch, reply->cluster, reply->revision};
    if (judge(client, &result->sent, &seen) != 0)
        return;
    if (is_own(client, &entry))
        conclude_change(client, mod_of(entry.kvs[ENTRY_STATE]), &seen);
    else if (is_halted(client, &entry))
        fail_halted(client, &entry);
    else if (++client->conflicts > CONFLICTS_MAX)
        request_fail(client, FRAME_FAULT, "store_contention", "others changed the record %d times meanwhile", CONFLICTS_MAX);
    else if (client->fd < 0)
        request_fail(client, FRAME_FAULT, "store_contention", "nobody is there to decide again");
    else
        answer_entry(client, FRAME_CONFLICT, &entry, &seen);
}

/* What the change rests on: the records as they were read, the same beginning, no halt. */
static void compare(struct pb_writer *writer, const struct client *client)
{
    char key[KEY_SIZE];

    etcd_compare_mod(writer, KEY_META, client->base.meta);
    if (client->word == FRAME_PUSHES) {
        key_of(key, 'd', client->svm, client->user);
        etcd_compare_mod(writer, key, client->base.pushes);
    } else {
        key_of(key, 'p', client->svm, client->user);
        etcd_compare_mod(writer, key, client->base.profile);
        key_of(key, 's', client->svm, client->user);
        etcd_compare_mod(writer, key, client->base.state);
    }
    key_of(key, 'h', client->svm, "");
    if (client->begun || client->peer.uid != 0 || client->word == FRAME_PUSHES)
        etcd_compare_mod(writer, key, 0);
}

/* Puts VALUE, one that has a head, and remembers whose it is. */
static int put_headed(struct client *client, struct pb_writer *writer, char kind, const struct store_part *value)
{
    struct fleet_head head;
    char key[KEY_SIZE];

    if (fleet_head_parse(&head, value->data, value->length) == 0)
        return -1;
    memcpy(client->commit, head.attempt, sizeof client->commit);
    client->committed_maybe = true;
    key_of(key, kind, client->svm, client->user);
    etcd_put(writer, ETCD_THEN, key, value);
    return 0;
}

static void begin_change(struct client *client, const struct store_frame *frame)
{
    static const struct {
        enum frame_word word;
        size_t parts;
    } known[] = {{FRAME_COMMIT, 1}, {FRAME_PUT, 2}, {FRAME_DELETE, 0}, {FRAME_PUSHES, 1}};
    struct pb_writer writer = request_message(client);
    char key[KEY_SIZE];
    bool ok = client->base.valid;

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].word == frame->word && known[i].parts != frame->count)
            ok = false;
    for (size_t i = 0; i < frame->count; i++)
        ok = ok && frame->parts[i].length > 0 && frame->parts[i].length <= FLEET_VALUE_MAX;
    client->committed_maybe = false;
    if (ok) {
        compare(&writer, client);
        key_of(key, 'p', client->svm, client->user);
        if (frame->word == FRAME_PUT)
            etcd_put(&writer, ETCD_THEN, key, &frame->parts[0]);
        if (frame->word == FRAME_DELETE) {
            etcd_delete(&writer, ETCD_THEN, key);
            key_of(key, 's', client->svm, client->user);
            etcd_delete(&writer, ETCD_THEN, key);
        } else
            ok = put_headed(client, &writer, frame->word == FRAME_PUSHES ? 'd' : 's',
                            &frame->parts[frame->word == FRAME_PUT ? 1 : 0]) == 0;
        get_entry(&writer, ETCD_ELSE, client);
    }
    if (ok)
        request_call(client, ETCD_TXN, -1, &writer, change_done);
    else
        request_reject(client);
}

/* ---- who may */

static bool owns(const struct client *client)
{
    struct account account;
    struct fault fault;

    return account_find(client->user, &account, &fault) == FOUND && account.uid == client->peer.uid &&
           strcmp(account.name, client->user) == 0;
}

int request_take_names(struct client *client, const struct store_frame *frame, bool has_user)
{
    char fleet[FLEET_NAME_SIZE];

    client->fleet = NULL;
    if (frame->count < (has_user ? 3U : 2U) || store_part_string(&frame->parts[0], fleet, sizeof fleet) != 0 ||
        store_part_string(&frame->parts[1], client->svm, sizeof client->svm) != 0 || !name_is_valid(client->svm))
        return -1;
    client->user[0] = '\0';
    if (has_user && (store_part_string(&frame->parts[2], client->user, sizeof client->user) != 0 ||
                     !name_is_valid(client->user)))
        return -1;
    for (size_t i = 0; i < client->broker->fleet_count; i++)
        if (strcmp(client->broker->fleets[i].conf->name, fleet) == 0)
            client->fleet = &client->broker->fleets[i];
    return 0;
}

bool request_lacks_fleet(struct client *client)
{
    if (client->fleet == NULL)
        request_fail(client, FRAME_FAULT, "configuration", "mfa-stored knows no such fleet; add it to fleets in "
                     "pam_mfa.conf, and restart mfa-stored");
    return client->fleet == NULL;
}

static void begin_read(struct client *client, const struct store_frame *frame)
{
    client->base.valid = false;
    request_end_attempt(client, false);
    if (frame->count != 3 || request_take_names(client, frame, true) != 0) {
        request_reject(client);
        return;
    }
    if (request_lacks_fleet(client))
        return;
    if (client->peer.uid != 0 && !owns(client)) {
        request_fail(client, FRAME_FAULT, "store_refused", "this is another user's");
        return;
    }
    client->begun = frame->word == FRAME_BEGIN;
    request_read(client);
}

static void for_root_alone(struct client *client, void (*begin)(struct client *, const struct store_frame *),
                           const struct store_frame *frame)
{
    if (client->peer.uid == 0)
        begin(client, frame);
    else
        request_fail(client, FRAME_FAULT, "store_refused", "this is for root");
}

static void look(struct client *client, const struct store_frame *frame)
{
    client->word = 0;
    if (!client->begun || client->looked || !client->base.valid || frame->count != 0) {
        request_reject(client);
        return;
    }
    client->looked = true;
    client->looked_at = fleet_now();
    client->looked_time = (long long)time(NULL);
}

void request_begin(struct client *client, const struct store_frame *frame)
{
    /* An attempt whose response was looked at ends in one of two ways. */
    if (client->looked && frame->word != FRAME_COMMIT && frame->word != FRAME_END) {
        request_reject(client);
        return;
    }
    client->word = frame->word;
    switch (frame->word) {
    case FRAME_READ:
    case FRAME_BEGIN: begin_read(client, frame); return;
    case FRAME_LOOK: look(client, frame); return;
    case FRAME_COMMIT:
    case FRAME_PUT:
    case FRAME_DELETE:
    case FRAME_PUSHES: begin_change(client, frame); return;
    case FRAME_END:
        request_end_attempt(client, false);
        client->base.valid = false;
        request_answer(client, FRAME_DONE, NULL, 0);
        return;
    case FRAME_WALK: for_root_alone(client, oversee_walk, frame); return;
    case FRAME_HALT: for_root_alone(client, oversee_halt, frame); return;
    case FRAME_STATUS: for_root_alone(client, oversee_status, frame); return;
    case FRAME_META: for_root_alone(client, oversee_meta, frame); return;
    case FRAME_DONE:
    case FRAME_CONFLICT:
    case FRAME_UNAVAILABLE:
    case FRAME_FAULT: break;
    }
    request_reject(client);
}
