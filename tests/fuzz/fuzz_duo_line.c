/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a line between module and helper, as a verdict, and as a request. */
#include "base/percent.h"
#include "wire/duo_line.h"
#include "wire/duo_request.h"
#include "wire/duo_verdict.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A line that was understood is written back the same: it has no second spelling. */
static void check_round_trip(const struct duo_line *line, const char *text, size_t length)
{
    static char again[DUO_LINE_MAX];
    size_t used = strlen(line->word);

    memcpy(again, line->word, used);
    for (size_t i = 0; i < line->count; i++) {
        again[used++] = ' ';
        assert(percent_encode(again + used, sizeof again - used, line->values[i]) == 0);
        used += strlen(again + used);
    }
    assert(used == length && memcmp(again, text, length) == 0);
}

/* The same bytes through a socket, as the helper reads its request. */
static void receive(const uint8_t *data, size_t size)
{
    static struct duo_channel channel;
    static struct duo_request request;
    struct deadline deadline = deadline_in(1000);
    struct fault fault;
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return;
    if (send(pair[0], data, size, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)size) {
        shutdown(pair[0], SHUT_WR);
        channel.fd = pair[1];
        channel.used = 0;
        if (duo_request_receive(&request, &channel, &deadline, &fault) == 0)
            assert(request.purpose == DUO_LOGIN || request.purpose == DUO_CHECK);
        else
            assert(request.secret_key[0] == '\0');
    }
    close(pair[0]);
    close(pair[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct duo_line line;
    static struct duo_verdict verdict;
    const char *text = (const char *)data, *end = text + size;

    for (const char *start = text; start < end;) {
        const char *newline = memchr(start, '\n', (size_t)(end - start));
        size_t length = (size_t)((newline != NULL ? newline : end) - start);

        if (duo_line_parse(&line, start, length) == 0) {
            check_round_trip(&line, start, length);
            if (duo_verdict_read(&verdict, &line) == 0 && duo_reason_verdict(verdict.reason) == VERDICT_ACCEPTED)
                assert(strncmp(start, "verdict accepted ", 17) == 0);
        }
        start += length + (newline != NULL ? 1 : 0);
    }
    receive(data, size);
    return 0;
}
