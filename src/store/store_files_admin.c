/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: what is removed is removed under the user's lock, the profile first, since that decides.
 * What MUST NOT happen: content believed that the module would not believe; another user's files touched; a state made
 * anew that lets a code be used twice.
 */
#include "store/store_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
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

/* Whether NAME is the file of a user's RECORD; the user's name into USER. */
static bool is_record(const char *name, enum user_file record, char user[NAME_SIZE])
{
    const char *suffix = record_suffix(record);
    size_t length = strlen(name), end = strlen(suffix) + 1;

    if (length <= end || name[length - end] != '.' || strcmp(name + length - end + 1, suffix) != 0)
        return false;
    if (length - end >= NAME_SIZE)
        return false;
    memcpy(user, name, length - end);
    user[length - end] = '\0';
    return name_is_valid(user);
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

/* The users with a file of RECORD, or with PROFILES_ONLY false of any kind, each once, in order. */
static int users_read(const struct files *files, bool profiles_only, struct users *users, struct fault *fault)
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
        bool wanted = is_record(entry->d_name, RECORD_PROFILE, user);

        if (!wanted && !profiles_only)
            wanted = is_record(entry->d_name, RECORD_STATE, user) || is_record(entry->d_name, RECORD_LOCK, user);
        if (wanted && users_add(users, user) != 0)
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
    /* A directory that changes while it is read may show a file twice. */
    for (size_t i = 0; i < users->count; i++) {
        if (kept > 0 && strcmp(users->names[kept - 1], users->names[i]) == 0)
            free(users->names[i]);
        else
            users->names[kept++] = users->names[i];
    }
    users->count = kept;
    return 0;
}

