/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: what is removed is removed under the user's lock, the profile first, since that decides.
 * What MUST NOT happen: content believed that the module would not believe; another user's files touched.
 */
#include "store_admin.h"

#include "store_files.h"

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

/* Whether NAME is the file of a user's RECORD; the user into ACCOUNT's name. */
static bool is_record(const char *name, enum record record, struct account *account)
{
    const char *suffix = record_suffix(record);
    size_t length = strlen(name), end = strlen(suffix) + 1;

    if (length <= end || name[length - end] != '.' || strcmp(name + length - end + 1, suffix) != 0)
        return false;
    if (length - end >= sizeof account->name)
        return false;
    memcpy(account->name, name, length - end);
    account->name[length - end] = '\0';
    return name_is_valid(account->name);
}

enum found store_account(const struct store *store, const char *user, struct account *account, struct fault *fault)
{
    enum found found = account_find(user, account, fault);
    struct stat status;

    /* Under another spelling the passwd database may know somebody, but the files are those of this one. */
    if (found == FOUND && strcmp(account->name, user) == 0)
        return FOUND;
    if (found == FOUND_FAULT || !name_is_valid(user))
        return found;
    *account = (struct account){0};
    snprintf(account->name, sizeof account->name, "%s", user);
    for (int record = 0; record < RECORD_COUNT; record++) {
        char name[FILE_NAME_SIZE];

        file_name(name, account, (enum record)record);
        if (fstatat(store->dir.fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
            account->uid = status.st_uid;
            account->gid = status.st_gid;
            return FOUND;
        }
    }
    return FOUND_NOTHING;
}

int store_walk(const struct store *store, store_visit *visit, void *context, struct fault *fault)
{
    DIR *entries = open_entries(store, fault);
    struct account account;
    struct dirent *entry;
    int result = 0;

    if (entries == NULL)
        return -1;
    while (result == 0 && (errno = 0, entry = readdir(entries)) != NULL) {
        if (!is_record(entry->d_name, RECORD_PROFILE, &account))
            continue;
        switch (store_account(store, account.name, &account, fault)) {
        case FOUND: result = visit(context, &account); break;
        case FOUND_NOTHING: break; /* removed meanwhile */
        case FOUND_FAULT: result = -1; break;
        }
    }
    if (result == 0 && entry == NULL && errno != 0)
        result = fault_set(fault, "%s: cannot list: %s", store->dir.path, strerror(errno));
    closedir(entries);
    return result;
}

enum found store_discard(const struct store *store, const char *user, struct fault *fault)
{
    static const enum record order[] = {RECORD_PROFILE, RECORD_STATE, RECORD_LOCK};
    char name[FILE_NAME_SIZE];
    struct account account;
    enum found found = FOUND_NOTHING;
    struct stat status;
    int lock;

    if (!name_is_valid(user) || store_account(store, user, &account, fault) == FOUND_NOTHING)
        return FOUND_NOTHING;
    /* The lock's own owner: the name may belong to somebody else by now. Anybody's lock locks. */
    file_name(name, &account, RECORD_LOCK);
    if (fstatat(store->dir.fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0)
        account.uid = status.st_uid;
    lock = file_lock(&store->dir, name, account.uid, LOCK_WAIT_MS, fault);
    if (lock < 0)
        return FOUND_FAULT;
    file_name(name, &account, RECORD_PROFILE);
    if (fstatat(store->dir.fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0)
        found = FOUND;
    /* The lock goes last, while it is held: whoever waits for it sees that it is gone, and makes a new one. */
    for (size_t i = 0; i < sizeof order / sizeof *order && found != FOUND_FAULT; i++) {
        file_name(name, &account, order[i]);
        if (file_remove(&store->dir, name, fault) != 0)
            found = FOUND_FAULT;
    }
    close(lock);
    return found;
}
