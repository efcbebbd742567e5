/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files: <user>.totp (profile), <user>.state, <user>.lock, in one directory an SVM.
 *
 * What MUST hold:
 *  - a profile appears, changes and vanishes in one rename or unlink of <user>.totp, under the user's lock;
 *  - the state a profile needs is on the disk before the profile is: <user>.state holds the record of the old profile
 *    and that of the new one until the rename has decided between them;
 *  - a profile without its record in the state is a fault. It never counts as "nothing used yet";
 *  - an attempt is marked in <user>.lock before it is decided on, and the mark goes when the decision is written;
 *  - whoever writes the state for TOTP keeps the pushes, and the other way round.
 * What MUST NOT happen: trusting a file that its owner or anyone else could have changed by other means than ours;
 * a state rolled back, or written by two processes at once.
 */
#include "store/store_files.h"

#include "base/shell.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_seal_key(struct files *files, const char *path, struct fault *fault)
{
    /* Its group is the one that may enter the state directory: mfa-enroll's, and nobody's at login. */
    const struct file_rule rule = {.owner = 0, .linked = true, .forbidden = 0137, .mode = 0640,
                                   .size_max = CRYPTO_KEY_BYTES,
                                   .reader = &files->dir.group};
    struct file_data data;
    int result = -1;

    switch (file_read_path(path, &rule, &data, fault)) {
    case FOUND:
        if (data.length == CRYPTO_KEY_BYTES) {
            seal_set_key(&files->store.seal, (const unsigned char *)data.data);
            result = 0;
        } else
            fault_set(fault, "%s: is %zu bytes long, expected %d; restore it from a backup (a new key makes every "
                      "enrolment useless)", path, data.length, CRYPTO_KEY_BYTES);
        break;
    case FOUND_NOTHING:
        fault_set(fault, "%s: does not exist; restore it from a backup, or on a new host run: mfactl init", path);
        break;
    case FOUND_FAULT: break;
    }
    file_data_free(&data);
    return result;
}

static void files_close(struct store *store)
{
    struct files *files = (struct files *)store;

    dir_close(&files->dir);
    crypto_wipe(files, sizeof *files);
    free(files);
}

static int broken(struct fault *fault)
{
    fault->class = FAULT_BROKEN;
    return -1;
}

static enum found read_record(const struct files *files, const struct store_owner *owner, enum user_file record,
                              struct file_data *data, char path[DIR_PATH_SIZE + FILE_NAME_SIZE], struct fault *fault)
{
    const struct file_rule rule = {.owner = owner->uid, .forbidden = 0177, .size_max = RECORD_SIZE_MAX};
    char name[FILE_NAME_SIZE];
    enum found found;

    file_name(name, owner->name, record);
    snprintf(path, DIR_PATH_SIZE + FILE_NAME_SIZE, "%s/%s", files->dir.path, name);
    found = file_read(&files->dir, name, &rule, data, fault);
    /* What we write ends with a newline; a file without its last bytes could still parse. */
    if (found == FOUND && (data->length == 0 || data->data[data->length - 1] != '\n')) {
        fault_set_class(fault, FAULT_BROKEN, "%s: is cut short, expected a newline at the end; restore it from a backup, "
                        "or run: mfactl totp delete --svm %s --user %s", path, shell_word(files->store.svm).text,
                        shell_word(owner->name).text);
        file_data_free(data);
        found = FOUND_FAULT;
    }
    return found;
}

enum found files_read_profile(const struct files *files, const struct store_owner *owner, struct profile *profile,
                              struct fault *fault)
{
    char path[DIR_PATH_SIZE + FILE_NAME_SIZE];
    struct file_data data;
    enum found found = read_record(files, owner, RECORD_PROFILE, &data, path, fault);

    *profile = (struct profile){0};
    if (found == FOUND &&
        profile_parse(path, data.data, data.length, files->store.svm, owner->name, profile, fault) != 0) {
        broken(fault);
        found = FOUND_FAULT;
    }
    file_data_free(&data);
    return found;
}

