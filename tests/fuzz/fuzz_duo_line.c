/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The pam_mfa authors */
/* The lines between module and helper, either side of which may have been taken over. */
#include "duo_line.h"
#include "duo_request.h"
#include "duo_verdict.h"
#include "fuzz.h"

#include <sys/socket.h>
#include <unistd.h>

/* Gives DATA to the one end of a socket and nothing more; returns the other. */
static struct duo_channel channel_with(const uint8_t *data, size_t size)
{
    struct duo_channel channel = {0};
    int ends[2];

    MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    if (size > 60000)
        size = 60000; /* what the socket takes in one go */
    MUST(write(ends[1], data, size) == (ssize_t)size);
    close(ends[1]);
    channel.fd = ends[0];
    return channel;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct duo_channel channel = channel_with(data, size);
    struct duo_request request;
    struct duo_verdict verdict;
    struct duo_line line;
    struct fault fault = {""};

    while (duo_line_receive(&channel, NULL, &line) == DUO_LINE_OK) {
        MUST(line.count <= DUO_LINE_VALUES);
        for (size_t i = 0; i < line.count; i++)
            MUST(strlen(line.values[i]) < DUO_LINE_MAX);
        if (duo_verdict_read(&verdict, &line) == 0)
            MUST(strcmp(line.word, "verdict") == 0 && strcmp(line.values[1], duo_reason_word(verdict.reason)) == 0);
    }
    close(channel.fd);

    channel = channel_with(data, size);
    if (duo_request_receive(&request, &channel, NULL, &fault) == 0)
        MUST(request.max_prompts >= 0);
    else
        MUST(fault.text[0] != '\0');
    duo_request_wipe(&request);
    close(channel.fd);
    return 0;
}
