/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: a look costs, however its process ended; each is counted once. The count is put into the state as it is
 * then, by compare and swap, and all else of the state is left as it is.
 */
#include "broker/broker.h"

#include "base/crypto.h"
#include "broker/key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TRY_FOR_MS (10LL * 60 * 1000)
#define PAUSE_MS 1000
#define DUTIES_MAX 4096

struct duty {
    struct fleet *fleet;
    char svm[NAME_SIZE], user[NAME_SIZE]; /* user "": to halt */
    char why[160];
    uint64_t cutoff;
    bool committed_maybe;
    unsigned char commit[FLEET_ATTEMPT_BYTES];
    long long until, next;
    bool under_way;
    struct duty *following;
};

static void duty_free(struct duty *duty)
{
    struct duty **at = &duty->fleet->broker->duties;

    while (*at != NULL && *at != duty)
        at = &(*at)->following;
    if (*at == duty)
        *at = duty->following;
    calls_forget(duty->fleet->broker, duty);
    free(duty);
}

static struct duty *add(struct fleet *fleet, const char *svm, const char *user)
{
    struct duty *duty = calloc(1, sizeof *duty);
    size_t count = 0;

    for (struct duty *other = fleet->broker->duties; other != NULL; other = other->following)
        count++;
    if (duty == NULL || count >= DUTIES_MAX) {
        broker_log(fleet->broker, LOG_ERR, "event", "not_counted", "svm", svm, "user", user, "detail",
                   "too much is waiting to be written", NULL);
        free(duty);
        return NULL;
    }
    duty->fleet = fleet;
    snprintf(duty->svm, sizeof duty->svm, "%s", svm);
    snprintf(duty->user, sizeof duty->user, "%s", user);
    duty->next = fleet_now();
    duty->until = duty->next + TRY_FOR_MS;
    duty->following = fleet->broker->duties;
    fleet->broker->duties = duty;
    return duty;
}

void duty_count(struct fleet *fleet, const char *svm, const char *user, long long at,
                const unsigned char commit[FLEET_ATTEMPT_BYTES])
{
    struct duty *duty = add(fleet, svm, user);
    uint32_t tag;

    if (duty == NULL)
        return;
    if (crypto_random(&tag, sizeof tag) != 0)
        tag = (uint32_t)fleet_now();
    duty->cutoff = (uint64_t)at << 24 | (tag & 0xffffff);
    duty->committed_maybe = commit != NULL;
    if (commit != NULL)
        memcpy(duty->commit, commit, sizeof duty->commit);
}

void duty_halt(struct fleet *fleet, const char *svm, const char *why)
{
    struct duty *duty;

    for (duty = fleet->broker->duties; duty != NULL; duty = duty->following)
        if (duty->fleet == fleet && duty->user[0] == '\0' && strcmp(duty->svm, svm) == 0)
            return;
    duty = add(fleet, svm, "");
    if (duty != NULL)
        snprintf(duty->why, sizeof duty->why, "%s", why);
}

static void later(struct duty *duty, long long milliseconds)
{
    duty->under_way = false;
    duty->next = fleet_now() + milliseconds;
}

static void halt_done(void *context, const struct call_result *result)
{
    struct duty *duty = context;

    if (result->end != CALL_ANSWERED) {
        later(duty, PAUSE_MS);
        return;
    }
    broker_log(duty->fleet->broker, LOG_CRIT, "event", "halted", "svm", duty->svm, "detail", duty->why, NULL);
    duty_free(duty);
}

static void write_done(void *context, const struct call_result *result);

