/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: who a client is, the kernel says; a client that goes away, is stopped or sends nonsense after it has said
 * that it looks at a response has failed that attempt; nobody's connection keeps others waiting.
 */
#include "broker/broker.h"

#include "base/crypto.h"
#include "broker/request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ATTEMPT_MS 10000 /* an attempt that was begun and is not ended */
#define IDLE_MS 60000
#define FRAME_BYTES (STORE_FRAME_HEAD + STORE_FRAME_MAX)

struct client *client_new(struct broker *broker, int fd, const struct listener_peer *peer)
{
    struct client *client = calloc(1, sizeof *client);

    if (client == NULL)
        return NULL;
    client->broker = broker;
    client->fd = fd;
    client->peer = *peer;
    client->idle_since = fleet_now();
    return client;
}

static void buffer_free(struct client_buffer *buffer)
{
    if (buffer->data != NULL)
        crypto_wipe(buffer->data, buffer->room);
    free(buffer->data);
    *buffer = (struct client_buffer){0};
}

void client_free(struct client *client)
{
    if (client->fd >= 0)
        close(client->fd);
    calls_forget(client->broker, client);
    buffer_free(&client->in);
    buffer_free(&client->out);
    free(client->text);
    free(client);
}

/* A call that is under way goes on: a state that is being written is better than a cut-off. */
void client_end(struct client *client)
{
    if (client->fd < 0)
        return;
    close(client->fd);
    client->fd = -1;
    if (client->waits_for_clock) {
        client->waits_for_clock = false;
        client->word = 0; /* nothing was asked of the store yet, so nothing is waited for */
    }
    if (client->word == 0 || client->word == FRAME_READ || client->word == FRAME_BEGIN)
        request_end_attempt(client, true);
}

short client_events(const struct client *client)
{
    short events = 0;

    if (client->fd < 0)
        return 0;
    if (client->out.used > 0)
        events |= POLLOUT;
    else if (client->in.used < FRAME_BYTES)
        events |= POLLIN; /* also while a request is worked on: to see it go */
    return events;
}

static bool grow(struct client_buffer *buffer, size_t room)
{
    unsigned char *grown = buffer->room >= room ? buffer->data : realloc(buffer->data, room);

    if (grown == NULL)
        return false;
    buffer->data = grown;
    buffer->room = room > buffer->room ? room : buffer->room;
    return true;
}

/* Takes whole frames off the buffer, as long as none is worked on or waits to be sent. */
static void take_frames(struct client *client)
{
    while (client->fd >= 0 && client->word == 0 && client->out.used == 0 && client->in.used >= STORE_FRAME_HEAD) {
        size_t length = store_frame_length(client->in.data);
        struct store_frame frame;

        if (length == 0) {
            client_end(client);
            return;
        }
        if (client->in.used < STORE_FRAME_HEAD + length)
            return;
        if (store_frame_parse(&frame, client->in.data + STORE_FRAME_HEAD, length) != 0) {
            client_end(client);
            return;
        }
        client->idle_since = fleet_now();
        request_begin(client, &frame);
        client->in.used -= STORE_FRAME_HEAD + length;
        memmove(client->in.data, client->in.data + STORE_FRAME_HEAD + length, client->in.used);
    }
}

static void read_some(struct client *client)
{
    size_t want = client->in.used >= STORE_FRAME_HEAD ? STORE_FRAME_HEAD + store_frame_length(client->in.data) : 512;
    ssize_t got;

    if (want < 512)
        want = 512;
    if (want <= client->in.used)
        want = FRAME_BYTES;
    if (!grow(&client->in, want)) {
        client_end(client);
        return;
    }
    got = recv(client->fd, client->in.data + client->in.used, want - client->in.used, MSG_DONTWAIT);
    if (got > 0) {
        client->in.used += (size_t)got;
        take_frames(client);
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR))
        client_end(client);
}

static void write_some(struct client *client)
{
    ssize_t put = send(client->fd, client->out.data, client->out.used, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (put < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (put <= 0) {
        client_end(client);
        return;
    }
    client->out.used -= (size_t)put;
    memmove(client->out.data, client->out.data + put, client->out.used);
}

void client_ready(struct client *client, short events)
{
    if (client->fd >= 0 && (events & POLLOUT) != 0 && client->out.used > 0)
        write_some(client);
    else if (client->fd >= 0 && (events & (POLLIN | POLLOUT)) != 0)
        read_some(client);
}

bool client_tick(struct client *client, long long now)
{
    if (client->fd < 0)
        return client->word != 0;
    take_frames(client); /* that came before the answer was sent */
    if (client->fd < 0)
        return client->word != 0;
    if (client->looked && client->word == 0 && now - client->looked_at > ATTEMPT_MS)
        client_end(client);
    else if (client->word == 0 && now - client->idle_since > (client->begun ? ATTEMPT_MS : IDLE_MS))
        client_end(client);
    else if (client->waits_for_clock && now > client->clock_until)
        request_fail(client, FRAME_UNAVAILABLE, "store_unavailable", "the store's clock is not known yet");
    return client->fd >= 0 || client->word != 0;
}

void client_clock(struct client *client, const struct call_result *result)
{
    client->waits_for_clock = false;
    if (result->end == CALL_ANSWERED)
        request_read(client);
    else
        request_fail(client, result->end == CALL_UNAVAILABLE ? FRAME_UNAVAILABLE : FRAME_FAULT, result->reason, "%s",
                     result->text);
}

/* ---- what request.c sends with */

void request_answer(struct client *client, enum frame_word word, const struct store_part *parts, size_t count)
{
    size_t length;

    client->word = 0;
    client->idle_since = fleet_now();
    if (client->fd < 0)
        return;
    length = store_frame_build(client->broker->frame, word, parts, count);
    if (length == 0 || !grow(&client->out, length)) {
        client_end(client);
        return;
    }
    memcpy(client->out.data, client->broker->frame, length);
    client->out.used = length;
    write_some(client);
}
