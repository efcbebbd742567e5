/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: this runs with the caller's rights (peer_become), so that what a decision here gets wrong the kernel
 * still refuses.
 */
#include "api/route.h"

#include "admin/metrics.h"
#include "api/resources.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PAGE_MS 7000 /* of the time that a request has */
#define VAULT "/v1/sys/mfa/method/duo"

static const struct resource *const resources[] = {
    &resource_duo_profiles, &resource_duo_groups, &resource_totps, &resource_svms,
};

static const char *conf_path;
static struct account caller; /* of the one request that a worker has */

void route_init(const char *conf)
{
    conf_path = conf;
}

static enum method method_of(const char *text)
{
    /* A HEAD is a GET, of whose answer the headers are sent. */
    return strcmp(text, "GET") == 0 || strcmp(text, "HEAD") == 0 ? METHOD_GET
           : strcmp(text, "POST") == 0                           ? METHOD_POST
           : strcmp(text, "PATCH") == 0                          ? METHOD_PATCH
           : strcmp(text, "DELETE") == 0                         ? METHOD_DELETE
                                                                 : METHOD_OTHER;
}

/* Links are for who takes HAL, or anything. */
static bool wants_links(const char *accept)
{
    return accept == NULL || strstr(accept, "application/hal+json") != NULL || strstr(accept, "*/*") != NULL ||
           strstr(accept, "application/json") == NULL;
}

/* How many parts of the path are behind PATH; -1: it is another path. */
static int parts_behind(const struct target *target, const char *path)
{
    size_t i = 0;

    while (*path == '/') {
        size_t length = strcspn(++path, "/");

        if (i == target->segment_count || strlen(target->segments[i]) != length ||
            strncmp(target->segments[i], path, length) != 0)
            return -1;
        path += length;
        i++;
    }
    return (int)(target->segment_count - i);
}

int route_report(FILE *out)
{
    struct report problems = {.line = resource_log_problem};
    struct fault fault;
    struct host host;
    int result = host_read(conf_path, &host, &fault);

    if (result == 0)
        result = metrics_enrolments(&host, false, out, &problems, &fault);
    if (result == 0)
        metrics_end(out);
    else
        resource_log_problem(NULL, fault.text);
    host_free(&host);
    return result;
}

/* What there is to watch, for root and the group of the store. */
static void show_metrics(struct request *request, const struct peer *peer)
{
    struct reply *reply = &request->reply;

    if (request->method != METHOD_GET) {
        strcpy(reply->answer->allow, "GET");
        reply_error(reply, REPLY_METHOD, NULL, "unsupported operation");
    } else if (!request->is_root && !peer->is_member)
        reply_error(reply, REPLY_DENIED, NULL, "not authorized: only root and group pam_mfa may see this");
    else if (request->target.parameter_count > 0)
        reply_error(reply, REPLY_UNEXPECTED, NULL, "unexpected query field");
    else if ((request->is_root ? route_report(reply->out) : worker_report(reply->out)) != 0)
        reply_error(reply, REPLY_FAILED, NULL, "there is a fault on this host; the log says which");
    else
        reply->answer->metrics = true;
}

static void dispatch(struct request *request, const struct peer *peer)
{
    struct target *target = &request->target;
    int behind = parts_behind(target, VAULT);

    if (parts_behind(target, "/metrics") == 0) {
        show_metrics(request, peer);
        return;
    }
    if (behind == 1) {
        if (target->parameter_count > 0)
            reply_error(&request->reply, REPLY_UNEXPECTED, NULL, "unexpected query field");
        else
            vault_serve(request, target->segments[target->segment_count - 1]);
        return;
    }
    for (size_t i = 0; i < sizeof resources / sizeof *resources; i++) {
        behind = parts_behind(target, resources[i]->path);
        if (behind < 0)
            continue;
        resource_serve(request, resources[i], &target->segments[target->segment_count - (size_t)behind],
                       (size_t)behind);
        return;
    }
    reply_error(&request->reply, REPLY_UNKNOWN_PATH, NULL, "there is nothing at this path");
}

/* Root needs no account here; anyone else without one has nothing that could be theirs. */
enum found route_meet(const struct peer *peer, struct fault *fault)
{
    enum found found = account_find_uid(peer->uid, &caller, fault);

    if (found != FOUND)
        caller = (struct account){.uid = peer->uid};
    return peer->uid == 0 ? FOUND : found;
}

static void answer_request(struct request *request, const struct message *message, const struct peer *peer)
{
    struct timespec now;
    struct fault fault;

    clock_gettime(CLOCK_MONOTONIC, &now);
    request->deadline = (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000 + PAGE_MS;
    request->is_root = peer->uid == 0;
    request->caller = caller;
    request->method = method_of(message->method);
    request->raw_target = message->target;
    request->hal = wants_links(message->accept);
    request->reply.is_vault = strncmp(message->target, "/v1/", 4) == 0;
    if (target_parse(&request->target, message->target, &fault) != 0 ||
        body_parse(&request->body, message->body, message->body_length, &fault) != 0)
        reply_error(&request->reply, REPLY_INVALID, NULL, "%s", fault.text);
    else if (host_read(conf_path, &request->host, &fault) != 0)
        reply_fault(&request->reply, &fault);
    else
        dispatch(request, peer);
}

int route_answer(const struct message *message, const struct peer *peer, struct answer *answer)
{
    struct request *request = calloc(1, sizeof *request);
    int result = -1;

    if (request != NULL && reply_open(&request->reply, answer) == 0) {
        answer_request(request, message, peer);
        result = reply_close(&request->reply);
    }
    if (request != NULL) {
        body_free(&request->body);
        host_free(&request->host);
    }
    free(request);
    return result;
}
