/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: what a client sends is bounded before it is kept; a request is worked on once it is whole, and once.
 * What MUST NOT happen: anything here that looks into path, query or body: workers do, with the caller's rights.
 */
#include "gateway/http.h"

#include "base/crypto.h"

#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#define SEND_SECONDS 10 /* without a byte taken by the client */

struct http {
    struct MHD_Daemon *daemon;
    const struct http_events *events;
    struct exchange *adding; /* the connection that is being added belongs to this one */
    int fd;
};

static struct exchange *exchange_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info != NULL ? info->socket_context : NULL;
}

static void notify_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                              enum MHD_ConnectionNotificationCode code)
{
    struct http *http = context;
    struct exchange *exchange = *socket_context;

    (void)connection;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *socket_context = http->adding;
        return;
    }
    if (exchange != NULL)
        http->events->closed(http->events->context, exchange);
    *socket_context = NULL;
}

/* The target as it came, before anything is decoded. */
static void *note_target(void *context, const char *target, struct MHD_Connection *connection)
{
    struct exchange *exchange = exchange_of(connection);

    (void)context;
    if (exchange == NULL || exchange->message.target != NULL)
        return NULL;
    if (strlen(target) > LIMIT_TARGET)
        exchange->target_is_too_long = true;
    else
        exchange->message.target = strdup(target);
    return NULL;
}

/* A secret's copy goes as soon as it is sent. */
static void free_body(void *context)
{
    struct answer *answer = context;

    answer_free(answer);
    free(answer);
}

static enum MHD_Result add_header(struct MHD_Response *response, const char *name, const char *value)
{
    return value[0] == '\0' ? MHD_YES : MHD_add_response_header(response, name, value);
}

static enum MHD_Result send_answer(struct MHD_Connection *connection, struct exchange *exchange)
{
    const struct answer_head *head = &exchange->answer.head;
    unsigned int status = (unsigned int)head->status;
    struct answer *moved = malloc(sizeof *moved);
    struct MHD_Response *response = NULL;
    enum MHD_Result result = MHD_NO;

    exchange->step = EXCHANGE_ENDS;
    if (moved == NULL)
        return MHD_NO;
    *moved = exchange->answer;
    exchange->answer = (struct answer){0};
    head = &moved->head;
    response = MHD_create_response_from_buffer_with_free_callback_cls(head->length, moved->body, free_body, moved);
    if (response == NULL) {
        free_body(moved);
        return MHD_NO;
    }
    if (add_header(response, "Connection", "close") == MHD_YES &&
        add_header(response, "Content-Type",
                   head->length == 0 ? "" : head->hal ? "application/hal+json" : "application/json") == MHD_YES &&
        add_header(response, "Cache-Control", head->secret ? "no-store" : "") == MHD_YES &&
        add_header(response, "Allow", head->allow) == MHD_YES &&
        add_header(response, "Location", head->location) == MHD_YES &&
        add_header(response, "Retry-After", status == 503 ? "1" : "") == MHD_YES)
        result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, struct exchange *exchange, int status,
                              const char *message)
{
    if (answer_error(&exchange->answer, status, "2", message) != 0)
        return MHD_NO;
    return send_answer(connection, exchange);
}

static char *header(struct MHD_Connection *connection, const char *name)
{
    const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);

    return value == NULL ? NULL : strdup(value);
}

static enum MHD_Result take_headers(struct MHD_Connection *connection, struct exchange *exchange, const char *method)
{
    struct message *message = &exchange->message;
    const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length");
    /* MHD has seen to it that this is a number. */
    const unsigned long long announced = length != NULL ? strtoull(length, NULL, 10) : 0;

    exchange->step = EXCHANGE_READS;
    if (exchange->target_is_too_long)
        return refuse(connection, exchange, 414, "path and query are too long");
    /*
     * What is announced as far too long is not waited for. A client whose body is but a little too long may send it
     * before it reads, and would then see a broken pipe in place of the answer.
     */
    if (announced > LIMIT_DISCARDED)
        return refuse(connection, exchange, 413, "the body is too large");
    exchange->is_too_large = announced > LIMIT_BODY;
    if (message->target == NULL)
        return MHD_NO;
    snprintf(message->method, sizeof message->method, "%s", method);
    message->accept = header(connection, "Accept");
    return MHD_YES;
}