/* STATE with one more cut-off, if nobody has changed it since. */
static void write_count(struct duty *duty, const struct etcd_kv *state)
{
    unsigned char bytes[FLEET_VALUE_MAX + 1024], value[FLEET_VALUE_MAX + FLEET_HEAD_MAX];
    struct pb_writer writer = {.data = bytes, .size = sizeof bytes};
    struct fleet_head head;
    struct store_part part = {value, 0};
    char key[KEY_SIZE];
    size_t body = fleet_head_parse(&head, state->value.data, state->value.length);

    bool is_there = duty->committed_maybe && memcmp(head.attempt, duty->commit, sizeof head.attempt) == 0;

    for (size_t i = 0; i < head.count; i++)
        is_there = is_there || head.cutoffs[i] == duty->cutoff;
    if (body == 0 || is_there || head.count == FLEET_CUTOFFS_MAX) {
        /* No state that anybody could read; written after all; or so many at once that a wait has long begun. */
        duty_free(duty);
        return;
    }
    head.cutoffs[head.count++] = duty->cutoff;
    part.length = fleet_head_build(value, &head);
    memcpy(value + part.length, state->value.data + body, state->value.length - body);
    part.length += state->value.length - body;
    key_of(key, 's', duty->svm, duty->user);
    etcd_compare_mod(&writer, key, state->mod);
    etcd_put(&writer, ETCD_THEN, key, &part);
    if (part.length > FLEET_VALUE_MAX || call_start(duty->fleet, ETCD_TXN, -1, &writer, write_done, duty) != 0)
        later(duty, PAUSE_MS);
}

static void read_done(void *context, const struct call_result *result)
{
    struct duty *duty = context;
    struct etcd_reply *reply = &duty->fleet->broker->reply;
    const struct etcd_kv *state;
    char key[KEY_SIZE];

    if (result->end != CALL_ANSWERED || etcd_reply_parse(reply, result->data, result->length) != 0) {
        later(duty, PAUSE_MS);
        return;
    }
    key_of(key, 's', duty->svm, duty->user);
    state = etcd_find(reply, key);
    if (state == NULL)
        duty_free(duty); /* deleted: nothing is left to guess */
    else
        write_count(duty, state);
}

static void write_done(void *context, const struct call_result *result)
{
    struct duty *duty = context;
    struct etcd_reply *reply = &duty->fleet->broker->reply;

    if (result->end != CALL_ANSWERED || etcd_reply_parse(reply, result->data, result->length) != 0)
        later(duty, PAUSE_MS);
    else if (!reply->succeeded)
        later(duty, 0); /* somebody was faster: with the state as it is now */
    else {
        broker_log(duty->fleet->broker, LOG_WARNING, "event", "attempt_cut_off", "svm", duty->svm, "user", duty->user,
                   "detail", "an attempt was not brought to its end, and counts as a wrong code", NULL);
        duty_free(duty);
    }
}

static void start(struct duty *duty)
{
    unsigned char bytes[2048];
    struct pb_writer writer = {.data = bytes, .size = sizeof bytes};
    bool halts = duty->user[0] == '\0';
    struct store_part why = store_part_text(duty->why);
    char key[KEY_SIZE];

    key_of(key, halts ? 'h' : 's', duty->svm, duty->user);
    if (halts)
        etcd_put(&writer, ETCD_THEN, key, &why);
    else
        etcd_get(&writer, ETCD_THEN, key);
    duty->under_way = true;
    if (call_start(duty->fleet, ETCD_TXN, -1, &writer, halts ? halt_done : read_done, duty) != 0)
        later(duty, PAUSE_MS);
}

long long duties_run(struct broker *broker)
{
    long long now = fleet_now(), next = -1;

    for (struct duty *duty = broker->duties, *following; duty != NULL; duty = following) {
        following = duty->following;
        if (duty->under_way)
            continue;
        if (now > duty->until) {
            broker_log(broker, LOG_ERR, "event", "not_counted", "svm", duty->svm, "user", duty->user, "detail",
                       "the store did not take it for ten minutes", NULL);
            duty_free(duty);
        } else if (duty->next <= now)
            start(duty);
        else if (next < 0 || duty->next - now < next)
            next = duty->next - now;
    }
    return next;
}

bool duties_left(const struct broker *broker)
{
    return broker->duties != NULL;
}

void duties_free(struct broker *broker)
{
    while (broker->duties != NULL)
        duty_free(broker->duties);
}
