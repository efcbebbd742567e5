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
#include "store/store.h"

#include "store/store_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A profile that has been read, and the bytes it was read from. */
struct store_seen {
    struct file_data data;
    struct profile profile;
};

static int read_seal_key(struct store *store, const char *path, struct fault *fault)
{
    /* Its group is the one that may enter the state directory: mfa-enroll's, and nobody's at login. */
    const struct file_rule rule = {.owner = 0, .forbidden = 0137, .size_max = CRYPTO_KEY_BYTES,
                                   .reader = &store->dir.group};
    struct file_data data;
    int result = -1;

    switch (file_read_path(path, &rule, &data, fault)) {
    case FOUND:
        if (data.length == sizeof store->seal_key) {
            memcpy(store->seal_key, data.data, sizeof store->seal_key);
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

int store_open_without_key(struct store *store, const struct host *host, const char *svm, struct fault *fault)
{
    struct dir parent;
    enum found found;

    *store = (struct store){.dir = DIR_CLOSED};
    if (!name_is_valid(svm))
        return fault_set(fault, "the name of the SVM cannot be part of a path");
    strcpy(store->svm, svm);
    store->seen = calloc(1, sizeof *store->seen);
    if (store->seen == NULL)
        return fault_set(fault, "out of memory");
    found = dir_open(&parent, NULL, host->state_dir, 0, fault);
    if (found == FOUND)
        found = dir_open(&store->dir, &parent, svm, 07, fault);
    dir_close(&parent);
    if (found == FOUND_NOTHING)
        fault_set(fault, "%s/%s: does not exist; make it with: mfactl %s", host->state_dir, svm,
                  strcmp(svm, "cluster") == 0 ? "init" : "svm create");
    if (found == FOUND)
        return 0;
    store_close(store);
    return -1;
}

int store_open(struct store *store, const struct host *host, const char *svm, struct fault *fault)
{
    if (store_open_without_key(store, host, svm, fault) != 0)
        return -1;
    if (read_seal_key(store, host->seal_key, fault) == 0)
        return 0;
    store_close(store);
    return -1;
}

void store_close(struct store *store)
{
    /* A store of zeros was never opened, and descriptor 0 is not its. */
    if (store->svm[0] != '\0')
        dir_close(&store->dir);
    if (store->seen != NULL)
        file_data_free(&store->seen->data);
    free(store->seen);
    crypto_wipe(store, sizeof *store);
}

static enum found read_record(const struct store *store, const struct account *account, enum user_file record,
                              struct file_data *data, char path[DIR_PATH_SIZE + FILE_NAME_SIZE], struct fault *fault)
{
    const struct file_rule rule = {.owner = account->uid, .forbidden = 0177, .size_max = RECORD_SIZE_MAX};
    char name[FILE_NAME_SIZE];
    enum found found;

    file_name(name, account, record);
    snprintf(path, DIR_PATH_SIZE + FILE_NAME_SIZE, "%s/%s", store->dir.path, name);
    found = file_read(&store->dir, name, &rule, data, fault);
    /* What we write ends with a newline; a file without its last bytes could still parse. */
    if (found == FOUND && (data->length == 0 || data->data[data->length - 1] != '\n')) {
        fault_set(fault, "%s: is cut short, expected a newline at the end; restore it from a backup, or run: mfactl "
                  "totp delete --user %s", path, account->name);
        file_data_free(data);
        found = FOUND_FAULT;
    }
    return found;
}

enum found store_read(const struct store *store, const struct account *account, struct profile *profile,
                      struct fault *fault)
{
    char path[DIR_PATH_SIZE + FILE_NAME_SIZE];
    struct store_seen *seen = store->seen;
    struct file_data data;
    enum found found = read_record(store, account, RECORD_PROFILE, &data, path, fault);

    *profile = (struct profile){0};
    /* The same bytes say the same, if they say it of the same user. */
    if (found == FOUND && data.length == seen->data.length && memcmp(data.data, seen->data.data, data.length) == 0 &&
        strcmp(seen->profile.user, account->name) == 0)
        *profile = seen->profile;
    else if (found == FOUND &&
             profile_parse(path, data.data, data.length, store->svm, account->name, profile, fault) != 0)
        found = FOUND_FAULT;
    else if (found == FOUND) {
        file_data_free(&seen->data);
        *seen = (struct store_seen){data, *profile};
        return found;
    }
    file_data_free(&data);
    return found;
}

/* FOUND_NOTHING leaves an empty state, which is right for a user without a profile and for nobody else. */
enum found store_read_state(const struct store *store, const struct account *account, struct state *state,
                            struct fault *fault)
{
    char path[DIR_PATH_SIZE + FILE_NAME_SIZE];
    struct file_data data;
    enum found found = read_record(store, account, RECORD_STATE, &data, path, fault);

    *state = (struct state){0};
    if (found == FOUND && state_parse(path, data.data, data.length, store->svm, account->name, state, fault) != 0)
        found = FOUND_FAULT;
    file_data_free(&data);
    return found;
}

static int write_record(const struct store *store, const struct account *account, enum user_file record, char *text,
                        size_t length, struct fault *fault)
{
    char name[FILE_NAME_SIZE];
    int result;

    if (text == NULL)
        return fault_set(fault, "%s: out of memory", store->dir.path);
    file_name(name, account, record);
    result = file_replace(&store->dir, name, account->uid, 0600, text, length, fault);
    free(text);
    return result;
}

/* Writes a state of COUNT records and PUSHES. */
static int write_state(const struct store *store, const struct account *account, const struct totp_state *records,
                       size_t count, const struct push_state *pushes, struct fault *fault)
{
    struct totp_state copies[2];
    struct push_state push_copies = *pushes;
    struct state state = {.totp = {copies, count}, .pushes = {push_copies.pushes, push_copies.count}};
    size_t length = 0;
    char *text;

    if (count > 0)
        memcpy(copies, records, count * sizeof *records);
    strcpy(state.svm, store->svm);
    strcpy(state.user, account->name);
    text = state_text(&state, &length);
    return write_record(store, account, RECORD_STATE, text, length, fault);
}

/* Everything of one user, read under the lock. */
struct held {
    int lock;
    enum found found; /* of the profile */
    struct profile profile;
    struct totp_state totp; /* of that profile */
    enum found state_found; /* FOUND_FAULT only without a profile, and then with PUSHES empty */
    struct push_state pushes;
    struct fault state_fault;
};

/* Finds the profile's record in STATE. */
static int hold_totp(const struct store *store, const struct account *account, const struct state *state,
                     struct held *held, struct fault *fault)
{
    const struct totp_state *totp = state_totp(state, held->profile.profile_id);

    /* A state that does not know the profile is as bad as none. */
    if (totp == NULL)
        return fault_set(fault, "%s/%s.state: has no record of the user's profile, so it is unknown which codes are "
                         "used up; restore it from a backup, or run: mfactl totp delete --user %s", store->dir.path,
                         account->name, account->name);
    held->totp = *totp;
    return 0;
}

/* Takes the lock and reads. On success the caller ends with release(). */
static int hold(const struct store *store, const struct account *account, struct held *held, struct fault *fault)
{
    char name[FILE_NAME_SIZE];
    struct state state = {0};

    held->pushes = (struct push_state){0};
    file_name(name, account, RECORD_LOCK);
    held->lock = file_lock(&store->dir, name, account->uid, LOCK_WAIT_MS, fault);
    if (held->lock < 0)
        return -1;
    held->found = store_read(store, account, &held->profile, fault);
    if (held->found != FOUND_FAULT) {
        held->state_found = store_read_state(store, account, &state, &held->state_fault);
        if (held->state_found == FOUND && state.pushes.count > 0) {
            memcpy(held->pushes.pushes, state.pushes.items, state.pushes.count * sizeof(struct push));
            held->pushes.count = state.pushes.count;
        }
    }
    /*
     * Without a profile the records in the state mean nothing: they may be left of a deletion or an enrolment that was
     * killed, and a state that cannot be read must not keep anyone from enrolling.
     */
    if (held->found == FOUND && held->state_found == FOUND_FAULT) {
        *fault = held->state_fault;
        held->found = FOUND_FAULT;
    } else if (held->found == FOUND && hold_totp(store, account, &state, held, fault) != 0)
        held->found = FOUND_FAULT;
    state_free(&state);
    if (held->found != FOUND_FAULT)
        return 0;
    close(held->lock);
    return -1;
}

static void release(struct held *held)
{
    close(held->lock);
    held->lock = -1;
}

static int fault_mark(const struct store *store, const struct account *account, const char *what, struct fault *fault)
{
    return fault_set(fault, "%s/%s.lock: cannot %s the mark of an attempt: %s; free space on that file system if it is "
                     "full (see df), else see the kernel log", store->dir.path, account->name, what, strerror(errno));
}

/*
 * The mark is in the lock file, since that is open, and a byte of it is written in place. It is not synced: what a killed
 * process wrote is there, and nobody but the power can take it back.
 */
static int mark(const struct store *store, const struct account *account, const struct held *held, struct fault *fault)
{
    return pwrite(held->lock, "!", 1, 0) == 1 ? 0 : fault_mark(store, account, "write", fault);
}

int store_unmark(const struct store *store, const struct account *account, int lock, struct fault *fault)
{
    return ftruncate(lock, 0) == 0 ? 0 : fault_mark(store, account, "remove", fault);
}

static int write_held(const struct store *store, const struct account *account, const struct held *held,
                      struct fault *fault)
{
    return write_state(store, account, &held->totp, held->found == FOUND ? 1 : 0, &held->pushes, fault);
}

enum found store_update(const struct store *store, const struct account *account, store_decide *decide, void *context,
                        struct fault *fault)
{
    struct held held;
    enum found found;

    if (hold(store, account, &held, fault) != 0)
        return FOUND_FAULT;
    found = held.found;
    if (found == FOUND) {
        switch (decide(context, &held.profile, &held.totp, fault)) {
        case STORE_KEEP: break;
        case STORE_FAIL: found = FOUND_FAULT; break;
        case STORE_WRITE:
            if (write_held(store, account, &held, fault) != 0 || store_unmark(store, account, held.lock, fault) != 0)
                found = FOUND_FAULT;
            break;
        }
    }
    release(&held);
    return found;
}

/* Counts an attempt whose mark is still there. */
static int count_unended(const struct store *store, const struct account *account, struct held *held,
                         store_count *count, void *context, struct fault *fault)
{
    struct stat status;

    if (fstat(held->lock, &status) != 0)
        return fault_mark(store, account, "find", fault);
    if (status.st_size == 0)
        return 0;
    count(context, &held->totp, (long long)status.st_mtime);
    return write_held(store, account, held, fault);
}

/* Lets DECIDE decide on what is marked. The mark stays where what it decided cannot be written. */
static int settle(const struct store *store, const struct account *account, struct held *held, store_decide *decide,
                  void *context, struct fault *fault)
{
    struct fault untold; /* what DECIDE has told is more to the point */

    switch (decide(context, &held->profile, &held->totp, fault)) {
    case STORE_KEEP: return store_unmark(store, account, held->lock, fault);
    case STORE_WRITE:
        return write_held(store, account, held, fault) == 0 ? store_unmark(store, account, held->lock, fault) : -1;
    case STORE_FAIL: store_unmark(store, account, held->lock, &untold); break;
    }
    return -1;
}

enum found store_attempt(const struct store *store, const struct account *account, store_count *count,
                         store_looks *looks, store_decide *decide, void *context, struct fault *fault)
{
    struct held held;
    enum found found;

    if (hold(store, account, &held, fault) != 0)
        return FOUND_FAULT;
    found = held.found;
    if (found == FOUND && (count_unended(store, account, &held, count, context, fault) != 0 ||
                           (looks(context, &held.profile, &held.totp) && mark(store, account, &held, fault) != 0) ||
                           settle(store, account, &held, decide, context, fault) != 0))
        found = FOUND_FAULT;
    release(&held);
    return found;
}

int store_update_pushes(const struct store *store, const struct account *account, store_decide_pushes *decide,
                        void *context, struct fault *fault)
{
    struct held held;
    int result = -1;

    if (hold(store, account, &held, fault) != 0)
        return -1;
    if (held.state_found == FOUND_FAULT)
        *fault = held.state_fault;
    else {
        switch (decide(context, &held.pushes, fault)) {
        case STORE_KEEP: result = 0; break;
        case STORE_FAIL: break;
        case STORE_WRITE:
            result = write_held(store, account, &held, fault);
            break;
        }
    }
    release(&held);
    return result;
}

/* Whole profiles are compared: a comment or a switch that an administrator changed meanwhile counts too. */
static bool is_as_expected(const struct held *held, const struct profile *expected)
{
    char *present_text, *expected_text;
    size_t length;
    bool same;

    if (held->found != FOUND || expected == NULL)
        return held->found != FOUND && expected == NULL;
    present_text = profile_text(&held->profile, &length);
    expected_text = profile_text(expected, &length);
    same = present_text != NULL && expected_text != NULL && strcmp(present_text, expected_text) == 0;
    free(present_text);
    free(expected_text);
    return same;
}

enum store_change store_put(const struct store *store, const struct account *account, const struct profile *expected,
                            const struct profile *profile, long long last_step, struct fault *fault)
{
    struct totp_state records[2] = {0};
    size_t count = 0, length = 0;
    struct profile parsed;
    struct held held;
    char *text;
    int result = 0;

    fault_set(fault, "%s: out of memory", store->dir.path);
    /* What could not be read back must not be written. */
    text = profile_text(profile, &length);
    if (text == NULL || profile_parse("the new profile", text, length, store->svm, account->name, &parsed, fault) != 0 ||
        hold(store, account, &held, fault) != 0) {
        free(text);
        return STORE_CHANGE_FAULT;
    }
    if (!is_as_expected(&held, expected)) {
        free(text);
        release(&held);
        return STORE_CHANGE_CONFLICT;
    }
    if (held.found != FOUND || strcmp(held.profile.profile_id, profile->profile_id) != 0) {
        strcpy(records[count].profile_id, profile->profile_id);
        records[count].last_step = last_step;
        if (held.found == FOUND && strcmp(held.profile.sha_fingerprint, profile->sha_fingerprint) == 0 &&
            held.totp.last_step > last_step)
            records[count].last_step = held.totp.last_step;
        count++;
        if (held.found == FOUND)
            records[count++] = held.totp;
        result = write_state(store, account, records, count, &held.pushes, fault);
    }
    if (result == 0)
        result = write_record(store, account, RECORD_PROFILE, text, length, fault);
    else
        free(text);
    if (result == 0 && count > 0) /* another profile: an attempt at the old one is none at it */
        result = store_unmark(store, account, held.lock, fault);
    release(&held);
    return result == 0 ? STORE_CHANGE_DONE : STORE_CHANGE_FAULT;
}

enum store_change store_delete(const struct store *store, const struct account *account,
                               const struct profile *expected, struct fault *fault)
{
    char profile[FILE_NAME_SIZE], state[FILE_NAME_SIZE];
    struct held held;
    int result;

    if (hold(store, account, &held, fault) != 0)
        return STORE_CHANGE_FAULT;
    if (!is_as_expected(&held, expected)) {
        release(&held);
        return STORE_CHANGE_CONFLICT;
    }
    file_name(profile, account, RECORD_PROFILE);
    file_name(state, account, RECORD_STATE);
    /* The profile first: it decides. The lock stays, since another process may be waiting for it. */
    result = file_remove(&store->dir, profile, fault);
    if (result == 0)
        result = held.pushes.count > 0 ? write_state(store, account, NULL, 0, &held.pushes, fault)
                                       : file_remove(&store->dir, state, fault);
    if (result == 0)
        result = store_unmark(store, account, held.lock, fault);
    release(&held);
    return result == 0 ? STORE_CHANGE_DONE : STORE_CHANGE_FAULT;
}
