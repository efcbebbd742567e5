/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: what a client sends is bounded, in bytes and in time, before it is kept; a request is worked on once it
 * is whole, and once.
 * What MUST NOT happen: this in a process that has more rights than the client.
 */
#include "gateway/http.h"

#include "base/crypto.h"
#include "base/deadline.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SECOND 1000
#define UNREAD_MS 10 /* how often to look whether the client has read on */

/* One connection, which carries one request and one answer. */
struct exchange {
    const struct http_service *service;
    struct message *message;
    struct answer *answer;
    struct deadline head, whole, sent;
    enum {
        EXCHANGE_WAITS,  /* for the request's header */
        EXCHANGE_READS,  /* the request's body */
        EXCHANGE_ANSWERS
    } step;
    bool is_too_large;
    bool target_is_too_long;
    bool is_sent;   /* all of the answer */
    bool is_closed;
};

void message_free(struct message *message)
{
    if (message->body != NULL)
        crypto_wipe(message->body, message->body_length);
    free(message->body);
    free(message->target);
    free(message->accept);
    *message = (struct message){.method = ""};
}

static void notify_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                              enum MHD_ConnectionNotificationCode code)
{
    struct exchange *exchange = context;

    (void)connection;
    (void)socket_context;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED)
        exchange->is_closed = true;
}

static void notify_completed(void *context, struct MHD_Connection *connection, void **request,
                             enum MHD_RequestTerminationCode code)
{
    struct exchange *exchange = context;

    (void)connection;
    (void)request;
    exchange->is_sent = exchange->step == EXCHANGE_ANSWERS && code == MHD_REQUEST_TERMINATED_COMPLETED_OK;
}

/* The target as it came, before anything is decoded. */
static void *note_target(void *context, const char *target, struct MHD_Connection *connection)
{
    struct exchange *exchange = context;

    (void)connection;
    if (exchange->message->target != NULL)
        return NULL;
    if (strlen(target) > LIMIT_TARGET)
        exchange->target_is_too_long = true;
    else
        exchange->message->target = strdup(target);
    return NULL;
}

/* The body stays the answer's, which outlives the connection. */
static void keep_body(void *context)
{
    (void)context;
}

static enum MHD_Result add_header(struct MHD_Response *response, const char *name, const char *value)
{
    return value[0] == '\0' ? MHD_YES : MHD_add_response_header(response, name, value);
}

static enum MHD_Result send_answer(struct MHD_Connection *connection, struct exchange *exchange)
{
    const struct answer *answer = exchange->answer;
    const char *type = answer->length == 0 ? ""
                       : answer->metrics   ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                       : answer->hal       ? "application/hal+json"
                                           : "application/json";
    struct MHD_Response *response;
    enum MHD_Result result = MHD_NO;

    exchange->step = EXCHANGE_ANSWERS;
    exchange->sent = deadline_in(LIMIT_SECONDS * SECOND);
    if (exchange->service->begin(exchange->service->context) != 0)
        return MHD_NO;
    response = MHD_create_response_from_buffer_with_free_callback_cls(answer->length, answer->body, keep_body, NULL);
    if (response == NULL)
        return MHD_NO;
    if (add_header(response, "Connection", "close") == MHD_YES &&
        add_header(response, "Content-Type", type) == MHD_YES &&
        add_header(response, "Cache-Control", answer->secret ? "no-store" : "") == MHD_YES &&
        add_header(response, "Allow", answer->allow) == MHD_YES &&
        add_header(response, "Location", answer->location) == MHD_YES &&
        add_header(response, "Retry-After", answer->status == 503 ? "1" : "") == MHD_YES)
        result = MHD_queue_response(connection, (unsigned int)answer->status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, struct exchange *exchange, int status,
                              const char *message)
{
    if (answer_error(exchange->answer, status, "2", message) != 0)
        return MHD_NO;
    return send_answer(connection, exchange);
}

static enum MHD_Result take_header(struct MHD_Connection *connection, struct exchange *exchange, const char *method)
{
    struct message *message = exchange->message;
    const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length");
    const char *accept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Accept");
    /* MHD has seen to it that this is a number. */
    const unsigned long long announced = length != NULL ? strtoull(length, NULL, 10) : 0;

