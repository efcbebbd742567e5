/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files: <user>.mfa, in one directory an SVM. One file holds all that is kept of a user (record.h), and is its own lock.
 *
 * An attempt goes through these steps, which the model in tests/model checks by the same names:
 *   lock    the user's record (lock.c)
 *   read    the newest whole slot, and the mark
 *   settle  a mark that is found is an attempt that never ended: the newest slot may be only in the kernel, so the same bytes
 *           go to the disk before the older one is written over; if no later slot settled it, it is counted
 *   mark    that an attempt has begun, at the newest slot's sequence: before the response is looked at
 *   look    the decision
 *   write   the next sequence to the slot that is not the newest one's, in place: no space is needed, no name changes
 *   sync    that slot, in the same call where the kernel can
 *   mirror  the same to the other slot, for a medium that loses one; nobody waits for the disk here
 *   unmark
 *   report, unlock
 *
 * What MUST hold:
 *  - the slot that is written over is never the only one on the disk with what was reported: nothing is written without a
 *    mark, which makes whoever finds it settle first;
 *  - a slot that is not whole is the write of an attempt that was never reported, or a medium that forgets, and then the
 *    other slot says the same, but for the time that the kernel takes to write it back. None whole is a fault. It never
 *    counts as "nothing used yet";
 *  - what is written to take the place of a profile or of its state settles the mark; what is not, carries it on;
 *  - a record that is there is what counts, whatever files of an earlier version are left beside it. It is made whole, under
 *    a name that nobody else makes, and its name is on the disk before anything is reported that rests on it.
 * What MUST NOT happen: trusting a file that its owner or anyone else could have changed by other means than ours; a
 * record taken away from under a process that has it locked, but for store_discard, which has the lock itself.
 */
#include "store/store_files.h"

#include "store/earlier.h"
#include "store/held.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TRIES 16 /* against others that make the record at the same time */

void files_name(char out[FILE_NAME_SIZE], const char *user, const char *suffix)
{
    size_t length = strnlen(user, NAME_SIZE - 1);

    memcpy(out, user, length);
    strcpy(out + length, suffix);
}

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
    if (files->memory != NULL)
        crypto_wipe(files->memory, sizeof *files->memory);
    free(files->memory);
    crypto_wipe(files, sizeof *files);
    free(files);
}

static struct part_owner part_owner(const struct files *files, const struct store_owner *owner)
{
    return (struct part_owner){&files->store.seal, files->store.svm, owner->name};
}

/* The same bytes say the same, if they say it of the same user. */
static int read_profile(const struct files *files, const struct part_owner *whose, const struct part *part,
                        struct profile *profile, struct fault *fault)
{
    struct files_memory *memory = files->memory;

    if (part->length == memory->part.length && memcmp(part->bytes, memory->part.bytes, part->length) == 0 &&
        strcmp(memory->profile.user, whose->user) == 0) {
        *profile = memory->profile;
        return 0;
    }
    if (part_read_profile(whose, part, profile, fault) != 0)
        return -1;
    memory->part = *part;
    memory->profile = *profile;
    return 0;
}

int files_unpack(const struct files *files, const struct store_owner *owner, const struct record *record,
                 struct store_entry *entry, struct fault *fault)
{
    const struct part_owner whose = part_owner(files, owner);

    *entry = (struct store_entry){.enrolled = record->profile.length > 0};
    if (part_read_pushes(&record->pushes, &entry->pushes, fault) != 0)
        return -1;
    if (!entry->enrolled)
        return 0;
    if (read_profile(files, &whose, &record->profile, &entry->profile, fault) != 0)
        return -1;
    return part_read_state(&whose, entry->profile.profile_id, &record->state, &entry->totp, fault);
}

int files_pack(const struct files *files, const struct store_owner *owner, const struct store_entry *before,
               const struct record *old, struct store_entry *entry, struct record *record, struct fault *fault)
{
    const struct part_owner whose = part_owner(files, owner);

    *record = *old;
    record->sequence++;
    part_make_pushes(&entry->pushes, &record->pushes);
    if (!entry->enrolled) {
        record->profile.length = 0;
        record->state.length = 0;
        return 0;
    }
    strcpy(entry->totp.profile_id, entry->profile.profile_id);
    if ((!before->enrolled || !profile_equals(&before->profile, &entry->profile)) &&
        part_make_profile(&whose, &entry->profile, &record->profile, fault) != 0)
        return -1;
    if (before->enrolled && totp_state_equals(&before->totp, &entry->totp))
        return 0;
    return part_make_state(&whose, &entry->totp, &record->state, fault);
}

