/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: an answer is taken whole or not at all; what goes into a header is plain text on one line.
 * What MUST NOT happen: a worker, which may be in the hands of whoever it works for, steering more than its own answer.
 */
#include "gateway/answer.h"

#include "base/crypto.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void answer_free(struct answer *answer)
{
    if (answer->body != NULL)
        crypto_wipe(answer->body, answer->head.length);
    free(answer->body);
    *answer = (struct answer){0};
}

int answer_error(struct answer *answer, int status, const char *code, const char *message)
{
    char *body;
    int length = asprintf(&body, "{\n  \"error\": {\n    \"message\": \"%s\",\n    \"code\": \"%s\",\n"
                          "    \"arguments\": []\n  }\n}\n", message, code);

    *answer = (struct answer){0};
    if (length < 0)
        return -1;
    answer->head = (struct answer_head){.mark = ANSWER_MARK, .status = status, .length = (uint32_t)length};
    answer->body = body;
    return 0;
}

static int write_all(int fd, const void *data, size_t length)
{
    const char *next = data;

    while (length > 0) {
        ssize_t count = write(fd, next, length);

        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return -1;
        next += count;
        length -= (size_t)count;
    }
    return 0;
}

int answer_write(int fd, const struct answer *answer)
{
    if (write_all(fd, &answer->head, sizeof answer->head) != 0)
        return -1;
    return write_all(fd, answer->body, answer->head.length);
}

/* Whether TEXT of SIZE bytes ends within them, and can stand in a header. */
static bool is_header_text(const char *text, size_t size)
{
    if (memchr(text, '\0', size) == NULL)
        return false;
    for (; *text != '\0'; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}

int answer_parse(struct answer *answer, const char *data, size_t length)
{
    struct answer_head *head = &answer->head;

    *answer = (struct answer){0};
    if (length < sizeof *head)
        return -1;
    memcpy(head, data, sizeof *head);
    if (head->mark != ANSWER_MARK || head->length != length - sizeof *head || head->status < 200 ||
        head->status > 599 || !is_header_text(head->allow, sizeof head->allow) ||
        !is_header_text(head->location, sizeof head->location)) {
        *answer = (struct answer){0};
        return -1;
    }
    answer->body = malloc((size_t)head->length + 1);
    if (answer->body == NULL) {
        *answer = (struct answer){0};
        return -1;
    }
    memcpy(answer->body, data + sizeof *head, head->length);
    answer->body[head->length] = '\0';
    return 0;
}