static void take_body(struct exchange *exchange, const char *data, size_t length)
{
    struct message *message = &exchange->message;
    char *larger;

    if (exchange->is_too_large || length > LIMIT_BODY - message->body_length) {
        exchange->is_too_large = true;
        return;
    }
    larger = malloc(message->body_length + length + 1);
    if (larger == NULL) {
        exchange->is_too_large = true;
        return;
    }
    if (message->body != NULL) {
        memcpy(larger, message->body, message->body_length);
        crypto_wipe(message->body, message->body_length);
        free(message->body);
    }
    memcpy(larger + message->body_length, data, length);
    message->body = larger;
    message->body_length += length;
    larger[message->body_length] = '\0';
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *data, size_t *length, void **request)
{
    struct exchange *exchange = exchange_of(connection);
    struct http *http = context;

    (void)url;
    (void)version;
    (void)request;
    if (exchange == NULL)
        return MHD_NO;
    switch (exchange->step) {
    case EXCHANGE_WAITS: return take_headers(connection, exchange, method);
    case EXCHANGE_READS:
        if (*length > 0) {
            take_body(exchange, data, *length);
            *length = 0;
            return MHD_YES;
        }
        if (exchange->is_too_large)
            return refuse(connection, exchange, 413, "the body is too large");
        exchange->step = EXCHANGE_QUEUES;
        http->events->complete(http->events->context, exchange);
        exchange->suspended = connection;
        MHD_suspend_connection(connection);
        return MHD_YES;
    case EXCHANGE_QUEUES:
    case EXCHANGE_WORKS: return MHD_YES;
    case EXCHANGE_ANSWERS: return send_answer(connection, exchange);
    case EXCHANGE_ENDS: break;
    }
    return MHD_NO;
}

struct http *http_start(const struct http_events *events)
{
    struct http *http = calloc(1, sizeof *http);
    const union MHD_DaemonInfo *info = NULL;

    if (http == NULL)
        return NULL;
    http->events = events;
    http->daemon = MHD_start_daemon(
        MHD_USE_NO_LISTEN_SOCKET | MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, handle, http,
        MHD_OPTION_CONNECTION_LIMIT, 2U * LIMIT_CONNECTIONS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)(32 * 1024), MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)SEND_SECONDS, MHD_OPTION_STRICT_FOR_CLIENT,
        1, MHD_OPTION_URI_LOG_CALLBACK, note_target, http, MHD_OPTION_NOTIFY_CONNECTION, notify_connection, http,
        MHD_OPTION_END);
    if (http->daemon != NULL)
        info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    if (info == NULL) {
        http_stop(&http);
        return NULL;
    }
    http->fd = info->epoll_fd;
    return http;
}

void http_stop(struct http **http)
{
    if (*http != NULL && (*http)->daemon != NULL)
        MHD_stop_daemon((*http)->daemon);
    free(*http);
    *http = NULL;
}

int http_add(struct http *http, struct exchange *exchange)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    enum MHD_Result result;

    http->adding = exchange;
    result = MHD_add_connection(http->daemon, exchange->fd, (struct sockaddr *)&address, sizeof address);
    http->adding = NULL;
    return result == MHD_YES ? 0 : -1;
}

int http_fd(const struct http *http)
{
    return http->fd;
}

int http_timeout(struct http *http)
{
    MHD_UNSIGNED_LONG_LONG milliseconds;

    if (MHD_get_timeout(http->daemon, &milliseconds) != MHD_YES)
        return -1;
    return milliseconds > 60000 ? 60000 : (int)milliseconds;
}

void http_run(struct http *http)
{
    MHD_run(http->daemon);
}

void http_answer(struct http *http, struct exchange *exchange)
{
    (void)http;
    exchange->step = EXCHANGE_ANSWERS;
    MHD_resume_connection(exchange->suspended);
    exchange->suspended = NULL;
}
