/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: what is removed is removed under the user's locks; the record last, since it decides.
 * What MUST NOT happen: content believed that the module would not believe; another user's files touched; a state made
 * anew that lets a code be used twice.
 */
#include "store/store_files.h"

#include "store/earlier.h"
#include "store/held.h"
#include "store/lock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A stream of the directory's entries, with a position of its own. */
static DIR *open_entries(const struct files *files, struct fault *fault)
{
    int fd = openat(files->dir.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd < 0 ? NULL : fdopendir(fd);

    if (entries != NULL)
        return entries;
    fault_set(fault, "%s: cannot list: %s", files->dir.path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return NULL;
}

/* Whether NAME is a user's file with SUFFIX; the user's name into USER. */
static bool has_suffix(const char *name, const char *suffix, char user[NAME_SIZE])
{
    size_t length = strlen(name), end = strlen(suffix);

    if (length <= end || strcmp(name + length - end, suffix) != 0 || length - end >= NAME_SIZE)
        return false;
    memcpy(user, name, length - end);
    user[length - end] = '\0';
    return name_is_valid(user);
}

static bool is_earlier(const char *name, char user[NAME_SIZE])
{
    for (size_t i = 0; i < EARLIER_COUNT; i++)
        if (has_suffix(name, earlier_suffixes[i], user))
            return true;
    return false;
}

/* Users' names. */
struct users {
    char **names;
    size_t count, size;
};

static void users_free(struct users *users)
{
    for (size_t i = 0; i < users->count; i++)
        free(users->names[i]);
    free(users->names);
    *users = (struct users){0};
}

static int users_add(struct users *users, const char *name)
{
    char *copy = strdup(name);

    if (users->count == users->size) {
        char **larger = reallocarray(users->names, users->size * 2 + 64, sizeof *larger);

        if (larger != NULL) {
            users->names = larger;
            users->size = users->size * 2 + 64;
        }
    }
    if (copy == NULL || users->count == users->size) {
        free(copy);
        return -1;
    }
    users->names[users->count++] = copy;
    return 0;
}

static int compare_users(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The users of whom something is kept, with EARLIER_ONLY in an earlier version's form, each once, in order. */
static int users_read(const struct files *files, bool earlier_only, struct users *users, struct fault *fault)
{
    DIR *entries = open_entries(files, fault);
    struct dirent *entry;
    size_t kept = 0;
    int result = 0;

    *users = (struct users){0};
    if (entries == NULL)
        return -1;
    while (result == 0 && (errno = 0, entry = readdir(entries)) != NULL) {
        char user[NAME_SIZE];

        if ((!earlier_only && has_suffix(entry->d_name, RECORD_SUFFIX, user)) || is_earlier(entry->d_name, user))
            if (users_add(users, user) != 0)
                result = fault_set(fault, "%s: out of memory for the users' names", files->dir.path);
    }
    if (result == 0 && entry == NULL && errno != 0)
        result = fault_set(fault, "%s: cannot list: %s", files->dir.path, strerror(errno));
    closedir(entries);
    if (result != 0) {
        users_free(users);
        return -1;
    }
    if (users->count > 0)
        qsort(users->names, users->count, sizeof *users->names, compare_users);
    /* A user may have several files, and a directory that changes while it is read may show one twice. */
    for (size_t i = 0; i < users->count; i++) {
        if (kept > 0 && strcmp(users->names[kept - 1], users->names[i]) == 0)
            free(users->names[i]);
        else
            users->names[kept++] = users->names[i];
    }
    users->count = kept;
    return 0;
}

/* The owner of USER's file with SUFFIX into *UID. Returns whether there is such a file. */
static bool find_owner(const struct files *files, const char *user, const char *suffix, uid_t *uid)
{
    char name[FILE_NAME_SIZE];
    struct stat status;

    files_name(name, user, suffix);
    if (fstatat(files->dir.fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return false;
    *uid = status.st_uid;
    return true;
}

enum found files_find(const struct store *store, const char *name, uid_t *uid, struct fault *fault)
{
    const struct files *files = (const struct files *)store;

    (void)fault;
    if (!name_is_valid(name))
        return FOUND_NOTHING;
    if (find_owner(files, name, RECORD_SUFFIX, uid))
        return FOUND;
    for (size_t i = 0; i < EARLIER_COUNT; i++)
        if (find_owner(files, name, earlier_suffixes[i], uid))
            return FOUND;
    return FOUND_NOTHING;
}

bool files_may_be_enrolled(const struct files *files, const struct store_owner *owner)
{
    struct record record;
    struct fault untold;
    uid_t uid;

    switch (held_look(files, owner, &record, &untold)) {
    case FOUND: return record.profile.length > 0;
    case FOUND_NOTHING: return find_owner(files, owner->name, ".totp", &uid);
    case FOUND_FAULT: break;
    }
    return true;
}

static int files_list(const struct store *store, const char *after, store_visit *visit, void *context,
                      struct fault *fault)
{
    const struct files *files = (const struct files *)store;
    struct users users;
    int result = 0;

    if (users_read(files, false, &users, fault) != 0)
        return -1;
    for (size_t i = 0; i < users.count && result == 0; i++) {
        struct store_owner owner = {.name = users.names[i]};

        if (strcmp(owner.name, after) > 0 && files_find(store, owner.name, &owner.uid, fault) == FOUND &&
            files_may_be_enrolled(files, &owner))
            result = visit(context, &owner, fault);
    }
    users_free(&users);
    return result;
}

/* Takes the lock of USER's file with SUFFIX, whoever owns it and whatever it is. *FD becomes -1 if there is none to take. */
static int lock_any(const struct files *files, const char *user, const char *suffix, int *fd, struct fault *fault)
{
    char name[FILE_NAME_SIZE], path[FILE_PATH_SIZE];

    files_name(name, user, suffix);
    snprintf(path, sizeof path, "%s/%s", files->dir.path, name);
    /* What cannot be opened is no lock that anybody could have taken: it goes as it is. */
    *fd = openat(files->dir.fd, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    return *fd < 0 ? 0 : lock_take(*fd, path, &files->memory->ended, fault);
}

/* With all locks taken. */
static enum found discard_locked(const struct files *files, const struct store_owner *owner, bool unless_enrolled,
                                 struct fault *fault)
{
    bool enrolled = files_may_be_enrolled(files, owner);
    char name[FILE_NAME_SIZE];

    if (enrolled && unless_enrolled)
        return FOUND;
    /* The record goes last, while it is held: whoever waits for it sees that it is gone, and makes a new one. */
    files_name(name, owner->name, RECORD_SUFFIX);
    if (earlier_remove(files, owner->name, fault) != 0 || file_remove(&files->dir, name, fault) != 0)
        return FOUND_FAULT;
    return enrolled ? FOUND : FOUND_NOTHING;
}

/* With UNLESS_ENROLLED, FOUND says that there is a profile, and nothing was removed. */
static enum found discard(const struct files *files, const char *user, bool unless_enrolled, struct fault *fault)
{
    struct store_owner owner = {.name = user};
    enum found found = FOUND_FAULT;
    int record = -1, lock = -1;

    if (files_find(&files->store, user, &owner.uid, fault) != FOUND)
        return FOUND_NOTHING;
    if (lock_any(files, user, ".lock", &lock, fault) == 0 && lock_any(files, user, RECORD_SUFFIX, &record, fault) == 0)
        found = discard_locked(files, &owner, unless_enrolled, fault);
    if (record >= 0)
        close(record);
    if (lock >= 0)
        close(lock);
    return found;
}

static enum found files_discard(const struct store *store, const char *name, struct fault *fault)
{
    return discard((const struct files *)store, name, false, fault);
}

/* On the record, locked. */
static enum found reset_held(struct held *held, const struct earlier_worst *worst, struct fault *fault)
{
    struct store_entry entry, before = {0};
    struct record record, old;

    if (held_check_whole(held, fault) != 0)
        return FOUND_FAULT;
    if (files_unpack(held->files, held->owner, &held->record, &entry, fault) == 0)
        return FOUND_NOTHING;
    /* The profile was taken in before the state could not be; if it is not there, nothing of this can be believed. */
    if (!entry.enrolled || entry.profile.profile_id[0] == '\0')
        return FOUND_FAULT;
    entry.totp = earlier_assume(worst, &entry.profile);
    old = held->record;
    if (files_pack(held->files, held->owner, &before, &old, &entry, &record, fault) != 0 ||
        held_settle(held, fault) != 0 || held_write(held, &record, fault) != 0 || held_unmark(held, fault) != 0)
        return FOUND_FAULT;
    return FOUND;
}

static enum found files_reset(const struct store *store, const struct store_owner *owner, long long now, int window,
                              struct fault *fault)
{
    const struct files *files = (const struct files *)store;
    const struct earlier_worst worst = {now, window};
    struct held held;
    enum found found = held_take(files, owner, &held, fault);

    if (found == FOUND) {
        found = reset_held(&held, &worst, fault);
        held_release(&held);
    } else if (found == FOUND_FAULT && fault->class == FAULT_BROKEN)
        found = earlier_turn_over(files, owner, &worst, fault);
    return found;
}

static int files_upgrade(const struct store *store, struct report *report, struct fault *fault)
{
    const struct files *files = (const struct files *)store;
    struct users users;
    int result = 0;

    if (users_read(files, true, &users, fault) != 0)
        return -1;
    for (size_t i = 0; i < users.count && result == 0; i++) {
        struct store_owner owner = {.name = users.names[i]};
        struct fault broken;
        uid_t uid;

        if (files_find(store, owner.name, &owner.uid, fault) != FOUND)
            continue;
        if (find_owner(files, owner.name, RECORD_SUFFIX, &uid)) /* it was killed once it had made the record */
            result = earlier_remove(files, owner.name, fault);
        else if (earlier_turn_over(files, &owner, NULL, &broken) == FOUND)
            report_line(report, "turned over what an earlier version kept of \"%s\": %s/%s" RECORD_SUFFIX, owner.name,
                        files->dir.path, owner.name);
        else
            report_line(report, "could not turn over what an earlier version kept of \"%s\": %s", owner.name, broken.text);
    }
    users_free(&users);
    return result;
}

const struct store_admin_table files_admin_table = {
    .list = files_list,
    .find = files_find,
    .discard = files_discard,
    .reset = files_reset,
    .upgrade = files_upgrade,
    .check = files_check,
};

/* Removes what killed writes have left. */
static void remove_left_overs(const struct files *files)
{
    struct fault ignored;
    DIR *entries = open_entries(files, &ignored);
    struct dirent *entry;

    while (entries != NULL && (entry = readdir(entries)) != NULL)
        if (entry->d_name[strlen(entry->d_name) - 1] == '~')
            unlinkat(files->dir.fd, entry->d_name, 0);
    if (entries != NULL)
        closedir(entries);
}

/* Removes all that is kept, or with FORCE false of users without a profile; *ENROLLED: profiles left. */
static int remove_users(const struct files *files, bool force, long long *enrolled, struct fault *fault)
{
    struct users users;
    int result = 0;

    *enrolled = 0;
    if (users_read(files, false, &users, fault) != 0)
        return -1;
    for (size_t i = 0; i < users.count && !force; i++) {
        struct store_owner owner = {.name = users.names[i]};

        if (files_find(&files->store, owner.name, &owner.uid, fault) == FOUND && files_may_be_enrolled(files, &owner))
            ++*enrolled;
    }
    for (size_t i = 0; i < users.count && result == 0 && *enrolled == 0; i++) {
        enum found found = discard(files, users.names[i], !force, fault);

        if (found == FOUND_FAULT)
            result = -1;
        else if (found == FOUND && !force)
            ++*enrolled;
    }
    users_free(&users);
    return result;
}

int files_remove(const struct host *host, const char *svm, bool force, long long *enrolled, struct fault *fault)
{
    char path[HOST_PATH_SIZE + 300];
    struct store *store;
    int result;

    *enrolled = 0;
    snprintf(path, sizeof path, "%s/%s", host->state_dir, svm);
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return 0;
    store = files_open(host, svm, false, fault);
    if (store == NULL)
        return -1;
    /* Until nobody enrols in between: what tells is that the directory can be removed. */
    for (int tries = 0; tries < 16; tries++) {
        result = remove_users((const struct files *)store, force, enrolled, fault);
        if (result != 0 || *enrolled > 0)
            break;
        remove_left_overs((const struct files *)store);
        if (rmdir(path) == 0 || errno == ENOENT)
            break;
        result = fault_set(fault, "%s: cannot remove: %s; look at what is in it", path, strerror(errno));
        if (errno != ENOTEMPTY && errno != EEXIST)
            break;
    }
    store_close(store);
    return result;
}

/* Somebody who may be enrolled in the store of SVM, as the path of their file. */
static bool find_in(const struct host *host, const char *svm, char *out, size_t size)
{
    struct fault untold;
    struct store *store = files_open(host, svm, false, &untold);
    const struct files *files = (const struct files *)store;
    struct users users = {0};
    bool found = false;

    if (store != NULL && users_read(files, false, &users, &untold) != 0)
        users.count = 0;
    for (size_t i = 0; i < users.count && !found; i++) {
        struct store_owner owner = {.name = users.names[i]};

        found = files_find(store, owner.name, &owner.uid, &untold) == FOUND && files_may_be_enrolled(files, &owner);
        if (found)
            snprintf(out, size, "%s/%s%s", files->dir.path, owner.name,
                     find_owner(files, owner.name, RECORD_SUFFIX, &owner.uid) ? RECORD_SUFFIX : ".totp");
    }
    users_free(&users);
    store_close(store);
    return found;
}

bool files_find_any(const struct host *host, char *out, size_t size)
{
    DIR *states = opendir(host->state_dir);
    struct dirent *svm;
    bool found = false;

    while (states != NULL && !found && (svm = readdir(states)) != NULL)
        found = svm->d_name[0] != '.' && find_in(host, svm->d_name, out, size);
    if (states != NULL)
        closedir(states);
    return found;
}
