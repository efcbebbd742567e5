/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The pam_mfa authors */
/* Text from strangers on its way to a log or a terminal. The first byte is how much room there is. */
#include "fuzz.h"
#include "base/text.h"

static void check_terminal(const char *text, size_t room)
{
    char out[300], again[300];

    text_for_terminal(out, room, text);
    if (room == 0)
        return;
    MUST(strlen(out) < room);
    for (const char *c = out; *c != '\0'; c++)
        MUST((unsigned char)*c >= ' ' && *c != 0x7f && strncmp(c, "\xc2\x9b", 2) != 0 && strncmp(c, "\xe2\x80\xae", 3) != 0);
    text_for_terminal(again, sizeof again, out); /* what is fit stays as it is */
    MUST(strcmp(out, again) == 0);
}

static void check_log(const char *text, size_t room)
{
    char line[400] = "";
    size_t quotes = 0;

    text_add_field(line, sizeof line, "user", text);
    text_add_field(line, sizeof line, "next", "x");
    MUST(strlen(line) >= strlen("user= next=x") && strcmp(line + strlen(line) - strlen(" next=x"), " next=x") == 0);
    for (char *c = line; *c != '\0'; c++) {
        MUST(*c >= ' ' && *c < 0x7f);
        if (*c == '\\')
            c++;
        else
            quotes += *c == '"';
    }
    MUST(quotes == 0 || quotes == 2);
    line[0] = '\0';
    text_add_field(line, room, "user", text);
    MUST(strlen(line) < room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text, trimmed[64];
    size_t room;

    if (size == 0)
        return 0;
    room = data[0];
    text = fuzz_text(data + 1, size - 1);
    check_terminal(text, room);
    check_log(text, room + 1);
    if (text_trim(trimmed, sizeof trimmed, text) == 0)
        MUST(strspn(trimmed, " \t\r\n") == 0 && strstr(text, trimmed) != NULL);
    else
        MUST(trimmed[0] == '\0');
    free(text);
    return 0;
}
