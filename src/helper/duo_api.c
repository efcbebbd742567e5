/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: "unreachable" only before an authentication request was sent, and only for a service that did not
 * answer or said that it cannot (5xx, 429).
 * What MUST NOT happen: an authentication request sent again, for whatever reason.
 */
#include "helper/duo_api.h"

#include "base/crypto.h"
#include "helper/duo_reply.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define CLOCK_TOLERANCE 300 /* seconds: what Duo accepts */
#define BACKOFF_MAX_MS 32000
#define WAIT_STEP_MS 200

static const struct {
    const char *method, *path;
} calls[] = {
    [DUO_CALL_PING] = {"GET", "/auth/v2/ping"},
    [DUO_CALL_CHECK] = {"GET", "/auth/v2/check"},
    [DUO_CALL_PREAUTH] = {"POST", "/auth/v2/preauth"},
    [DUO_CALL_AUTH] = {"POST", "/auth/v2/auth"},
    [DUO_CALL_AUTH_STATUS] = {"GET", "/auth/v2/auth_status"},
};

void duo_api_wait(struct duo_api *api, long long milliseconds)
{
    struct deadline end = deadline_in(milliseconds);

    while (deadline_left(&end) > 0 && deadline_left(&api->deadline) > 0 && !api->cancelled(api->context)) {
        int left = deadline_left(&end) < deadline_left(&api->deadline) ? deadline_left(&end)
                                                                       : deadline_left(&api->deadline);
        long step = left < WAIT_STEP_MS ? left : WAIT_STEP_MS;
        const struct timespec pause = {.tv_nsec = step * 1000000L};

        nanosleep(&pause, NULL);
    }
}

/* One request and its reply. */
static enum duo_http_result send_once(struct duo_api *api, enum duo_call call)
{
    char date[DUO_DATE_SIZE], canon[sizeof api->params + 512], authorization[DUO_AUTHORIZATION_SIZE];
    struct duo_http_request request = {.method = calls[call].method, .path = calls[call].path, .params = api->params};
    enum duo_http_result result;

    if (call != DUO_CALL_PING) {
        if (duo_sign_date((long long)time(NULL) + api->offset, date) != 0 ||
            duo_sign_canon(date, request.method, api->request->api_host, request.path, api->params, canon,
                           sizeof canon) != 0 ||
            duo_sign_authorization(api->request->integration_key, api->request->secret_key, canon, authorization) != 0) {
            fault_set(&api->fault, "the request cannot be signed");
            return DUO_HTTP_FAILED;
        }
        request.date = date;
        request.authorization = authorization;
    }
    result = duo_http_send(api->http, &request, &api->deadline, &api->reply, &api->fault);
    crypto_wipe(authorization, sizeof authorization);
    if (call == DUO_CALL_AUTH && api->reply.sent)
        api->auth_sent = true;
    return result;
}

/* The reason for a reply with an HTTP status other than 200. */
static enum duo_reason reason_of_status(struct duo_api *api, enum duo_call call)
{
    const long status = api->reply.status;
    struct duo_failure failure;

    duo_reply_failure(api->reply.body, api->reply.length, &failure);
    fault_set(&api->fault, "%s%s: HTTP status %ld, code %ld: %s", api->request->api_host, calls[call].path, status,
              failure.code, failure.message[0] != '\0' ? failure.message : "no message");
    if (status >= 500 && status < 600)
        return api->auth_sent ? DUO_LOST : DUO_UNREACHABLE;
    if (status == 429)
        return api->auth_sent ? DUO_LOST : DUO_RATE_LIMITED;
    if (status == 401)
        return DUO_BAD_KEYS;
    return status >= 400 && status < 500 ? DUO_REFUSED : DUO_BAD_REPLY;
}

static enum duo_reason reason_of_failure(const struct duo_api *api, enum duo_http_result result)
{
    switch (result) {
    case DUO_HTTP_REPLY:
    case DUO_HTTP_BAD: return DUO_BAD_REPLY;
    case DUO_HTTP_FAILED: return DUO_HELPER;
    case DUO_HTTP_CERTIFICATE: return DUO_CERTIFICATE;
    case DUO_HTTP_PROXY: return DUO_CONFIGURATION;
    case DUO_HTTP_UNREACHABLE: return api->auth_sent ? DUO_LOST : DUO_UNREACHABLE;
    }
    return DUO_BAD_REPLY;
}

/* Whether the reply, a 401, is about the time rather than the keys. */
static bool is_about_clock(const struct duo_api *api)
{
    const long long ours = (long long)time(NULL) + api->offset, theirs = api->reply.date;
    struct duo_failure failure;

    duo_reply_failure(api->reply.body, api->reply.length, &failure);
    return failure.code == 40105 ||
           (theirs > 0 && (theirs - ours > CLOCK_TOLERANCE || ours - theirs > CLOCK_TOLERANCE));
}

/* How long to wait before another try after a 429, the TRIES'th. Random, so that not all hosts come back at once. */
static long long backoff_ms(const struct duo_api *api, int tries)
{
    long long wait = 1000;
    uint32_t jitter = 0;

    while (tries-- > 0 && wait < BACKOFF_MAX_MS)
        wait *= 2;
    if (crypto_random_below(500, &jitter) != 0)
        jitter = 0;
    if (api->reply.retry_after >= 0)
        wait = api->reply.retry_after > 1 ? (long long)api->reply.retry_after * 1000 : 1000;
    return wait + jitter;
}

bool duo_api_clock(struct duo_api *api, enum duo_reason *reason)
{
    enum duo_http_result result;
    long long theirs;

    api->params[0] = '\0';
    result = send_once(api, DUO_CALL_PING);
    if (result != DUO_HTTP_REPLY)
        *reason = reason_of_failure(api, result);
    else if (api->reply.status != 200)
        *reason = reason_of_status(api, DUO_CALL_PING);
    else if (duo_reply_time(api->reply.body, api->reply.length, &theirs) != 0) {
        *reason = DUO_BAD_REPLY;
        fault_set(&api->fault, "%s%s: the reply holds no time", api->request->api_host, calls[DUO_CALL_PING].path);
    } else {
        api->offset = theirs - (long long)time(NULL);
        api->offset_known = true;
        return true;
    }
    return false;
}

bool duo_api_call(struct duo_api *api, enum duo_call call, const struct duo_param *params, size_t count,
                  enum duo_reason *reason)
{
    for (int tries = 0;; tries++) {
        enum duo_http_result result;
        long long wait;

        if (duo_sign_params(params, count, api->params) != 0) {
            fault_set(&api->fault, "the parameters of %s are too long", calls[call].path);
            *reason = DUO_CONFIGURATION;
            return false;
        }
        result = send_once(api, call);
        if (result != DUO_HTTP_REPLY) {
            *reason = reason_of_failure(api, result);
            return false;
        }
        if (api->reply.status == 200)
            return true;
        *reason = reason_of_status(api, call);
        if (call == DUO_CALL_AUTH)
            return false;
        if (api->reply.status == 429) {
            wait = backoff_ms(api, tries);
            if (wait >= deadline_left(&api->deadline))
                return false;
            duo_api_wait(api, wait);
            if (api->cancelled(api->context))
                return false;
        } else if (api->reply.status == 401 && !api->offset_known && is_about_clock(api)) {
            if (!duo_api_clock(api, reason))
                return false;
        } else
            return false;
    }
}
