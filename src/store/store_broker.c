/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: an answer counts only whole; whatever it says must be waited for is bounded; a broker that is not there, or
 * lets go, is a fault of this host and never a store that cannot be reached.
 */
#include "store/store_broker.h"

#include "base/crypto.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char *const reasons[] = {"store_unavailable", "store_clock", "store_refused", "store_full", "store_record",
                                      "store_went_back", "store_halted", "store_contention", "store_broker",
                                      "store_moving", "attempt_unanswered"};

const char *store_broker_reason(const struct fault *fault)
{
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (strcmp(fault->field, reasons[i]) == 0)
            return reasons[i];
    return NULL;
}

int store_broker_open(struct store_broker *broker, const struct host *host, const struct host_fleet *fleet,
                      struct fault *fault)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    broker->fd = -1;
    /* It waits for the clock and for the store; whatever takes longer is not going to be answered. */
    broker->milliseconds = 2000 * fleet->timeout + 3000;
    if (strlen(host->store_socket) >= sizeof address.sun_path)
        return fault_set(fault, "store_socket has more than %zu bytes", sizeof address.sun_path - 1);
    strcpy(address.sun_path, host->store_socket);
    broker->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (broker->fd >= 0 && connect(broker->fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return 0;
    return fault_set_field(fault, "store_broker", "%s: cannot connect: %s; see whether mfa-stored is running: systemctl "
                           "status mfa-stored.socket", host->store_socket, strerror(errno));
}

void store_broker_close(struct store_broker *broker)
{
    if (broker->fd >= 0)
        close(broker->fd);
    broker->fd = -1;
    crypto_wipe(broker->bytes, sizeof broker->bytes);
}

static int lost(struct fault *fault, const char *what)
{
    return fault_set_field(fault, "store_broker", "mfa-stored %s", what);
}

/* Waits for EVENTS. */
static int wait_for(const struct store_broker *broker, short events, const struct deadline *deadline, struct fault *fault)
{
    struct pollfd polled = {.fd = broker->fd, .events = events};

    for (;;) {
        int ready = poll(&polled, 1, deadline_left(deadline));

        if (ready > 0)
            return 0;
        if (ready == 0)
            return lost(fault, "does not answer in time");
        if (errno != EINTR)
            return lost(fault, "cannot be waited for");
    }
}

static int send_all(struct store_broker *broker, const unsigned char *data, size_t length, struct fault *fault)
{
    const struct deadline deadline = deadline_in(broker->milliseconds);

    while (length > 0) {
        ssize_t put = send(broker->fd, data, length, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (put > 0) {
            data += put;
            length -= (size_t)put;
        } else if (put < 0 && errno == EAGAIN) {
            if (wait_for(broker, POLLOUT, &deadline, fault) != 0)
                return -1;
        } else if (put == 0 || errno != EINTR)
            return lost(fault, "has let go");
    }
    return 0;
}

static int receive_all(struct store_broker *broker, unsigned char *data, size_t length, const struct deadline *deadline,
                       struct fault *fault)
{
    while (length > 0) {
        ssize_t got = recv(broker->fd, data, length, MSG_DONTWAIT);

        if (got > 0) {
            data += got;
            length -= (size_t)got;
        } else if (got < 0 && errno == EAGAIN) {
            if (wait_for(broker, POLLIN, deadline, fault) != 0)
                return -1;
        } else if (got == 0 || errno != EINTR)
            return lost(fault, "has let go");
    }
    return 0;
}

int store_broker_tell(struct store_broker *broker, enum frame_word word, const struct store_part *parts, size_t count,
                      struct fault *fault)
{
    size_t length = store_frame_build(broker->bytes, word, parts, count);

    if (length == 0)
        return fault_set(fault, "the message to mfa-stored is too long");
    return send_all(broker, broker->bytes, length, fault);
}

/* What the broker says is wrong, with its reason as the field. */
static int take_fault(const struct store_frame *frame, struct fault *fault)
{
    char reason[64], text[512];
    enum fault_class class = FAULT_OTHER;

    if (frame->count != 2 || store_part_string(&frame->parts[0], reason, sizeof reason) != 0 ||
        store_part_string(&frame->parts[1], text, sizeof text) != 0)
        return lost(fault, "sends what is no answer");
    fault_set_field(fault, reason, "%s", text);
    if (strcmp(reason, "store_record") == 0)
        class = FAULT_BROKEN;
    else if (strcmp(reason, "store_refused") == 0)
        class = FAULT_REFUSED;
    else if (strcmp(reason, "store_contention") == 0)
        class = FAULT_BUSY;
    else if (frame->word == FRAME_UNAVAILABLE &&
             (strcmp(reason, "store_unavailable") == 0 || strcmp(reason, "store_clock") == 0))
        class = FAULT_UNAVAILABLE;
    fault->class = class;
    return -1;
}

int store_broker_ask(struct store_broker *broker, enum frame_word word, const struct store_part *parts, size_t count,
                     struct store_frame *answer, struct fault *fault)
{
    const struct deadline deadline = deadline_in(broker->milliseconds);
    size_t length;

    if (store_broker_tell(broker, word, parts, count, fault) != 0 ||
        receive_all(broker, broker->bytes, STORE_FRAME_HEAD, &deadline, fault) != 0)
        return -1;
    length = store_frame_length(broker->bytes);
    if (length == 0)
        return lost(fault, "sends what is no answer");
    if (receive_all(broker, broker->bytes + STORE_FRAME_HEAD, length, &deadline, fault) != 0)
        return -1;
    if (store_frame_parse(answer, broker->bytes + STORE_FRAME_HEAD, length) != 0)
        return lost(fault, "sends what is no answer");
    if (answer->word == FRAME_DONE || answer->word == FRAME_CONFLICT)
        return 0;
    return take_fault(answer, fault);
}
