/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The pam_mfa authors */
/* Every file in libconfig's format. The first byte chooses whose. */
#include "config/duo_profile.h"
#include "fuzz.h"
#include "config/host.h"
#include "config/svm.h"
#include "totp/profile.h"
#include "totp/state.h"

union content {
    struct host host;
    struct svm svm;
    struct duo_profile duo;
};

/* What a file is read over: a key that it does not have keeps its default. */
static void set_defaults(union content *content, size_t which)
{
    memset(content, 0, sizeof *content);
    if (which == 0)
        content->host = (struct host){.state_dir = "/s", .svm_dir = "/v", .seal_key = "/k", .duo_helper = "/h", .store_socket = "/r", .seal_dir = "/d"};
    else if (which == 1)
        svm_defaults(&content->svm, "cluster");
    else
        duo_profile_defaults(&content->duo);
}

/* What is written of what was read reads the same. */
static void check_round_trip(const struct conf_field *fields, const void *content, size_t which)
{
    union content again;
    struct fault fault;
    size_t length, length_again;
    char *text = conf_text(fields, content, &length), *text_again;

    /* A list that must not be empty can be left out of a file, but not be written empty: who writes fills it first. */
    if (which == 1 && ((const union content *)content)->svm.factor_names.count == 0) {
        free(text);
        return;
    }
    set_defaults(&again, which);
    MUST(text != NULL && strlen(text) == length);
    MUST(conf_parse("again", text, length, fields, &again, &fault) == 0);
    text_again = conf_text(fields, &again, &length_again);
    MUST(text_again != NULL && strcmp(text, text_again) == 0);
    conf_free(fields, &again);
    free(text);
    free(text_again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct conf_field *const tables[] = {host_fields, svm_fields, duo_profile_fields};
    union content content;
    struct profile profile;
    struct state state;
    struct fault fault = {.text = ""};
    size_t length, which;
    char *text, *written;

    if (size == 0)
        return 0;
    which = data[0] % 5;
    text = fuzz_text(data + 1, size - 1);
    if (which < 3) {
        set_defaults(&content, which);
        if (conf_parse("file", text, size - 1, tables[which], &content, &fault) == 0)
            check_round_trip(tables[which], &content, which);
        else
            MUST(fault.text[0] != '\0');
        conf_free(tables[which], &content);
    } else if (which == 3) {
        if (profile_parse("file", text, size - 1, "cluster", "alice", &profile, &fault) == 0) {
            written = profile_text(&profile, &length);
            MUST(written != NULL && profile_parse("again", written, length, "cluster", "alice", &profile, &fault) == 0);
            free(written);
        }
    } else if (state_parse("file", text, size - 1, "cluster", "alice", &state, &fault) == 0) {
        struct state again;

        written = state_text(&state, &length);
        MUST(written != NULL && state_parse("again", written, length, "cluster", "alice", &again, &fault) == 0);
        state_free(&again);
        state_free(&state);
        free(written);
    }
    free(text);
    return 0;
}
