/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: a problem that would deny a login, or let somebody change what logins rest on, is found; one that is
 * found does not hide the next.
 * What MUST NOT happen: anything being changed.
 */
#include "admin/check.h"

#include "admin/check_file.h"
#include "admin/check_path.h"
#include "admin/service_account.h"
#include "config/duo_profile.h"
#include "config/host.h"
#include "config/svm.h"
#include "store/store_admin.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GROUP_SIZE (256 * 1024) /* of a group with all its members */
#define ONCE_SLOTS 4096

struct checker {
    struct host host;
    const struct service_account *account; /* NULL: not known */
    bool has_key;
    bool uses_duo; /* an SVM has an enabled Duo profile */
    struct report *report;
};

/* Passes lines on once: what is wrong with a directory is met with everything below it. */
struct once {
    struct report *report;
    uint64_t seen[ONCE_SLOTS]; /* hashes of lines; a later line may take an earlier one's slot */
};

static void report_once(void *context, const char *text)
{
    struct once *once = context;
    uint64_t hash = 14695981039346656037ULL; /* FNV-1a */

    for (const char *c = text; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * 1099511628211ULL;
    if (once->seen[hash % ONCE_SLOTS] == hash)
        return;
    once->seen[hash % ONCE_SLOTS] = hash;
    report_line(once->report, "%s", text);
}

/* Whether SVM has a svm.conf, right or wrong. */
static bool svm_exists(const struct checker *checker, const char *svm)
{
    char path[HOST_PATH_SIZE + 300];

    snprintf(path, sizeof path, "%s/%s/svm.conf", checker->host.svm_dir, svm);
    return access(path, F_OK) == 0;
}

static void check_rules(const struct checker *checker, const char *conf_path)
{
    const struct host_rule *rules = checker->host.svm_rules.items;
    const char *fallback = checker->host.default_svm;

    char place[DIR_PATH_SIZE + 16], setting[64];

    if (fallback[0] != '\0' && !svm_exists(checker, fallback)) {
        check_file_place(conf_path, "default_svm", place, sizeof place);
        report_line(checker->report, "%s: default_svm names SVM \"%s\", which does not exist; run: mfactl %s%s, or "
                    "change the name", place, fallback, strcmp(fallback, "cluster") == 0 ? "init" : "svm create ",
                    strcmp(fallback, "cluster") == 0 ? "" : fallback);
    }
    for (size_t i = 0; i < checker->host.svm_rules.count; i++) {
        if (svm_exists(checker, rules[i].svm))
            continue;
        snprintf(setting, sizeof setting, "svm_rules.[%zu].svm", i);
        check_file_place(conf_path, setting, place, sizeof place);
        report_line(checker->report, "%s: svm_rules, rule %zu, names SVM \"%s\", which does not exist, so logins that "
                    "match it are refused; run: mfactl svm create %s, or remove the rule", place, i + 1, rules[i].svm,
                    rules[i].svm);
    }
}

static void check_state_directory(const struct checker *checker, const char *svm)
{
    struct store store, with_key;
    struct stat status;
    struct fault fault;

    if (store_open_without_key(&store, &checker->host, svm, &fault) != 0) {
        report_line(checker->report, "%s", fault.text);
        return;
    }
    if (fstat(store.dir.fd, &status) == 0 &&
        ((status.st_mode & 07777) != 01770 ||
         (checker->account != NULL && status.st_gid != checker->account->gid)))
        report_line(checker->report, "%s: has mode %04o and group id %u, expected 1770 and the group " SERVICE_ACCOUNT
                    "; run: mfactl init", store.dir.path, (unsigned)(status.st_mode & 07777),
                    (unsigned)status.st_gid);
    if (checker->has_key && store_open(&with_key, &checker->host, svm, &fault) == 0) {
        store_check(&with_key, true, checker->report);
        store_close(&with_key);
    } else
        store_check(&store, false, checker->report);
    store_close(&store);
}

static bool group_exists(const char *name)
{
    struct group entry, *result = NULL;
    char *buffer = malloc(GROUP_SIZE);
    bool exists = buffer != NULL && (getgrnam_r(name, &entry, buffer, GROUP_SIZE, &result) != 0 || result != NULL);

    free(buffer);
    return exists;
}

/* The SVM's own Duo profile, if it has one. */
static void check_duo(struct checker *checker, const char *name)
{
    struct duo_profile profile;
    const struct duo_group *groups;
    char path[HOST_PATH_SIZE + 300];
    struct fault fault;

    switch (duo_profile_read_own(&checker->host, name, &profile, &fault)) {
    case FOUND_FAULT:
        snprintf(path, sizeof path, "%s/%s/duo.conf", checker->host.svm_dir, name);
        duo_profile_free(&profile);
        duo_profile_defaults(&profile);
        check_file_faults(path, 0177, duo_profile_fields, &profile, &fault, checker->report);
        __attribute__((fallthrough)); /* with what could be read */
    case FOUND:
        checker->uses_duo = checker->uses_duo || profile.is_enabled;
        groups = profile.groups.items;
        for (size_t i = 0; i < profile.groups.count; i++)
            if (!group_exists(groups[i].name))
                report_line(checker->report, "%s/%s/duo.conf: groups names \"%s\", which is no group on this host, so "
                            "logins of whom no other group settles are refused; run: groupadd %s, or: mfactl duo group "
                            "delete --svm %s --name %s", checker->host.svm_dir, name, groups[i].name, groups[i].name,
                            name, groups[i].name);
        if (profile.ca_file[0] != '\0' && access(profile.ca_file, R_OK) != 0)
            report_line(checker->report, "%s/%s/duo.conf: ca_file is %s, which cannot be read: %s",
                        checker->host.svm_dir, name, profile.ca_file, strerror(errno));
        if (profile.ca_file[0] != '\0')
            check_parents(profile.ca_file, checker->report);
        break;
    case FOUND_NOTHING: break;
    }
    duo_profile_free(&profile);
}

static void check_svm(struct checker *checker, const char *name)
{
    char path[HOST_PATH_SIZE + 300];
    struct fault fault;
    struct svm svm;

    snprintf(path, sizeof path, "%s/%s/svm.conf", checker->host.svm_dir, name);
    if (svm_read(&checker->host, name, &svm, &fault) != 0) {
        svm_defaults(&svm, name);
        check_file_faults(path, 022, svm_fields, &svm, &fault, checker->report);
    }
    svm_free(&svm);
    check_duo(checker, name);
    check_state_directory(checker, name);
}

/* The files in an SVM's directory that nobody reads. */
static void check_strangers(const struct checker *checker, const char *name)
{
    char path[HOST_PATH_SIZE + 300];
    struct dirent *entry;
    DIR *entries;

    snprintf(path, sizeof path, "%s/%s", checker->host.svm_dir, name);
    entries = opendir(path);
    while (entries != NULL && (entry = readdir(entries)) != NULL) {
        size_t length = strlen(entry->d_name);

        if (entry->d_name[length - 1] == '~')
            report_line(checker->report, "%s/%s: was left by a write that did not end, or by an editor; run: rm "
                        "'%s/%s'", path, entry->d_name, path, entry->d_name);
        else if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
                 strcmp(entry->d_name, "svm.conf") != 0 && strcmp(entry->d_name, "duo.conf") != 0)
            report_line(checker->report, "%s/%s: is none of pam_mfa's files; look at it, and move it elsewhere", path,
                        entry->d_name);
    }
    if (entries != NULL)
        closedir(entries);
}

