/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold:
 *  - it is turned over under the lock that those versions take, which may still run in a process that was started before;
 *  - the record is on the disk, with an attempt that was begun and never ended, before the first file goes. From then on the
 *    record counts, and files that are left say nothing;
 *  - what the present seal key does not open is left as it is: under another key it would be lost for good;
 *  - the state goes first: without it those versions refuse, where without the profile they would say "not enrolled".
 * What MUST NOT happen: a profile without its state taken for one of which nothing is used up.
 */
#include "store/earlier.h"

#include "base/shell.h"
#include "store/held.h"
#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_SIZE_MAX (64 * 1024)

enum { STATE, PROFILE, LOCK };
const char *const earlier_suffixes[EARLIER_COUNT] = {".state", ".totp", ".lock"};

static int broken(struct fault *fault)
{
    fault->class = FAULT_BROKEN;
    return -1;
}

static enum found read_file(const struct files *files, const struct store_owner *owner, const char *suffix,
                            struct file_data *data, char path[FILE_PATH_SIZE], struct fault *fault)
{
    const struct file_rule rule = {.owner = owner->uid, .forbidden = 0177, .size_max = FILE_SIZE_MAX};
    char name[FILE_NAME_SIZE];
    enum found found;

    files_name(name, owner->name, suffix);
    snprintf(path, FILE_PATH_SIZE, "%s/%s", files->dir.path, name);
    found = file_read(&files->dir, name, &rule, data, fault);
    /* What was written ended with a newline; a file without its last bytes could still parse. */
    if (found == FOUND && (data->length == 0 || data->data[data->length - 1] != '\n')) {
        fault_set_class(fault, FAULT_BROKEN, "%s: is cut short, expected a newline at the end; restore it from a backup, "
                        "or run: mfactl totp delete --svm %s --user %s", path, shell_word(files->store.svm).text,
                        shell_word(owner->name).text);
        file_data_free(data);
        found = FOUND_FAULT;
    }
    return found;
}

static enum found read_profile(const struct files *files, const struct store_owner *owner, struct profile *profile,
                               struct fault *fault)
{
    char path[FILE_PATH_SIZE];
    struct file_data data;
    enum found found = read_file(files, owner, earlier_suffixes[PROFILE], &data, path, fault);

    if (found == FOUND &&
        profile_parse(path, data.data, data.length, files->store.svm, owner->name, profile, fault) != 0) {
        broken(fault);
        found = FOUND_FAULT;
    }
    file_data_free(&data);
    return found;
}

/* Takes what STATE has of ENTRY's profile. */
static int take_state(const char *path, const struct files *files, const struct state *state, struct store_entry *entry,
                      struct fault *fault)
{
    const struct totp_state *totp = state_totp(state, entry->profile.profile_id);

    if (state->pushes.count > 0)
        memcpy(entry->pushes.pushes, state->pushes.items, state->pushes.count * sizeof(struct push));
    entry->pushes.count = state->pushes.count;
    if (!entry->enrolled)
        return 0;
    if (totp == NULL)
        return fault_set_class(fault, FAULT_BROKEN, "%s: has no record of the user's profile, so it is unknown which codes "
                               "are used up; restore it from a backup, or run: mfactl totp delete --svm %s --user %s", path,
                               shell_word(files->store.svm).text, shell_word(entry->profile.user).text);
    entry->totp = *totp;
    return 0;
}

static enum found read_state(const struct files *files, const struct store_owner *owner, struct store_entry *entry,
                             struct fault *fault)
{
    char path[FILE_PATH_SIZE];
    struct state state = {0};
    struct file_data data;
    enum found found = read_file(files, owner, earlier_suffixes[STATE], &data, path, fault);

    if (found == FOUND &&
        state_parse(path, data.data, data.length, files->store.svm, owner->name, &state, fault) != 0) {
        broken(fault);
        found = FOUND_FAULT;
    }
    file_data_free(&data);
    if (found != FOUND_FAULT && take_state(path, files, &state, entry, fault) != 0)
        found = FOUND_FAULT;
    state_free(&state);
    return found;
}

enum found earlier_read(const struct files *files, const struct store_owner *owner, struct store_entry *entry,
                        struct fault *fault)
{
    enum found profile, state;