enum found files_make(const struct files *files, const struct store_owner *owner, struct store_entry *entry,
                      const struct record_mark *mark, struct fault *fault)
{
    static const struct store_entry nothing;
    static const struct record before;
    unsigned char image[RECORD_SIZE] = {0};
    char name[FILE_NAME_SIZE];
    struct record record;
    enum found found;

    if (files_pack(files, owner, &nothing, &before, entry, &record, fault) != 0)
        return FOUND_FAULT;
    record_pack(&record, image);
    record_pack(&record, image + RECORD_SLOT_DISTANCE);
    record_pack_mark(mark, image + RECORD_MARK_AT);
    files_name(name, owner->name, RECORD_SUFFIX);
    found = file_make(&files->dir, name, owner->uid, image, sizeof image, fault);
    crypto_wipe(image, sizeof image);
    return found;
}

/* There is no record, and nothing of an earlier version that could not have become one while this looked. */
static int read_without_record(const struct files *files, const struct store_owner *owner, struct store_entry *entry,
                               struct fault *fault)
{
    struct record record;
    enum found earlier = earlier_read(files, owner, entry, fault), found;
    struct fault untold;

    if (earlier == FOUND)
        return 0;
    /* Its files go once there is a record. So if there is still none, what they said, or that they are not there, counts. */
    found = held_look(files, owner, &record, earlier == FOUND_FAULT ? &untold : fault);
    if (found == FOUND)
        return files_unpack(files, owner, &record, entry, fault);
    return found == FOUND_NOTHING && earlier == FOUND_NOTHING ? 0 : -1;
}

static int files_read(const struct store *store, const struct store_owner *owner, struct store_entry *entry,
                      struct fault *fault)
{
    const struct files *files = (const struct files *)store;
    struct record record;
    int result = -1;

    switch (held_look(files, owner, &record, fault)) {
    case FOUND: result = files_unpack(files, owner, &record, entry, fault); break;
    case FOUND_NOTHING: result = read_without_record(files, owner, entry, fault); break;
    case FOUND_FAULT: break;
    }
    if (result != 0)
        *entry = (struct store_entry){0};
    return result;
}

/* Whether ENTRY takes the place of the profile, or of the state, at which an attempt was begun. */
static bool settles(const struct store_entry *before, const struct store_entry *entry)
{
    return !entry->enrolled || !before->enrolled ||
           strcmp(before->profile.profile_id, entry->profile.profile_id) != 0 ||
           !totp_state_equals(&before->totp, &entry->totp);
}

static int write_change(struct held *held, const struct store_entry *before, struct store_entry *entry,
                        struct fault *fault)
{
    struct record_mark carried = held->mark;
    bool carries = held_is_unsettled(held) && !settles(before, entry);
    struct record record;

    if (files_pack(held->files, held->owner, before, &held->record, entry, &record, fault) != 0 ||
        held_settle(held, fault) != 0)
        return -1;
    carried.sequence = record.sequence;
    if (carries && held_mark(held, &carried, fault) != 0)
        return -1;
    if (held_write(held, &record, fault) != 0)
        return -1;
    return carries ? 0 : held_unmark(held, fault);
}

/* A decision about an owner of whom nothing is kept. *AGAIN: somebody else has made the record. */
static int change_nothing(const struct files *files, const struct store_owner *owner, store_decide *decide,
                          void *context, bool *again, struct fault *fault)
{
    static const struct record_mark unmarked;
    struct store_entry entry = {0};
    enum found found;

    switch (decide(context, &entry, fault)) {
    case STORE_FAIL: return -1;
    case STORE_KEEP:
    case STORE_REMOVE: return 0;
    case STORE_WRITE: break;
    }
    found = files_make(files, owner, &entry, &unmarked, fault);
    *again = found == FOUND;
    return found == FOUND_FAULT ? -1 : 0;
}

static int change_held(struct held *held, store_decide *decide, void *context, struct fault *fault)
{
    struct store_entry before, entry;

    if (held_check_whole(held, fault) != 0 ||
        files_unpack(held->files, held->owner, &held->record, &before, fault) != 0)
        return -1;
    entry = before;
    switch (decide(context, &entry, fault)) {
    case STORE_FAIL: return -1;
    case STORE_KEEP: return 0;
    case STORE_WRITE: break;
    case STORE_REMOVE: entry = (struct store_entry){.pushes = entry.pushes}; break;
    }
    return write_change(held, &before, &entry, fault);
}