static void check_svms(struct checker *checker)
{
    const char *svm_dir = checker->host.svm_dir;
    struct dirent *entry;
    struct fault fault;
    struct dir dir;
    DIR *svms;

    switch (dir_open(&dir, NULL, svm_dir, 0, &fault)) {
    case FOUND: break;
    case FOUND_NOTHING: report_line(checker->report, "%s: does not exist; run: mfactl init", svm_dir); return;
    case FOUND_FAULT: report_line(checker->report, "%s", fault.text); break;
    }
    dir_close(&dir);
    svms = opendir(svm_dir);
    while (svms != NULL && (entry = readdir(svms)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        if (!name_is_valid(entry->d_name)) {
            report_line(checker->report, "%s/%s: is no name for an SVM; move it elsewhere", svm_dir, entry->d_name);
            continue;
        }
        check_svm(checker, entry->d_name);
        check_strangers(checker, entry->d_name);
    }
    if (svms != NULL)
        closedir(svms);
}

/* State directories without an SVM: left of one that was removed by hand. */
static void check_states(const struct checker *checker)
{
    DIR *states = opendir(checker->host.state_dir);
    struct dirent *entry;

    while (states != NULL && (entry = readdir(states)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            !svm_exists(checker, entry->d_name))
            report_line(checker->report, "%s/%s: belongs to no SVM; if \"%s\" is not to come back, remove it",
                        checker->host.state_dir, entry->d_name, entry->d_name);
    if (states != NULL)
        closedir(states);
}

/* The seal key, which is read with every store: once for all. */
static void check_key(struct checker *checker)
{
    struct store store;
    struct fault fault;

    check_parents(checker->host.seal_key, checker->report);
    /* Without a state directory to compare its group with, that directory is the problem, and is reported. */
    if (store_open_without_key(&store, &checker->host, "cluster", &fault) != 0)
        return;
    store_close(&store);
    checker->has_key = store_open(&store, &checker->host, "cluster", &fault) == 0;
    if (checker->has_key)
        store_close(&store);
    else
        report_line(checker->report, "%s", fault.text);
}

static void check_programs(const struct checker *checker, const char *enroll_path)
{
    const gid_t *group = checker->account != NULL ? &checker->account->gid : NULL;

    if (!check_program(checker->host.duo_helper, NULL, checker->report) && checker->uses_duo)
        report_line(checker->report, "%s: does not exist, so no login can ask Duo; install it, or set duo_helper",
                    checker->host.duo_helper);
    /* Without the group, that is the problem to be solved first. A host may well do without self-service. */
    if (group != NULL)
        check_program(enroll_path, group, checker->report);
}

static void run(const char *conf_path, const char *enroll_path, struct report *report)
{
    struct checker checker = {.report = report};
    struct service_account account;
    struct fault fault;

    switch (service_account_find(&account, &fault)) {
    case FOUND: checker.account = &account; break;
    case FOUND_NOTHING:
        report_line(report, "the group or the user " SERVICE_ACCOUNT " does not exist; run: mfactl init");
        break;
    case FOUND_FAULT: report_line(report, "%s", fault.text); break;
    }
    check_parents(conf_path, report);
    if (host_read(conf_path, &checker.host, &fault) != 0) {
        check_file_faults(conf_path, 022, host_fields, &checker.host, &fault, report);
        if (access(conf_path, F_OK) != 0)
            return; /* there is nothing else before init has run */
        report_line(report, "%s: every login is refused until this is right; for what follows, its faulty settings "
                    "count as not given", conf_path);
    }
    check_rules(&checker, conf_path);
    check_parents(checker.host.svm_dir, report);
    check_parents(checker.host.state_dir, report);
    check_key(&checker);
    check_svms(&checker);
    check_states(&checker);
    check_programs(&checker, enroll_path);
    host_free(&checker.host);
}

void check_run(const char *conf_path, const char *enroll_path, struct report *report)
{
    struct once *once = calloc(1, sizeof *once);
    struct report filtered = {.line = report_once, .context = once};

    if (once == NULL) {
        report_line(report, "out of memory");
        return;
    }
    once->report = report;
    run(conf_path, enroll_path, &filtered);
    free(once);
}
