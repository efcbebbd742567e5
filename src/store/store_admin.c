/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: what is removed is removed under the user's lock, the profile first, since that decides.
 * What MUST NOT happen: content believed that the module would not believe; another user's files touched; a state made
 * anew that lets a code be used twice.
 */
#include "store/store_admin.h"

#include "store/store_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A stream of the directory's entries, with a position of its own. */
static DIR *open_entries(const struct store *store, struct fault *fault)
{
    int fd = openat(store->dir.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd < 0 ? NULL : fdopendir(fd);

    if (entries != NULL)
        return entries;
    fault_set(fault, "%s: cannot list: %s", store->dir.path, strerror(errno));
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
static int users_read(const struct store *store, bool profiles_only, struct users *users, struct fault *fault)
{
    DIR *entries = open_entries(store, fault);
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
            result = fault_set(fault, "%s: out of memory for the users' names", store->dir.path);
    }
    if (result == 0 && entry == NULL && errno != 0)
        result = fault_set(fault, "%s: cannot list: %s", store->dir.path, strerror(errno));
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

/* The owner of ACCOUNT's file of RECORD into its uid. Returns whether there is such a file. */
static bool find_owner(const struct store *store, struct account *account, enum user_file record)
{
    char name[FILE_NAME_SIZE];
    struct stat status;

    file_name(name, account, record);
    if (fstatat(store->dir.fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return false;
    account->uid = status.st_uid;
    account->gid = status.st_gid;
    return true;
}

enum found store_account(const struct store *store, const char *user, struct account *account, bool *is_gone,
                         struct fault *fault)
{
    enum found found = account_find(user, account, fault);

    *is_gone = false;
    /* Under another spelling the passwd database may know somebody, but the files are those of this one. */
    if (found == FOUND_FAULT || (found == FOUND && strcmp(account->name, user) == 0))
        return found;
    *is_gone = true;
    *account = (struct account){0};
    if (!name_is_valid(user))
        return FOUND_NOTHING;
    snprintf(account->name, sizeof account->name, "%s", user);
    for (int record = 0; record < RECORD_COUNT; record++)
        if (find_owner(store, account, (enum user_file)record))
            return FOUND;
    return FOUND_NOTHING;
}

int store_walk(const struct store *store, store_visit *visit, void *context, struct fault *fault)
{
    struct users users;
    int result = 0;

    if (users_read(store, true, &users, fault) != 0)
        return -1;
    for (size_t i = 0; i < users.count && result == 0; i++) {
        struct account account = {0};

        snprintf(account.name, sizeof account.name, "%s", users.names[i]);
        if (find_owner(store, &account, RECORD_PROFILE)) /* or it was removed meanwhile */
            result = visit(context, &account, fault);
    }
    users_free(&users);
    return result;
}

/* Takes the lock of ACCOUNT, whoever owns the lock file: the name may belong to somebody else by now. */
static int lock_any(const struct store *store, struct account account, struct fault *fault)
{
    char name[FILE_NAME_SIZE];

    file_name(name, &account, RECORD_LOCK);
    find_owner(store, &account, RECORD_LOCK);
    return file_lock(&store->dir, name, account.uid, LOCK_WAIT_MS, fault);
}

enum found store_discard(const struct store *store, const char *user, bool unless_enrolled, struct fault *fault)
{
    static const enum user_file order[] = {RECORD_PROFILE, RECORD_STATE, RECORD_LOCK};
    enum found found = FOUND_NOTHING;
    struct account account;
    bool is_gone;
    int lock;

    if (!name_is_valid(user))
        return FOUND_NOTHING;
    switch (store_account(store, user, &account, &is_gone, fault)) {
    case FOUND_FAULT: return FOUND_FAULT;
    case FOUND_NOTHING: return FOUND_NOTHING;
    case FOUND: break;
    }
    lock = lock_any(store, account, fault);
    if (lock < 0)
        return FOUND_FAULT;
    if (find_owner(store, &account, RECORD_PROFILE))
        found = FOUND;
    /* The lock goes last, while it is held: whoever waits for it sees that it is gone, and makes a new one. */
    for (size_t i = 0; i < sizeof order / sizeof *order && !(found == FOUND && unless_enrolled); i++) {
        char name[FILE_NAME_SIZE];

        file_name(name, &account, order[i]);
        if (file_remove(&store->dir, name, fault) != 0) {
            found = FOUND_FAULT;
            break;
        }
    }
    close(lock);
    return found;
}

enum found store_renew_state(const struct store *store, const struct account *account, long long last_step,
                             struct fault *fault)
{
    struct totp_state totp = {.last_step = last_step, .used_codes = (1 << PROFILE_CODES_MAX) - 1};
    struct state state = {.totp = {&totp, 1}};
    struct profile profile;
    char name[FILE_NAME_SIZE], *text = NULL;
    size_t length = 0;
    int lock = lock_any(store, *account, fault);
    enum found found;

    if (lock < 0)
        return FOUND_FAULT;
    found = store_read(store, account, &profile, fault);
    if (found == FOUND) {
        strcpy(totp.profile_id, profile.profile_id);
        strcpy(state.svm, store->svm);
        strcpy(state.user, account->name);
        text = state_text(&state, &length);
        file_name(name, account, RECORD_STATE);
        if (text == NULL) {
            fault_set(fault, "out of memory");
            found = FOUND_FAULT;
        } else if (file_replace(&store->dir, name, account->uid, 0600, text, length, fault) != 0 ||
                   store_unmark(store, account, lock, fault) != 0)
            found = FOUND_FAULT;
        free(text);
    }
    close(lock);
    return found;
}

/* Removes what killed writes have left. */
static void remove_left_overs(const struct store *store)
{
    struct fault ignored;
    DIR *entries = open_entries(store, &ignored);
    struct dirent *entry;

    while (entries != NULL && (entry = readdir(entries)) != NULL)
        if (entry->d_name[strlen(entry->d_name) - 1] == '~')
            unlinkat(store->dir.fd, entry->d_name, 0);
    if (entries != NULL)
        closedir(entries);
}

/* Removes every user's files, or with FORCE false those of users without a profile; *ENROLLED: profiles left. */
static int remove_users(const struct store *store, bool force, long long *enrolled, struct fault *fault)
{
    struct users users;
    int result = 0;

    *enrolled = 0;
    if (!force) {
        if (users_read(store, true, &users, fault) != 0)
            return -1;
        *enrolled = (long long)users.count;
        users_free(&users);
        if (*enrolled > 0)
            return 0;
    }
    if (users_read(store, false, &users, fault) != 0)
        return -1;
    for (size_t i = 0; i < users.count && result == 0; i++) {
        enum found found = store_discard(store, users.names[i], !force, fault);

        if (found == FOUND_FAULT)
            result = -1;
        else if (found == FOUND && !force)
            ++*enrolled;
    }
    users_free(&users);
    return result;
}

int store_remove(const struct host *host, const char *svm, bool force, long long *enrolled, struct fault *fault)
{
    char path[HOST_PATH_SIZE + 300];
    struct store store;
    int result;

    *enrolled = 0;
    snprintf(path, sizeof path, "%s/%s", host->state_dir, svm);
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return 0;
    if (store_open_without_key(&store, host, svm, fault) != 0)
        return -1;
    /* Until nobody enrols in between: what tells is that the directory can be removed. */
    for (int tries = 0; tries < 16; tries++) {
        result = remove_users(&store, force, enrolled, fault);
        if (result != 0 || *enrolled > 0)
            break;
        remove_left_overs(&store);
        if (rmdir(path) == 0 || errno == ENOENT)
            break;
        result = fault_set(fault, "%s: cannot remove: %s; look at what is in it", path, strerror(errno));
        if (errno != ENOTEMPTY && errno != EEXIST)
            break;
    }
    store_close(&store);
    return result;
}
