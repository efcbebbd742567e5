/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/store_admin.h"

#include "store/store_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define WRITE_MS 200 /* a file that is being written has its final name after so long */

struct checker {
    const struct store *store;
    bool has_key;
    struct report *report;
};

static void check_left_over(const struct checker *checker, const char *name)
{
    const struct timespec pause = {.tv_nsec = WRITE_MS * 1000000L};
    const struct dir *dir = &checker->store->dir;
    struct stat status;

    if (fstatat(dir->fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && time(NULL) - status.st_mtime < 60)
        nanosleep(&pause, NULL);
    if (fstatat(dir->fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0)
        report_line(checker->report, "%s/%s: was left by a write that did not end; run: rm '%s/%s'", dir->path, name,
                    dir->path, name);
}

/* The state of the profile that was read, which may have been replaced meanwhile. */
static void check_state(const struct checker *checker, const struct account *account, const struct profile *profile)
{
    struct profile again;
    struct state state;
    struct fault fault;

    switch (store_read_state(checker->store, account, &state, &fault)) {
    case FOUND_FAULT: report_line(checker->report, "%s", fault.text); break;
    case FOUND_NOTHING:
    case FOUND:
        if (state_totp(&state, profile->profile_id) == NULL &&
            store_read(checker->store, account, &again, &fault) == FOUND &&
            strcmp(again.profile_id, profile->profile_id) == 0)
            report_line(checker->report, "%s/%s.state: has no record of the user's profile, so it is unknown which "
                        "codes are used up and every login is refused; restore it from a backup, or run: mfactl totp "
                        "delete --svm %s --user %s", checker->store->dir.path, account->name, checker->store->svm,
                        account->name);
        break;
    }
    state_free(&state);
}

static void check_profile(const struct checker *checker, const struct account *account)
{
    struct profile profile;
    struct secrets secrets;
    struct fault fault;

    switch (store_read(checker->store, account, &profile, &fault)) {
    case FOUND_NOTHING: return; /* removed meanwhile */
    case FOUND_FAULT: report_line(checker->report, "%s", fault.text); return;
    case FOUND: break;
    }
    if (checker->has_key && profile_unseal(&profile, checker->store->seal_key, &secrets, &fault) != 0)
        report_line(checker->report, "%s/%s.totp: %s", checker->store->dir.path, account->name, fault.text);
    secrets_wipe(&secrets);
    check_state(checker, account, &profile);
}

/* Type, owner, mode and links of a file of ACCOUNT. */
static void check_file(const struct checker *checker, const char *name, const struct account *account, size_t size_max)
{
    const struct file_rule rule = {.owner = account->uid, .forbidden = 0177, .size_max = size_max};
    struct file_data data;
    struct fault fault;

    if (file_read(&checker->store->dir, name, &rule, &data, &fault) == FOUND_FAULT)
        report_line(checker->report, "%s", fault.text);
    file_data_free(&data);
}

static void check_record(const struct checker *checker, const char *name, const char *user, enum user_file record)
{
    const struct dir *dir = &checker->store->dir;
    struct account account;
    struct fault fault;

    switch (account_find(user, &account, &fault)) {
    case FOUND_FAULT: report_line(checker->report, "%s/%s: %s", dir->path, name, fault.text); return;
    case FOUND: break;
    case FOUND_NOTHING:
        /* One line a user is enough, and without a profile nothing is kept of them that matters. */
        if (record == RECORD_PROFILE)
            report_line(checker->report, "%s/%s: there is no account \"%s\" any more; run: mfactl totp delete --svm %s "
                        "--user %s", dir->path, name, user, checker->store->svm, user);
        return;
    }
    if (strcmp(account.name, user) != 0)
        report_line(checker->report, "%s/%s: the account is spelt \"%s\", so nobody uses this file; run: mfactl totp "
                    "delete --svm %s --user %s", dir->path, name, account.name, checker->store->svm, user);
    else if (record == RECORD_PROFILE)
        check_profile(checker, &account);
    else if (record == RECORD_LOCK)
        check_file(checker, name, &account, FILE_LOCK_SIZE_MAX);
    else {
        char profile[FILE_NAME_SIZE];

        file_name(profile, &account, RECORD_PROFILE);
        /* A state with a profile was looked at with it. */
        if (faccessat(dir->fd, profile, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
            check_file(checker, name, &account, RECORD_SIZE_MAX);
    }
}

static void check_entry(const struct checker *checker, const char *name)
{
    const char *dot = strrchr(name, '.');
    char user[NAME_SIZE];

    if (name[strlen(name) - 1] == '~') {
        check_left_over(checker, name);
        return;
    }
    for (int record = 0; dot != NULL && record < RECORD_COUNT; record++) {
        if (strcmp(dot + 1, record_suffix((enum user_file)record)) != 0 || (size_t)(dot - name) >= sizeof user)
            continue;
        snprintf(user, sizeof user, "%.*s", (int)(dot - name), name);
        if (name_is_valid(user)) {
            check_record(checker, name, user, (enum user_file)record);
            return;
        }
    }
    report_line(checker->report, "%s/%s: is none of pam_mfa's files; look at it, and move it elsewhere",
                checker->store->dir.path, name);
}

void store_check(const struct store *store, bool has_key, struct report *report)
{
    const struct checker checker = {store, has_key, report};
    int fd = openat(store->dir.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;

    if (entries == NULL) {
        report_line(report, "%s: cannot list: %s", store->dir.path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return;
    }
    while ((entry = readdir(entries)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            check_entry(&checker, entry->d_name);
    closedir(entries);
}
