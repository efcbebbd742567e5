/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: a call ends once, within its time; a refusal is final and never an unavailable store; what is repeated is
 * the same bytes.
 */
#include "broker/broker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TRY_MS 1200    /* so that two nodes which do not answer, one after the other, cost less than three seconds */
#define PAUSE_MS 100   /* once every node has had a try */
#define AT_ONCE 64     /* tries of a fleet under way: what comes on top waits here, where it costs nothing, and keeps no other fleet waiting */

struct call {
    struct fleet *fleet;
    const char *method;
    int node; /* -1: any */
    unsigned char *data;
    size_t length;
    call_done *done;
    void *context;
    long long until, next; /* when it is late; when the next try is due */
    bool under_way;
    size_t at;    /* the node of the present try */
    unsigned int tries, distrusted;
    struct mark sent;
    char text[256]; /* why the last try failed */
    struct call *following;
};

static void call_free(struct call *call)
{
    struct call **at = &call->fleet->broker->calls;

    while (*at != NULL && *at != call)
        at = &(*at)->following;
    if (*at == call)
        *at = call->following;
    free(call->data);
    free(call);
}

static void end_call(struct call *call, enum call_end end, const char *reason, const struct try_result *answer)
{
    struct call_result result = {.end = end, .reason = reason, .sent = call->sent};

    if (answer != NULL && end == CALL_ANSWERED) {
        result.data = answer->data;
        result.length = answer->length;
        result.date = answer->date;
    }
    snprintf(result.text, sizeof result.text, "%s", call->text);
    if (call->done != NULL)
        call->done(call->context, &result);
    call_free(call);
}

static size_t node_count(const struct fleet *fleet)
{
    return fleet->conf->endpoints.count;
}

static const char *node_url(const struct fleet *fleet, size_t node)
{
    const char(*urls)[HOST_ENDPOINT_SIZE] = fleet->conf->endpoints.items;

    return urls[node];
}

/* After a try that did not reach its node: the next node, at once as long as there is one that was not tried. */
static void try_next(struct call *call)
{
    struct fleet *fleet = call->fleet;

    if (fleet->preferred == call->at)
        fleet->preferred = (call->at + 1) % node_count(fleet);
    call->next = fleet_now() + (call->tries < node_count(fleet) ? 0 : PAUSE_MS);
}

static void try_done(void *context, const struct try_result *result)
{
    struct call *call = context;
    struct fleet *fleet = call->fleet;

    call->under_way = false;
    fleet->under_way--;
    snprintf(call->text, sizeof call->text, "%s: %.180s", node_url(fleet, call->at), result->text);
    switch (result->end) {
    case TRY_ANSWERED:
        if (call->node < 0)
            fleet->preferred = call->at;
        end_call(call, CALL_ANSWERED, "", result);
        return;
    case TRY_REFUSED: end_call(call, CALL_FAULT, "store_refused", NULL); return;
    case TRY_HOST: end_call(call, CALL_FAULT, "store_broker", NULL); return;
    case TRY_FULL: end_call(call, CALL_FAULT, "store_full", NULL); return;
    case TRY_NONSENSE: end_call(call, CALL_FAULT, "store_record", NULL); return;
    case TRY_DISTRUSTED: call->distrusted++; break;
    case TRY_UNREACHABLE: break;
    }
    if (call->node >= 0 || (call->distrusted > 0 && call->tries >= node_count(fleet))) {
        end_call(call, call->distrusted > 0 ? CALL_FAULT : CALL_UNAVAILABLE,
                 call->distrusted > 0 ? "store_refused" : "store_unavailable", NULL);
        return;
    }
    try_next(call);
}

static void log_identity(const struct fleet *fleet)
{
    broker_log(fleet->broker, LOG_ERR, "event", "certificate", "fleet", fleet->conf->name, "detail",
               fleet->identity_fault.text, NULL);
}

