/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: a line counts only whole, with its newline; the reader's memory is bounded whatever is sent.
 * What MUST NOT happen: two readings of one line. There is one spelling of each value, and no escape but it.
 */
#include "wire/duo_line.h"

#include "base/crypto.h"
#include "base/percent.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

int duo_line_parse(struct duo_line *line, const char *text, size_t length)
{
    const char *end = text + length, *stop = text;
    char *out = line->text;

    line->count = 0;
    line->word = "";
    if (length >= sizeof line->text)
        return -1;
    while (stop < end && ((*stop >= 'a' && *stop <= 'z') || *stop == '_'))
        *out++ = *stop++;
    if (stop == text)
        return -1;
    *out++ = '\0';
    line->word = line->text;
    while (stop < end) {
        const char *value = stop + 1;

        if (*stop != ' ' || line->count == DUO_LINE_VALUES)
            return -1;
        stop = memchr(value, ' ', (size_t)(end - value));
        if (stop == NULL)
            stop = end;
        if (percent_decode(out, (size_t)(line->text + sizeof line->text - out), value, (size_t)(stop - value)) != 0)
            return -1;
        line->values[line->count++] = out;
        out += strlen(out) + 1;
    }
    return 0;
}

/* Waits until EVENTS can be done with FD. */
static enum duo_line_result wait_for(int fd, short events, const struct deadline *deadline)
{
    struct pollfd pollfd = {.fd = fd, .events = events};

    for (;;) {
        int ready = poll(&pollfd, 1, deadline != NULL ? deadline_left(deadline) : -1);

        if (ready > 0)
            return DUO_LINE_OK;
        if (ready == 0)
            return DUO_LINE_LATE;
        /* The host program's signals interrupt the wait and do not end it. */
        if (errno != EINTR)
            return DUO_LINE_END;
    }
}

/* Takes the line of LENGTH bytes off the buffer. */
static enum duo_line_result take(struct duo_channel *channel, size_t length, struct duo_line *line)
{
    int result = duo_line_parse(line, channel->buffer, length);

    channel->used -= length + 1;
    memmove(channel->buffer, channel->buffer + length + 1, channel->used);
    crypto_wipe(channel->buffer + channel->used, length + 1);
    return result == 0 ? DUO_LINE_OK : DUO_LINE_BAD;
}

enum duo_line_result duo_line_receive(struct duo_channel *channel, const struct deadline *deadline,
                                      struct duo_line *line)
{
    for (;;) {
        const char *newline = memchr(channel->buffer, '\n', channel->used);
        enum duo_line_result ready;
        ssize_t got;

        if (newline != NULL)
            return take(channel, (size_t)(newline - channel->buffer), line);
        if (channel->used == sizeof channel->buffer)
            return DUO_LINE_BAD;
        ready = wait_for(channel->fd, POLLIN, deadline);
        if (ready != DUO_LINE_OK)
            return ready;
        got = recv(channel->fd, channel->buffer + channel->used, sizeof channel->buffer - channel->used, MSG_DONTWAIT);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got <= 0)
            return DUO_LINE_END;
        channel->used += (size_t)got;
    }
}

static enum duo_line_result send_all(int fd, const struct deadline *deadline, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t put = send(fd, text, length, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (put < 0 && errno == EAGAIN) {
            enum duo_line_result ready = wait_for(fd, POLLOUT, deadline);

            if (ready != DUO_LINE_OK)
                return ready;
            continue;
        }
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return DUO_LINE_END;
        text += put;
        length -= (size_t)put;
    }
    return DUO_LINE_OK;
}

enum duo_line_result duo_line_send(struct duo_channel *channel, const struct deadline *deadline, const char *word,
                                   const char *const *values, size_t count)
{
    char text[DUO_LINE_MAX];
    size_t used = strlen(word);
    enum duo_line_result result = DUO_LINE_BAD;

    memcpy(text, word, used);
    for (size_t i = 0; i < count; i++) {
        text[used++] = ' ';
        /* A byte is kept for the space or newline that follows. */
        if (percent_encode(text + used, sizeof text - used - 1, values[i]) != 0)
            goto out;
        used += strlen(text + used);
    }
    text[used++] = '\n';
    result = send_all(channel->fd, deadline, text, used);
out:
    crypto_wipe(text, sizeof text);
    return result;
}

bool duo_line_is(const struct duo_line *line, const char *word, size_t count)
{
    return strcmp(line->word, word) == 0 && line->count == count;
}