/* FOUND_NOTHING leaves an empty state, which is right for a user without a profile and for nobody else. */
static enum found read_state(const struct files *files, const struct store_owner *owner, struct state *state,
                             struct fault *fault)
{
    char path[DIR_PATH_SIZE + FILE_NAME_SIZE];
    struct file_data data;
    enum found found = read_record(files, owner, RECORD_STATE, &data, path, fault);

    *state = (struct state){0};
    if (found == FOUND && state_parse(path, data.data, data.length, files->store.svm, owner->name, state, fault) != 0) {
        broken(fault);
        found = FOUND_FAULT;
    }
    file_data_free(&data);
    return found;
}

/* Takes what STATE has of ENTRY's profile. */
static int take_state(const struct files *files, const struct store_owner *owner, const struct state *state,
                      struct store_entry *entry, struct fault *fault)
{
    const struct totp_state *totp = state_totp(state, entry->profile.profile_id);

    if (state->pushes.count > 0)
        memcpy(entry->pushes.pushes, state->pushes.items, state->pushes.count * sizeof(struct push));
    entry->pushes.count = state->pushes.count;
    if (!entry->enrolled)
        return 0;
    /* A state that does not know the profile is as bad as none. */
    if (totp == NULL)
        return fault_set_class(fault, FAULT_BROKEN, "%s/%s.state: has no record of the user's profile, so it is unknown "
                               "which codes are used up; restore it from a backup, or run: mfactl totp delete --svm %s "
                               "--user %s", files->dir.path, owner->name, shell_word(files->store.svm).text,
                               shell_word(owner->name).text);
    entry->totp = *totp;
    return 0;
}

static int files_read_once(const struct files *files, const struct store_owner *owner, struct store_entry *entry,
                           struct fault *fault)
{
    enum found found = files_read_profile(files, owner, &entry->profile, fault);
    struct state state;
    int result = -1;

    if (found == FOUND_FAULT)
        return -1;
    entry->enrolled = found == FOUND;
    if (read_state(files, owner, &state, fault) != FOUND_FAULT)
        result = take_state(files, owner, &state, entry, fault);
    state_free(&state);
    return result;
}

/* Without the lock, two files are not one snapshot: what a replacement in between broke is read again. */
static int files_read(const struct store *store, const struct store_owner *owner, struct store_entry *entry,
                      struct fault *fault)
{
    int result = -1;

    for (int tries = 0; tries < 8 && result != 0; tries++) {
        *entry = (struct store_entry){0};
        result = files_read_once((const struct files *)store, owner, entry, fault);
        if (result != 0 && fault->class != FAULT_BROKEN)
            break;
    }
    if (result != 0)
        *entry = (struct store_entry){0};
    return result;
}

static int write_record(const struct files *files, const struct store_owner *owner, enum user_file record, char *text,
                        size_t length, struct fault *fault)
{
    char name[FILE_NAME_SIZE];
    int result;

    if (text == NULL)
        return fault_set(fault, "%s: out of memory", files->dir.path);
    file_name(name, owner->name, record);
    result = file_replace(&files->dir, name, owner->uid, 0600, text, length, fault);
    free(text);
    return result;
}

/* Writes a state of COUNT records and PUSHES. */
int files_write_state(const struct files *files, const struct store_owner *owner, const struct totp_state *records,
                      size_t count, const struct push_state *pushes, struct fault *fault)
{
    struct totp_state copies[2];
    struct push_state push_copies = *pushes;
    struct state state = {.totp = {copies, count}, .pushes = {push_copies.pushes, push_copies.count}};
    size_t length = 0;
    char *text;

    if (count > 0)
        memcpy(copies, records, count * sizeof *records);
    strcpy(state.svm, files->store.svm);
    snprintf(state.user, sizeof state.user, "%s", owner->name);
    text = state_text(&state, &length);
    return write_record(files, owner, RECORD_STATE, text, length, fault);
}

/* Everything of one owner, read under the lock. */
struct held {
    const struct files *files;
    const struct store_owner *owner;
    int lock;
    struct store_entry entry;
};