/* The owner of USER's file of RECORD into *UID. Returns whether there is such a file. */
static bool find_owner(const struct files *files, const char *user, enum user_file record, uid_t *uid)
{
    char name[FILE_NAME_SIZE];
    struct stat status;

    file_name(name, user, record);
    if (fstatat(files->dir.fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return false;
    *uid = status.st_uid;
    return true;
}

static enum found files_find(const struct store *store, const char *name, uid_t *uid, struct fault *fault)
{
    (void)fault;
    if (!name_is_valid(name))
        return FOUND_NOTHING;
    for (int record = 0; record < RECORD_COUNT; record++)
        if (find_owner((const struct files *)store, name, (enum user_file)record, uid))
            return FOUND;
    return FOUND_NOTHING;
}

static int files_list(const struct store *store, const char *after, store_visit *visit, void *context,
                      struct fault *fault)
{
    const struct files *files = (const struct files *)store;
    struct users users;
    int result = 0;

    if (users_read(files, true, &users, fault) != 0)
        return -1;
    for (size_t i = 0; i < users.count && result == 0; i++) {
        struct store_owner owner = {.name = users.names[i]};

        if (strcmp(owner.name, after) > 0 && find_owner(files, owner.name, RECORD_PROFILE, &owner.uid))
            result = visit(context, &owner, fault); /* or it was removed meanwhile */
    }
    users_free(&users);
    return result;
}

/* Takes the lock of NAME, whoever owns the lock file: the name may belong to somebody else by now. */
static int lock_any(const struct files *files, const char *user, uid_t uid, struct fault *fault)
{
    char name[FILE_NAME_SIZE];

    file_name(name, user, RECORD_LOCK);
    find_owner(files, user, RECORD_LOCK, &uid);
    return file_lock(&files->dir, name, uid, LOCK_WAIT_MS, fault);
}

/* With UNLESS_ENROLLED, FOUND says that there is a profile, and nothing was removed. */
static enum found discard(const struct files *files, const char *user, bool unless_enrolled, struct fault *fault)
{
    static const enum user_file order[] = {RECORD_PROFILE, RECORD_STATE, RECORD_LOCK};
    enum found found = FOUND_NOTHING;
    uid_t uid;
    int lock;

    if (files_find(&files->store, user, &uid, fault) != FOUND)
        return FOUND_NOTHING;
    lock = lock_any(files, user, uid, fault);
    if (lock < 0)
        return FOUND_FAULT;
    if (find_owner(files, user, RECORD_PROFILE, &uid))
        found = FOUND;
    /* The lock goes last, while it is held: whoever waits for it sees that it is gone, and makes a new one. */
    for (size_t i = 0; i < sizeof order / sizeof *order && !(found == FOUND && unless_enrolled); i++) {
        char name[FILE_NAME_SIZE];

        file_name(name, user, order[i]);
        if (file_remove(&files->dir, name, fault) != 0) {
            found = FOUND_FAULT;
            break;
        }
    }
    close(lock);
    return found;
}

static enum found files_discard(const struct store *store, const char *name, struct fault *fault)
{
    return discard((const struct files *)store, name, false, fault);
}

static enum found files_reset(const struct store *store, const struct store_owner *owner, long long now, int window,
                              struct fault *fault)
{
    const struct files *files = (const struct files *)store;
    struct totp_state totp = {.used_codes = (1 << PROFILE_CODES_MAX) - 1};
    const struct push_state no_pushes = {0};
    enum found found = FOUND_NOTHING;
    struct store_entry entry;
    struct profile profile;
    int lock = lock_any(files, owner->name, owner->uid, fault);

    if (lock < 0)
        return FOUND_FAULT;
    /* Only what is read now, with nobody else at it, tells that it is broken. */
    if (store_read(store, owner, &entry, fault) != 0)
        found = fault->class == FAULT_BROKEN ? files_read_profile(files, owner, &profile, fault) : FOUND_FAULT;
    if (found == FOUND) {
        strcpy(totp.profile_id, profile.profile_id);
        totp.last_step = now / profile.period + window;
        if (files_write_state(files, owner, &totp, 1, &no_pushes, fault) != 0 ||
            files_unmark(files, owner, lock, fault) != 0)
            found = FOUND_FAULT;
    }
    close(lock);
    return found;
}

const struct store_admin_table files_admin_table = {
    .list = files_list,
    .find = files_find,
    .discard = files_discard,
    .reset = files_reset,
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

/* Removes every user's files, or with FORCE false those of users without a profile; *ENROLLED: profiles left. */
static int remove_users(const struct files *files, bool force, long long *enrolled, struct fault *fault)
{
    struct users users;
    int result = 0;

    *enrolled = 0;
    if (!force) {
        if (users_read(files, true, &users, fault) != 0)
            return -1;
        *enrolled = (long long)users.count;
        users_free(&users);
        if (*enrolled > 0)
            return 0;
    }
    if (users_read(files, false, &users, fault) != 0)
        return -1;
    for (size_t i = 0; i < users.count && result == 0; i++) {
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

/* A profile in the directory NAME of STATES. */
static bool find_profile(DIR *states, const char *name, char *out, size_t size)
{
    int fd = openat(dirfd(states), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *state = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *file;
    char user[NAME_SIZE];
    bool found = false;

    while (state != NULL && !found && (file = readdir(state)) != NULL) {
        found = is_record(file->d_name, RECORD_PROFILE, user);
        if (found)
            snprintf(out, size, "%s/%s", name, file->d_name);
    }
    if (state != NULL)
        closedir(state);
    else if (fd >= 0)
        close(fd);
    return found;
}

bool files_find_any(const struct host *host, char *out, size_t size)
{
    DIR *states = opendir(host->state_dir);
    char name[NAME_SIZE + 2 * 256];
    struct dirent *svm;
    bool found = false;

    while (states != NULL && !found && (svm = readdir(states)) != NULL) {
        found = svm->d_name[0] != '.' && find_profile(states, svm->d_name, name, sizeof name);
        if (found)
            snprintf(out, size, "%s/%s", host->state_dir, name);
    }
    if (states != NULL)
        closedir(states);
    return found;
}
