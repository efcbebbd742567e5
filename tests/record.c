/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The pam_mfa authors */
/*
 * A user's record, read and set as no program of ours does it, past the throttle and the single use:
 *
 *   record SVM USER [NAME=VALUE...] [earlier]
 *
 * Sets last_step, failures, last_failure, used_codes, mark (the Unix seconds at which an attempt was begun that never
 * ended; 0: none) and pushes (Unix seconds, with commas; -: none). Then prints all of these, and sequence and enrolled, one
 * a line. With `earlier`, leaves the files of versions before the record in its place. A mark that holds no more is none. Runs as root, on the host's own pam_mfa.conf.
 */
#include "store/held.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char *text)
{
    fprintf(stderr, "record: %s\n", text);
    return 1;
}

static void set_pushes(struct push_state *pushes, const char *value)
{
    char *end;

    pushes->count = 0;
    while (pushes->count < STATE_PUSHES_MAX && strcmp(value, "-") != 0 && *value != '\0') {
        pushes->pushes[pushes->count++].at = strtoll(value, &end, 10);
        value = *end == ',' ? end + 1 : end;
    }
}

static int set(struct store_entry *entry, struct record_mark *mark, const char *argument)
{
    const char *value = strchr(argument, '=');
    size_t length = value != NULL ? (size_t)(value++ - argument) : 0;
    long long number = value != NULL ? strtoll(value, NULL, 10) : 0;
    struct totp_state *totp = &entry->totp;

    if (length == 9 && strncmp(argument, "last_step", length) == 0)
        totp->last_step = number;
    else if (length == 8 && strncmp(argument, "failures", length) == 0)
        totp->failures = (int)number;
    else if (length == 12 && strncmp(argument, "last_failure", length) == 0)
        totp->last_failure = number;
    else if (length == 10 && strncmp(argument, "used_codes", length) == 0)
        totp->used_codes = (int)number;
    else if (length == 6 && strncmp(argument, "pushes", length) == 0)
        set_pushes(&entry->pushes, value);
    else if (length == 4 && strncmp(argument, "mark", length) == 0)
        *mark = (struct record_mark){.is_set = number != 0, .at = number};
    else
        return -1;
    return 0;
}

static void print(const struct held *held, const struct store_entry *entry)
{
    printf("enrolled=%d\nsequence=%llu\nlast_step=%lld\nfailures=%d\nlast_failure=%lld\nused_codes=%d\nmark=%lld\n",
           entry->enrolled, (unsigned long long)held->record.sequence, entry->totp.last_step, entry->totp.failures,
           entry->totp.last_failure, entry->totp.used_codes, held_is_unsettled(held) ? held->mark.at : 0);
    printf("pushes=");
    for (size_t i = 0; i < entry->pushes.count; i++)
        printf("%s%lld", i > 0 ? "," : "", entry->pushes.pushes[i].at);
    puts(entry->pushes.count == 0 ? "-" : "");
}

static int write_earlier(const struct held *held, const char *suffix, const void *data, size_t length, struct fault *fault)
{
    char name[FILE_NAME_SIZE];

    files_name(name, held->owner->name, suffix);
    return data == NULL ? -1 : file_replace(&held->files->dir, name, held->owner->uid, 0600, data, length, fault);
}

static int turn_back(const struct held *held, struct store_entry *entry, struct fault *fault)
{
    struct state state = {.totp = {&entry->totp, entry->enrolled}, .pushes = {entry->pushes.pushes, entry->pushes.count}};
    char name[FILE_NAME_SIZE], *text;
    size_t length = 0;
    int result;

    strcpy(state.svm, held->files->store.svm);
    snprintf(state.user, sizeof state.user, "%s", held->owner->name);
    text = state_text(&state, &length);
    result = write_earlier(held, ".state", text, length, fault);
    free(text);
    text = profile_text(&entry->profile, &length);
    if (result == 0 && entry->enrolled)
        result = write_earlier(held, ".totp", text, length, fault);
    free(text);
    if (result == 0)
        result = write_earlier(held, ".lock", "!", held->mark.is_set, fault);
    files_name(name, held->owner->name, RECORD_SUFFIX);
    return result == 0 ? file_remove(&held->files->dir, name, fault) : -1;
}

static int run(struct held *held, int argc, char **argv, struct fault *fault)
{
    struct store_entry before, entry;
    struct record_mark mark = {0};
    struct record record;
    bool earlier = argc > 0 && strcmp(argv[argc - 1], "earlier") == 0;

    argc -= earlier;
    if (held_check_whole(held, fault) != 0 ||
        files_unpack(held->files, held->owner, &held->record, &before, fault) != 0)
        return -1;
    entry = before;
    for (int i = 0; i < argc; i++)
        if (set(&entry, &mark, argv[i]) != 0)
            return fault_set(fault, "%s: not known", argv[i]);
    if (argc > 0) {
        if (files_pack(held->files, held->owner, &before, &held->record, &entry, &record, fault) != 0 ||
            held_settle(held, fault) != 0 || held_write(held, &record, fault) != 0 || held_unmark(held, fault) != 0)
            return -1;
        mark.sequence = held->record.sequence;
        if (mark.is_set && held_mark(held, &mark, fault) != 0)
            return -1;
    }
    print(held, &entry);
    return earlier ? turn_back(held, &entry, fault) : 0;
}

int main(int argc, char **argv)
{
    struct fault fault = {.text = "nothing is kept of the user"};
    struct store_owner owner;
    struct account account;
    struct store *store;
    struct held *held = calloc(1, sizeof *held);
    struct host host;
    int result = 1;

    if (argc < 3 || held == NULL)
        return 2;
    if (host_read(PAM_MFA_CONF_DIR "/pam_mfa.conf", &host, &fault) != 0 ||
        account_find(argv[2], &account, &fault) != FOUND)
        return fail(fault.text);
    owner = store_owner(&account);
    store = store_open(&host, argv[1], &fault);
    if (store == NULL || held_take((struct files *)store, &owner, held, &fault) != FOUND)
        return fail(fault.text);
    result = run(held, argc - 3, argv + 3, &fault) == 0 ? 0 : fail(fault.text);
    held_release(held);
    store_close(store);
    host_free(&host);
    free(held);
    return result;
}