/* Takes the lock and reads. On success the caller ends with release(). */
static int hold(const struct store *store, const struct store_owner *owner, struct held *held, struct fault *fault)
{
    char name[FILE_NAME_SIZE];

    *held = (struct held){.files = (const struct files *)store, .owner = owner};
    file_name(name, owner->name, RECORD_LOCK);
    held->lock = file_lock(&held->files->dir, name, owner->uid, LOCK_WAIT_MS, fault);
    if (held->lock < 0)
        return -1;
    if (files_read_once(held->files, owner, &held->entry, fault) == 0)
        return 0;
    close(held->lock);
    return -1;
}

static void release(struct held *held)
{
    close(held->lock);
    held->lock = -1;
}

static int fault_mark(const struct files *files, const struct store_owner *owner, const char *what, struct fault *fault)
{
    return fault_set(fault, "%s/%s.lock: cannot %s the mark of an attempt: %s; free space on that file system if it is "
                     "full (see df), else see the kernel log", files->dir.path, owner->name, what, strerror(errno));
}

/*
 * The mark is in the lock file, since that is open, and a byte of it is written in place. It is not synced: what a killed
 * process wrote is there, and nobody but the power can take it back.
 */
static int mark(const struct held *held, struct fault *fault)
{
    return pwrite(held->lock, "!", 1, 0) == 1 ? 0 : fault_mark(held->files, held->owner, "write", fault);
}

int files_unmark(const struct files *files, const struct store_owner *owner, int lock, struct fault *fault)
{
    return ftruncate(lock, 0) == 0 ? 0 : fault_mark(files, owner, "remove", fault);
}

/* Writes ENTRY's profile in place of that which is held: the state that it needs is on the disk before. */
static int write_profile(const struct held *held, const struct store_entry *entry, bool is_another, struct fault *fault)
{
    struct totp_state records[2] = {entry->totp, held->entry.totp};
    struct profile parsed;
    size_t length = 0;
    char *text = profile_text(&entry->profile, &length);

    /* What could not be read back must not be written. */
    if (text != NULL && profile_parse("the new profile", text, length, held->files->store.svm, held->owner->name, &parsed,
                                      fault) != 0) {
        free(text);
        return -1;
    }
    if (is_another && files_write_state(held->files, held->owner, records, held->entry.enrolled ? 2 : 1, &entry->pushes,
                                        fault) != 0) {
        free(text);
        return -1;
    }
    return write_record(held->files, held->owner, RECORD_PROFILE, text, length, fault);
}

/* Makes what is kept that which ENTRY says. */
static int write_entry(struct held *held, struct store_entry *entry, struct fault *fault)
{
    const struct store_entry *before = &held->entry;
    bool is_another = !before->enrolled || strcmp(before->profile.profile_id, entry->profile.profile_id) != 0;
    bool settles;

    strcpy(entry->totp.profile_id, entry->profile.profile_id);
    settles = entry->enrolled && (is_another || memcmp(&entry->totp, &before->totp, sizeof entry->totp) != 0);
    if (entry->enrolled && (is_another || !profile_equals(&entry->profile, &before->profile)) &&
        write_profile(held, entry, is_another, fault) != 0)
        return -1;
    if (!is_another || !entry->enrolled)
        if (files_write_state(held->files, held->owner, &entry->totp, entry->enrolled ? 1 : 0, &entry->pushes, fault) != 0)
            return -1;
    /* Another profile, or a state that somebody has set: an attempt that never ended is none at it. */
    return settles ? files_unmark(held->files, held->owner, held->lock, fault) : 0;
}

static int remove_entry(const struct held *held, const struct store_entry *entry, struct fault *fault)
{
    char profile[FILE_NAME_SIZE], state[FILE_NAME_SIZE];
    int result;

    file_name(profile, held->owner->name, RECORD_PROFILE);
    file_name(state, held->owner->name, RECORD_STATE);
    /* The profile first: it decides. The lock stays, since another process may be waiting for it. */
    result = file_remove(&held->files->dir, profile, fault);
    if (result == 0)
        result = entry->pushes.count > 0 ? files_write_state(held->files, held->owner, NULL, 0, &entry->pushes, fault)
                                         : file_remove(&held->files->dir, state, fault);
    return result == 0 ? files_unmark(held->files, held->owner, held->lock, fault) : -1;
}