/* Looks once a second whether certificate, key or authority are new. */
static void refresh_identity(struct fleet *fleet)
{
    struct fault fault = {.text = ""};
    long long now = fleet_now();

    if (fleet->identity_read_at != 0 && now - fleet->identity_read_at < 1000)
        return;
    fleet->identity_read_at = now;
    switch (identity_read(&fleet->identity, fleet->conf, &fault)) {
    case 1:
        link_renew(fleet->broker->link);
        broker_log(fleet->broker, LOG_INFO, "event", "certificate_read", "fleet", fleet->conf->name, NULL);
        break;
    case 0: break;
    default:
        if (strcmp(fault.text, fleet->identity_fault.text) != 0) {
            fleet->identity_fault = fault;
            log_identity(fleet);
        }
        return;
    }
    fleet->identity_fault.text[0] = '\0';
}

static void try_call(struct call *call)
{
    struct fleet *fleet = call->fleet;
    struct link_request request = {.method = call->method, .identity = &fleet->identity, .data = call->data,
                                   .length = call->length, .done = try_done, .context = call};
    long long left = call->until - fleet_now();
    struct fault fault;

    refresh_identity(fleet);
    if (identity_check(&fleet->identity, fleet->conf, (long long)time(NULL), &fault) != 0) {
        snprintf(call->text, sizeof call->text, "%.255s",
                 fleet->identity_fault.text[0] != '\0' ? fleet->identity_fault.text : fault.text);
        end_call(call, CALL_FAULT, "store_refused", NULL);
        return;
    }
    call->at = call->node >= 0 ? (size_t)call->node : fleet->preferred;
    call->tries++;
    call->sent = fleet->guard.mark;
    request.url = node_url(fleet, call->at);
    request.milliseconds = left < 1 ? 1 : left < TRY_MS ? (long)left : TRY_MS; /* 0 would be for ever */
    call->under_way = true;
    fleet->under_way++;
    if (link_send(fleet->broker->link, &request) != 0) {
        fleet->under_way--;
        snprintf(call->text, sizeof call->text, "out of memory");
        end_call(call, CALL_FAULT, "store_broker", NULL);
    }
}

int call_start(struct fleet *fleet, const char *method, int node, const struct pb_writer *message, call_done *done,
               void *context)
{
    struct call *call = calloc(1, sizeof *call), **last = &fleet->broker->calls;

    if (call == NULL)
        return -1;
    if (message != NULL) {
        call->data = message->full ? NULL : malloc(message->used + 1);
        if (call->data == NULL) {
            free(call);
            return -1;
        }
        memcpy(call->data, message->data, message->used);
        call->length = message->used;
    }
    call->fleet = fleet;
    call->method = method;
    call->node = node;
    call->done = done;
    call->context = context;
    call->next = fleet_now();
    call->until = call->next + (node >= 0 ? TRY_MS : 1000LL * fleet->conf->timeout);
    snprintf(call->text, sizeof call->text, "no node has answered in time");
    while (*last != NULL)
        last = &(*last)->following;
    *last = call;
    return 0;
}

/* One pass: an end of one may change the list, and then another pass is needed. */
static bool run_pass(struct broker *broker, long long *next)
{
    long long now = fleet_now();

    *next = -1;
    for (struct call *call = broker->calls, *following; call != NULL; call = following) {
        long long at;

        following = call->following;
        if (call->under_way)
            continue;
        if (now >= call->until) {
            end_call(call, call->distrusted > 0 ? CALL_FAULT : CALL_UNAVAILABLE,
                     call->distrusted > 0 ? "store_refused" : "store_unavailable", NULL);
            return true;
        }
        if (call->next <= now && call->fleet->under_way < AT_ONCE) {
            try_call(call);
            return true;
        }
        at = call->next > now ? call->next : now + 20; /* what waits for room goes on when something ends */
        if (at > call->until)
            at = call->until;
        if (*next < 0 || at - now < *next)
            *next = at - now;
    }
    return false;
}

long long calls_run(struct broker *broker)
{
    long long next;

    while (run_pass(broker, &next))
        ;
    return next;
}

void calls_forget(struct broker *broker, const void *context)
{
    for (struct call *call = broker->calls; call != NULL; call = call->following)
        if (call->context == context)
            call->done = NULL;
}

void calls_free(struct broker *broker)
{
    while (broker->calls != NULL)
        call_free(broker->calls);
}
