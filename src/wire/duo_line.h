/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lines that module and helper say to each other over a socket. A line is a word and up to DUO_LINE_VALUES values,
 * separated by one space each, every value percent-encoded (percent.h), ended by a newline:
 *
 *   module: NAME VALUE   a field of the request (duo_request.h); `go` ends the request
 *   helper: info TEXT    to be shown
 *           prompt TEXT  to be shown, and a line to be read: answered by `answer TEXT` or `silence`
 *           ring KIND    a person is about to be rung: `push`, `phone` or `sms`; answered by `yes` once that is counted, or
 *                        `no`
 *           verdict WORD REASON DETAIL   the end (duo_verdict.h)
 */
#ifndef PAM_MFA_DUO_LINE_H
#define PAM_MFA_DUO_LINE_H

#include "base/deadline.h"

#include <stdbool.h>
#include <stddef.h>

#define DUO_LINE_MAX 16384 /* bytes of a line with its newline */
#define DUO_LINE_VALUES 3

struct duo_line {
    char text[DUO_LINE_MAX];
    const char *word;
    const char *values[DUO_LINE_VALUES]; /* point into `text`; decoded, so any bytes but NUL */
    size_t count;
};

/* One end of the socket, and what was received and not yet looked at. */
struct duo_channel {
    int fd;
    char buffer[DUO_LINE_MAX];
    size_t used;
};

enum duo_line_result {
    DUO_LINE_BAD = 0, /* no line: too long, or not of the form above */
    DUO_LINE_END,     /* the other side is gone */
    DUO_LINE_LATE,    /* the deadline passed */
    DUO_LINE_OK
};

/* Takes apart TEXT of LENGTH bytes, without its newline. -1: it has another form. */
__attribute__((warn_unused_result)) int duo_line_parse(struct duo_line *line, const char *text, size_t length);

/* Receives the next line. With DEADLINE NULL, waits as long as it takes. */
__attribute__((warn_unused_result)) enum duo_line_result duo_line_receive(struct duo_channel *channel,
                                                                          const struct deadline *deadline,
                                                                          struct duo_line *line);

/* Sends WORD and COUNT VALUES. Never raises SIGPIPE. */
__attribute__((warn_unused_result)) enum duo_line_result duo_line_send(struct duo_channel *channel,
                                                                       const struct deadline *deadline,
                                                                       const char *word, const char *const *values,
                                                                       size_t count);

/* Whether LINE is WORD with COUNT values. */
bool duo_line_is(const struct duo_line *line, const char *word, size_t count);

#endif
