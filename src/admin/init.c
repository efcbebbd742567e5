/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: a file that is there is kept; the seal key above all, without which no enrolment opens.
 * What MUST NOT happen: a new seal key where profiles exist that were sealed with the old one; a set-group-ID bit on a
 * file that anybody but root can change.
 */
#include "admin/init.h"

#include "admin/admin_svm.h"
#include "admin/directory.h"
#include "admin/node.h"
#include "admin/override.h"
#include "admin/place.h"
#include "admin/service_account.h"
#include "base/crypto.h"
#include "config/host.h"
#include "enrol/permit.h"
#include "store/store_admin.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Short, since every login reads it; the example in the documentation's folder has every key and what it is for. */
static const char default_conf[] =
    "# The settings of this host: see pam_mfa.conf(5). mfactl never changes this file.\n"
    "# An unknown key denies every login, so after a change run: mfactl check\n"
    "default_svm = \"cluster\";\n";

/* Splits PATH into the directory it is in and its name there. */
static int split(const char *path, char directory[DIR_PATH_SIZE], const char **name, struct fault *fault)
{
    const char *slash = strrchr(path, '/');

    if (path[0] != '/' || slash[1] == '\0' || (size_t)(slash - path) >= DIR_PATH_SIZE)
        return fault_set(fault, "%s: expected the absolute path of a file", path);
    snprintf(directory, DIR_PATH_SIZE, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    *name = slash + 1;
    return 0;
}

static bool exists(const struct dir *dir, const char *name)
{
    struct stat status;

    return fstatat(dir->fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

static int make_conf(const struct dir *dir, const char *name, struct report *report, struct fault *fault)
{
    enum found found = FOUND;
    char path[DIR_PATH_SIZE + 256];

    snprintf(path, sizeof path, "%s/%s", dir->path, name);
    if (exists(dir, name))
        return node_mend(dir->fd, name, path, &node_conf, report, fault);
    found = file_create(dir, name, 0, 0644, default_conf, sizeof default_conf - 1, fault);
    if (found == FOUND_NOTHING)
        report_line(report, "made %s with every default", path);
    return found == FOUND_FAULT ? -1 : 0;
}

/* Gives the key that is there to GROUP with mode 0640. */
static int set_key_right(const struct dir *dir, const char *name, const gid_t *group, struct report *report,
                         struct fault *fault)
{
    const struct node_rule rule = node_seal_key(group);
    char path[DIR_PATH_SIZE + 256];
    struct stat status;

    snprintf(path, sizeof path, "%s/%s", dir->path, name);
    if (fstatat(dir->fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode) &&
        status.st_size != CRYPTO_KEY_BYTES)
        return fault_set(fault, "%s: has %lld bytes, expected %d; restore it from a backup", path,
                         (long long)status.st_size, CRYPTO_KEY_BYTES);
    return node_mend(dir->fd, name, path, &rule, report, fault);
}

static int make_key(const struct host *host, gid_t group, struct report *report, struct fault *fault)
{
    unsigned char key[CRYPTO_KEY_BYTES];
    char directory[DIR_PATH_SIZE], profile[2 * DIR_PATH_SIZE + 256];
    enum found found = FOUND_FAULT;
    struct dir dir = DIR_CLOSED;
    const char *name;

    if (split(host->seal_key, directory, &name, fault) != 0)
        return -1;
    if (dir_open(&dir, NULL, directory, 0, fault) != FOUND) {
        if (dir.fd < 0 && access(directory, F_OK) != 0)
            fault_set(fault, "%s: does not exist; make it, or change seal_key", directory);
        return -1;
    }
    if (exists(&dir, name))
        found = set_key_right(&dir, name, &group, report, fault) == 0 ? FOUND : FOUND_FAULT;
    else if (store_find_any(host, profile, sizeof profile))
        fault_set(fault, "%s: does not exist, but profiles do that were sealed with it, such as %s; restore it from a "
                  "backup, or let all users enrol again: remove their profiles, then run this again", host->seal_key,
                  profile);
    else if (crypto_random(key, sizeof key) != 0)
        fault_set(fault, "%s: no random bytes to be had", host->seal_key);
    else
        found = file_create(&dir, name, group, 0640, key, sizeof key, fault);
    if (found == FOUND_NOTHING)
        report_line(report, "made %s; keep a copy in a safe place, nothing else opens the enrolments",
                    host->seal_key);
    crypto_wipe(key, sizeof key);
    dir_close(&dir);
    return found == FOUND_FAULT ? -1 : 0;
}

/* Every SVM needs its state directory: set right those that are there, and make sure of `cluster`. */
static int make_svms(const struct host *host, const struct service_account *account, struct report *report,
                     struct fault *fault)
{
    enum result made = admin_svm_create(host, "cluster", NULL, 0, account, report, fault);
    struct dirent *entry;
    int result = 0;
    DIR *svms;

    if (made != RESULT_DONE && made != RESULT_EXISTS)
        return -1;
    svms = opendir(host->svm_dir);
    if (svms == NULL)
        return fault_set(fault, "%s: cannot open: %s", host->svm_dir, strerror(errno));
    while (result == 0 && (entry = readdir(svms)) != NULL) {
        char path[HOST_PATH_SIZE + 300];

        snprintf(path, sizeof path, "%s/%s/svm.conf", host->svm_dir, entry->d_name);
        if (!name_is_valid(entry->d_name) || access(path, F_OK) != 0)
            continue;
        if (admin_svm_create(host, entry->d_name, NULL, 0, account, report, fault) != RESULT_EXISTS)
            result = -1;
    }
    closedir(svms);
    return result;
}

/* Gives the program at PATH the rights of RULE, or those that dpkg-statoverride has. LACK is who cannot enrol without it. */
static int set_program_right(const char *path, const struct node_rule *rule, const char *lack, struct report *report,
                             struct fault *fault)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK), result = 0;
    struct override override;
    struct stat status;

    if (fd < 0 && errno == ENOENT) {
        report_line(report, "%s is not installed, so %s cannot enrol; install it, then run this again", path, lack);
        return 0;
    }
    if (fd < 0 || fstat(fd, &status) != 0)
        result = fault_set(fault, "%s: cannot open: %s", path, strerror(errno));
    else if (!S_ISREG(status.st_mode) || status.st_uid != 0 || status.st_nlink != 1 || (status.st_mode & 022) != 0)
        result = fault_set(fault, "%s: is not a regular file of root's with one link that nobody else can write to, so "
                           "it gets no rights; install it anew", path);
    else
        result = node_mend_open(fd, path,
                                override_find(OVERRIDE_FILE, path, &override) == FOUND ? &override.rule : rule, report,
                                fault);
    if (fd >= 0)
        close(fd);
    return result;
}

/* The directory of pam_mfa.conf: of the one that is ours by its name, mode and group are set right too. */
static int open_directory(struct dir *dir, const char *path, struct report *report, struct fault *fault)
{
    if (strcmp(path, PAM_MFA_CONF_DIR) != 0 && access(path, F_OK) == 0)
        return dir_open(dir, NULL, path, 0, fault) == FOUND ? 0 : -1;
    return directory_make(dir, NULL, path, 0, 0755, report, fault);
}

/* Brings enrolments that an earlier version made into the present form. */
static int upgrade(const struct host *host, struct report *report, struct fault *fault)
{
    struct svm_names names;
    int result = 0;

    if (svm_names_read(host, &names, fault) != 0)
        return -1;
    for (size_t i = 0; i < names.count && result == 0; i++) {
        struct store *store = store_open_admin(host, names.names[i], fault);

        result = store != NULL ? store_upgrade(store, report, fault) : -1;
        store_close(store);
    }
    svm_names_free(&names);
    return result;
}

/* With the lock held. */
static int set_up(const char *conf_path, const char *enroll_path, const struct service_account *account,
                  struct report *report, struct fault *fault)
{
    const struct node_rule enroll = node_enroll(&account->gid), approve = node_approve(&account->gid);
    struct host host;
    int result = -1;

    if (host_read(conf_path, &host, fault) != 0)
        return -1;
    if (make_svms(&host, account, report, fault) == 0 && make_key(&host, account->gid, report, fault) == 0 &&
        set_program_right(enroll_path, &enroll, "users", report, fault) == 0 &&
        set_program_right(PERMIT_APPROVE_PATH, &approve, "users whom Duo covers", report, fault) == 0 &&
        upgrade(&host, report, fault) == 0)
        result = 0;
    host_free(&host);
    return result;
}

int init_run(const char *conf_path, const char *enroll_path, struct report *report, struct fault *fault)
{
    char directory[DIR_PATH_SIZE];
    struct service_account account;
    struct dir dir = DIR_CLOSED;
    const char *name;
    int lock, result = -1;

    if (geteuid() != 0)
        return fault_set(fault, "only root can set pam_mfa up; run: sudo mfactl init");
    if (split(conf_path, directory, &name, fault) != 0 || service_account_make(&account, report, fault) != 0)
        return -1;
    if (open_directory(&dir, directory, report, fault) == 0) {
        /* One init at a time: files are looked for before they are made. The SVMs have a lock of their own. */
        lock = directory_lock(&dir, LOCK_INIT, fault);
        if (lock >= 0 && make_conf(&dir, name, report, fault) == 0)
            result = set_up(conf_path, enroll_path, &account, report, fault);
        if (lock >= 0)
            close(lock);
    }
    dir_close(&dir);
    return result;
}
