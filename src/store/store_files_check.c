/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/store_files.h"

#include "base/shell.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define WRITE_MS 200 /* a file that is being written has its final name after so long */

struct checker {
    const struct files *files;
    struct report *report;
};

static void check_left_over(const struct checker *checker, const char *name)
{
    const struct timespec pause = {.tv_nsec = WRITE_MS * 1000000L};
    const struct dir *dir = &checker->files->dir;
    char path[DIR_PATH_SIZE + 256];
    struct stat status;

    snprintf(path, sizeof path, "%s/%s", dir->path, name);
    if (fstatat(dir->fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && time(NULL) - status.st_mtime < 60)
        nanosleep(&pause, NULL);
    if (fstatat(dir->fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0)
        report_line(checker->report, "%s: was left by a write that did not end; run: rm %s", path, shell_word(path).text);
}

static void check_owner(const struct checker *checker, const struct store_owner *owner)
{
    const struct store *store = &checker->files->store;
    struct store_entry entry;
    struct secrets secrets;
    struct fault fault;

    if (store_read(store, owner, &entry, &fault) != 0) {
        report_line(checker->report, "%s", fault.text);
        return;
    }
    if (entry.enrolled && store->seal.has_key && store_unseal(store, &entry.profile, &secrets, &fault) != 0)
        report_line(checker->report, "%s/%s: %s", checker->files->dir.path, owner->name, fault.text);
    secrets_wipe(&secrets);
}

/* The file NAME of USER, in the present form or in an earlier version's. */
static void check_file(const struct checker *checker, const char *name, const char *user, bool is_earlier)
{
    const struct dir *dir = &checker->files->dir;
    char record[FILE_NAME_SIZE];
    struct store_owner owner;
    struct account account;
    struct fault fault;

    switch (account_find(user, &account, &fault)) {
    case FOUND_FAULT: report_line(checker->report, "%s/%s: %s", dir->path, name, fault.text); return;
    case FOUND_NOTHING:
        /* Of somebody who is not enrolled, nothing is kept that matters. */
        owner = (struct store_owner){.name = user};
        if (files_find(&checker->files->store, user, &owner.uid, &fault) == FOUND &&
            files_may_be_enrolled(checker->files, &owner))
            report_line(checker->report, "%s/%s: there is no account \"%s\" any more; run: mfactl totp delete --svm %s "
                        "--user %s", dir->path, name, user, shell_word(checker->files->store.svm).text,
                        shell_word(user).text);
        return;
    case FOUND: break;
    }
    files_name(record, user, RECORD_SUFFIX);
    owner = store_owner(&account);
    if (strcmp(account.name, user) != 0)
        report_line(checker->report, "%s/%s: the account is spelt \"%s\", so nobody uses this file; run: mfactl totp "
                    "delete --svm %s --user %s", dir->path, name, account.name,
                    shell_word(checker->files->store.svm).text, shell_word(user).text);
    else if (is_earlier && faccessat(dir->fd, record, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        report_line(checker->report, "%s/%s: was left of what an earlier version kept, and nobody uses it; run: mfactl init",
                    dir->path, name);
    else
        check_owner(checker, &owner);
}

static void check_entry(const struct checker *checker, const char *name)
{
    static const char *const suffixes[] = {RECORD_SUFFIX, ".totp", ".state", ".lock"};
    const char *dot = strrchr(name, '.');
    char user[NAME_SIZE];

    if (name[strlen(name) - 1] == '~') {
        check_left_over(checker, name);
        return;
    }
    for (size_t i = 0; dot != NULL && i < sizeof suffixes / sizeof *suffixes; i++) {
        if (strcmp(dot, suffixes[i]) != 0 || (size_t)(dot - name) >= sizeof user)
            continue;
        snprintf(user, sizeof user, "%.*s", (int)(dot - name), name);
        if (name_is_valid(user)) {
            check_file(checker, name, user, i > 0);
            return;
        }
    }
    report_line(checker->report, "%s/%s: is none of pam_mfa's files; look at it, and move it elsewhere",
                checker->files->dir.path, name);
}

void files_check(const struct store *store, struct report *report)
{
    const struct checker checker = {(const struct files *)store, report};
    const struct dir *dir = &checker.files->dir;
    int fd = openat(dir->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;

    if (entries == NULL) {
        report_line(report, "%s: cannot list: %s", dir->path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return;
    }
    while ((entry = readdir(entries)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            check_entry(&checker, entry->d_name);
    closedir(entries);
}