    *entry = (struct store_entry){0};
    profile = read_profile(files, owner, &entry->profile, fault);
    if (profile == FOUND_FAULT)
        return FOUND_FAULT;
    entry->enrolled = profile == FOUND;
    state = read_state(files, owner, entry, fault);
    if (state == FOUND_FAULT)
        return FOUND_FAULT;
    return profile == FOUND || state == FOUND ? FOUND : FOUND_NOTHING;
}

struct totp_state earlier_assume(const struct earlier_worst *worst, const struct profile *profile)
{
    return (struct totp_state){.last_step = worst->now / profile->period + worst->window,
                               .used_codes = (1 << PROFILE_CODES_MAX) - 1};
}

/* With its lock held, whose file is LOCK (-1: there is none). */
static enum found turn_over(const struct files *files, const struct store_owner *owner, int lock,
                            const struct earlier_worst *worst, struct fault *fault)
{
    struct record_mark mark = {.sequence = 1};
    struct secrets secrets = {0};
    struct record record;
    struct store_entry entry;
    struct stat status;
    enum found found;

    /* Another process may have turned it over while this one waited. */
    found = held_look(files, owner, &record, fault);
    if (found != FOUND_NOTHING)
        return found;
    found = earlier_read(files, owner, &entry, fault);
    if (found == FOUND_FAULT && fault->class == FAULT_BROKEN && worst != NULL && entry.enrolled) {
        entry.totp = earlier_assume(worst, &entry.profile);
        found = FOUND;
    } else if (found == FOUND && lock >= 0) {
        if (fstat(lock, &status) != 0) {
            fault_set(fault, "%s/%s.lock: cannot fstat: %s", files->dir.path, owner->name, strerror(errno));
            return FOUND_FAULT;
        }
        mark.is_set = status.st_size > 0 && entry.enrolled;
        mark.at = (long long)status.st_mtime;
    }
    if (found != FOUND)
        return found;
    if (entry.enrolled && profile_unseal(&entry.profile, &files->store.seal, &secrets, fault) != 0)
        return FOUND_FAULT;
    secrets_wipe(&secrets);
    if (files_make(files, owner, &entry, &mark, fault) == FOUND_FAULT ||
        earlier_remove(files, owner->name, fault) != 0)
        return FOUND_FAULT;
    return FOUND;
}

/* What cannot be found out counts as being there: to open it then says why. (access(2) would ask for the real user id.) */
static bool exists(const struct files *files, const char *user, const char *suffix)
{
    char name[FILE_NAME_SIZE];
    struct stat status;

    files_name(name, user, suffix);
    return fstatat(files->dir.fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

enum found earlier_turn_over(const struct files *files, const struct store_owner *owner,
                             const struct earlier_worst *worst, struct fault *fault)
{
    const struct file_rule rule = {.owner = owner->uid, .forbidden = 0177, .size_max = FILE_LOCK_SIZE_MAX};
    char name[FILE_NAME_SIZE], path[FILE_PATH_SIZE];
    enum found found;
    int lock = -1;

    /* In this order: the files go once there is a record. */
    if (!exists(files, owner->name, earlier_suffixes[PROFILE]) && !exists(files, owner->name, earlier_suffixes[STATE]))
        return exists(files, owner->name, RECORD_SUFFIX) ? FOUND : FOUND_NOTHING;
    files_name(name, owner->name, earlier_suffixes[LOCK]);
    snprintf(path, sizeof path, "%s/%s", files->dir.path, name);
    found = file_open(&files->dir, name, O_RDWR, &rule, &lock, fault);
    if (found == FOUND && lock_take(lock, path, &files->memory->ended, fault) != 0)
        found = FOUND_FAULT;
    if (found != FOUND_FAULT)
        found = turn_over(files, owner, lock, worst, fault);
    if (lock >= 0)
        close(lock);
    return found;
}

int earlier_remove(const struct files *files, const char *user, struct fault *fault)
{
    for (size_t i = 0; i < EARLIER_COUNT; i++) {
        char name[FILE_NAME_SIZE];

        files_name(name, user, earlier_suffixes[i]);
        if (exists(files, user, earlier_suffixes[i]) && file_remove(&files->dir, name, fault) != 0)
            return -1;
    }
    return 0;
}