static int files_change(const struct store *store, const struct store_owner *owner, store_decide *decide, void *context,
                        struct fault *fault)
{
    const struct files *files = (const struct files *)store;
    bool again = true;
    struct held held;
    int result = -1;

    for (int tries = 0; again && tries < TRIES; tries++) {
        again = false;
        switch (held_take(files, owner, &held, fault)) {
        case FOUND:
            result = change_held(&held, decide, context, fault);
            held_release(&held);
            break;
        case FOUND_NOTHING: result = change_nothing(files, owner, decide, context, &again, fault); break;
        case FOUND_FAULT: return -1;
        }
    }
    return again ? fault_set_class(fault, FAULT_BUSY, "%s: busy: the user's record comes and goes", files->dir.path)
                 : result;
}

/* Writes ENTRY, which was BEFORE, and unmarks. */
static int write_attempt(struct held *held, struct store_entry *before, struct store_entry *entry, struct fault *fault)
{
    struct record record;

    if (files_pack(held->files, held->owner, before, &held->record, entry, &record, fault) != 0 ||
        held_write(held, &record, fault) != 0)
        return -1;
    *before = *entry;
    return held_unmark(held, fault);
}

/*
 * Step settle: the attempt before is counted where its mark is found, unless a later slot has settled it. The mark is first
 * made to say this sequence, if it says a later one, so that what counts it settles it as well.
 */
static int settle(struct held *held, struct store_entry *entry, const struct store_guess *guess, void *context,
                  struct fault *fault)
{
    struct store_entry counted = *entry;
    struct record_mark mark = held->mark;

    if (!held->mark.is_set)
        return 0;
    if (held_settle(held, fault) != 0)
        return -1;
    if (!held_is_unsettled(held) || !entry->enrolled)
        return held_unmark(held, fault);
    mark.sequence = held->record.sequence;
    if (mark.sequence != held->mark.sequence && held_mark(held, &mark, fault) != 0)
        return -1;
    guess->count(context, &counted, mark.at);
    return write_attempt(held, entry, &counted, fault);
}

static int attempt_held(struct held *held, const struct store_guess *guess, void *context, struct fault *fault)
{
    struct store_entry before, entry;
    struct fault untold; /* what the decision has told is more to the point */

    if (held_check_whole(held, fault) != 0 ||
        files_unpack(held->files, held->owner, &held->record, &before, fault) != 0 ||
        settle(held, &before, guess, context, fault) != 0)
        return -1;
    if (guess->looks(context, &before)) {
        const struct record_mark mark = {true, held->record.sequence, (long long)time(NULL)};

        if (held_mark(held, &mark, fault) != 0)
            return -1;
    }
    entry = before;
    switch (guess->decide(context, &entry, fault)) {
    case STORE_KEEP: return held_unmark(held, fault);
    case STORE_WRITE: return write_attempt(held, &before, &entry, fault);
    case STORE_REMOVE:
    case STORE_FAIL: break;
    }
    /* A mark that cannot be removed is counted, which is the right side to err on. */
    (void)!held_unmark(held, &untold);
    return -1;
}

static int files_attempt(const struct store *store, const struct store_owner *owner, const struct store_guess *guess,
                         void *context, struct fault *fault)
{
    struct store_entry nothing = {0};
    struct held held;
    int result = -1;

    switch (held_take((const struct files *)store, owner, &held, fault)) {
    case FOUND:
        result = attempt_held(&held, guess, context, fault);
        held_release(&held);
        break;
    case FOUND_NOTHING:
        guess->looks(context, &nothing);
        result = guess->decide(context, &nothing, fault) == STORE_KEEP ? 0 : -1;
        break;
    case FOUND_FAULT: break;
    }
    return result;
}

static pid_t files_ended(const struct store *store)
{
    return ((const struct files *)store)->memory->ended;
}

static const struct store_table table = {
    .read = files_read,
    .find_renamed = files_find_renamed,
    .change = files_change,
    .attempt = files_attempt,
    .ended = files_ended,
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
    if (files != NULL) {
        *files = (struct files){.store = {.table = &table}, .dir = DIR_CLOSED, .memory = calloc(1, sizeof *files->memory)};
        strcpy(files->store.svm, svm);
    }
    if (files == NULL || files->memory == NULL) {
        fault_set(fault, "out of memory");
        free(files);
        return NULL;
    }
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