static int files_change(const struct store *store, const struct store_owner *owner, store_decide *decide, void *context,
                        struct fault *fault)
{
    struct store_entry entry;
    struct held held;
    int result = -1;

    if (hold(store, owner, &held, fault) != 0)
        return -1;
    entry = held.entry;
    switch (decide(context, &entry, fault)) {
    case STORE_FAIL: break;
    case STORE_KEEP: result = 0; break;
    case STORE_WRITE: result = write_entry(&held, &entry, fault); break;
    case STORE_REMOVE: result = remove_entry(&held, &entry, fault); break;
    }
    release(&held);
    return result;
}

static int write_state_of(const struct held *held, const struct store_entry *entry, struct fault *fault)
{
    return files_write_state(held->files, held->owner, &entry->totp, entry->enrolled ? 1 : 0, &entry->pushes, fault);
}

/* Counts an attempt whose mark is still there. */
static int count_unended(struct held *held, const struct store_guess *guess, void *context, struct fault *fault)
{
    struct stat status;

    if (fstat(held->lock, &status) != 0)
        return fault_mark(held->files, held->owner, "find", fault);
    if (status.st_size == 0 || !held->entry.enrolled)
        return 0;
    guess->count(context, &held->entry, (long long)status.st_mtime);
    return write_state_of(held, &held->entry, fault);
}

/* Lets DECIDE decide on what is marked. The mark stays where what it decided cannot be written. */
static int settle(struct held *held, const struct store_guess *guess, void *context, struct fault *fault)
{
    struct store_entry entry = held->entry;
    struct fault untold; /* what DECIDE has told is more to the point */

    switch (guess->decide(context, &entry, fault)) {
    case STORE_KEEP: return files_unmark(held->files, held->owner, held->lock, fault);
    case STORE_WRITE:
        return write_state_of(held, &entry, fault) == 0 ? files_unmark(held->files, held->owner, held->lock, fault) : -1;
    case STORE_REMOVE:
    case STORE_FAIL: files_unmark(held->files, held->owner, held->lock, &untold); break;
    }
    return -1;
}

static int files_attempt(const struct store *store, const struct store_owner *owner, const struct store_guess *guess,
                         void *context, struct fault *fault)
{
    struct held held;
    int result = -1;

    if (hold(store, owner, &held, fault) != 0)
        return -1;
    if (count_unended(&held, guess, context, fault) == 0 &&
        (!guess->looks(context, &held.entry) || mark(&held, fault) == 0))
        result = settle(&held, guess, context, fault);
    release(&held);
    return result;
}

static const struct store_table table = {
    .read = files_read,
    .find_renamed = files_find_renamed,
    .change = files_change,
    .attempt = files_attempt,
    .close = files_close,
};

struct store *files_open(const struct host *host, const char *svm, bool needs_seal, struct fault *fault)
{
    struct fault untold;
    struct files *files;
    struct dir parent;
    enum found found;

    if (!name_is_valid(svm)) {
        fault_set(fault, "the name of the SVM cannot be part of a path");
        return NULL;
    }
    files = calloc(1, sizeof *files);
    if (files == NULL) {
        fault_set(fault, "out of memory");
        return NULL;
    }
    *files = (struct files){.store = {.table = &table}, .dir = DIR_CLOSED};
    strcpy(files->store.svm, svm);
    found = dir_open(&parent, NULL, host->state_dir, 0, fault);
    if (found == FOUND)
        found = dir_open(&files->dir, &parent, svm, 07, fault);
    dir_close(&parent);
    /* init makes what is missing of every SVM that there is. */
    if (found == FOUND_NOTHING)
        fault_set_class(fault, FAULT_ABSENT, "%s/%s: does not exist; run: mfactl init", host->state_dir, svm);
    if (found == FOUND && (read_seal_key(files, host->seal_key, needs_seal ? fault : &untold) == 0 || !needs_seal))
        return &files->store;
    files_close(&files->store);
    return NULL;
}