    exchange->step = EXCHANGE_READS;
    snprintf(message->method, sizeof message->method, "%s", method);
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
    message->accept = accept == NULL ? NULL : strdup(accept);
    return accept == NULL || message->accept != NULL ? MHD_YES : MHD_NO;
}

/* Room for LENGTH more bytes of the body, and a NUL. Doubled, so that a body in small pieces is not copied again and again. */
static int make_room(struct message *message, size_t length)
{
    size_t needed = message->body_length + length + 1, size = message->body_size == 0 ? 1024 : message->body_size;
    char *larger;

    if (needed <= message->body_size)
        return 0;
    while (size < needed)
        size *= 2;
    larger = malloc(size);
    if (larger == NULL)
        return -1;
    if (message->body != NULL) {
        memcpy(larger, message->body, message->body_length);
        crypto_wipe(message->body, message->body_length);
        free(message->body);
    }
    message->body = larger;
    message->body_size = size;
    return 0;
}

static void take_body(struct exchange *exchange, const char *data, size_t length)
{
    struct message *message = exchange->message;

    if (exchange->is_too_large || length > LIMIT_BODY - message->body_length || make_room(message, length) != 0) {
        exchange->is_too_large = true;
        return;
    }
    memcpy(message->body + message->body_length, data, length);
    message->body_length += length;
    message->body[message->body_length] = '\0';
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *data, size_t *length, void **request)
{
    struct exchange *exchange = context;

    (void)url;
    (void)version;
    (void)request;
    switch (exchange->step) {
    case EXCHANGE_WAITS: return take_header(connection, exchange, method);
    case EXCHANGE_READS:
        if (*length > 0) {
            take_body(exchange, data, *length);
            *length = 0;
            return MHD_YES;
        }
        if (exchange->is_too_large)
            return refuse(connection, exchange, 413, "the body is too large");
        if (exchange->service->work(exchange->service->context, exchange->message, exchange->answer) != 0)
            return MHD_NO;
        return send_answer(connection, exchange);
    case EXCHANGE_ANSWERS: break;
    }
    return MHD_NO; /* one request a connection */
}

/*
 * Whether the client has taken all that was sent. On a Unix socket what the other end has not read is still counted at
 * this one; and an end that is closed with something unread leaves an error behind, before what was unread is dropped.
 */
static bool is_taken(int fd, const struct deadline *deadline)
{
    shutdown(fd, SHUT_WR); /* whoever reads to the end comes to it */
    for (;;) {
        int unread = 0, error = 0;
        socklen_t length = sizeof error;

        if (ioctl(fd, SIOCOUTQ, &unread) != 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0 ||
            error != 0)
            return false;
        if (unread == 0)
            return true;
        if (deadline_left(deadline) == 0)
            return false;
        poll(NULL, 0, UNREAD_MS);
    }
}

static int time_left(const struct exchange *exchange)
{
    switch (exchange->step) {
    case EXCHANGE_WAITS: return deadline_left(&exchange->head);
    case EXCHANGE_READS: return deadline_left(&exchange->whole);
    case EXCHANGE_ANSWERS: break;
    }
    return deadline_left(&exchange->sent);
}

/* Until the connection is closed, by whichever side, or its time is over. */
static void run(struct MHD_Daemon *daemon, const struct exchange *exchange, int fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int left;

    if (MHD_add_connection(daemon, fd, (struct sockaddr *)&address, sizeof address) != MHD_YES)
        return;
    if (MHD_run(daemon) != MHD_YES)
        return;
    while (!exchange->is_closed && (left = time_left(exchange)) > 0)
        if (MHD_run_wait(daemon, left) != MHD_YES)
            return;
}

enum http_end http_serve(int fd, const struct http_service *service, struct message *message, struct answer *answer)
{
    struct exchange exchange = {.service = service, .message = message, .answer = answer,
                                .head = deadline_in(LIMIT_HEAD_SECONDS * SECOND),
                                .whole = deadline_in(LIMIT_SECONDS * SECOND)};
    struct MHD_Daemon *daemon;
    int copy;

    *message = (struct message){.method = ""};
    *answer = (struct answer){0};
    daemon = MHD_start_daemon(MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, handle, &exchange,
                              MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)(32 * 1024), MHD_OPTION_STRICT_FOR_CLIENT, 1,
                              MHD_OPTION_URI_LOG_CALLBACK, note_target, &exchange, MHD_OPTION_NOTIFY_CONNECTION,
                              notify_connection, &exchange, MHD_OPTION_NOTIFY_COMPLETED, notify_completed, &exchange,
                              MHD_OPTION_END);
    copy = daemon == NULL ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0); /* MHD closes what it is given */
    if (copy >= 0)
        run(daemon, &exchange, copy);
    if (daemon != NULL)
        MHD_stop_daemon(daemon);
    if (exchange.step != EXCHANGE_ANSWERS)
        return HTTP_NOTHING;
    if (!exchange.is_sent)
        return HTTP_LOST;
    return answer->undo == NULL || is_taken(fd, &exchange.sent) ? HTTP_SENT : HTTP_LOST;
}
