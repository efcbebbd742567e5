/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: a problem that would deny a login, or let somebody change what logins rest on, is found; one that is
 * found does not hide the next.
 * What MUST NOT happen: anything being changed.
 */
#include "admin/check.h"

#include "admin/check_file.h"
#include "admin/check_fleet.h"
#include "admin/check_host.h"
#include "admin/check_pam.h"
#include "admin/check_path.h"
#include "admin/directory.h"
#include "admin/duo_edit.h"
#include "admin/node.h"
#include "admin/service_account.h"
#include "base/array.h"
#include "base/shell.h"
#include "config/duo_profile.h"
#include "config/duo_user.h"
#include "config/host.h"
#include "config/member.h"
#include "config/svm.h"
#include "enrol/permit.h"
#include "enrol/ticket.h"
#include "store/store_admin.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <strings.h>
#include <unistd.h>

#define GROUP_SIZE (256 * 1024) /* of a group with all its members */
#define ONCE_SLOTS 4096

struct checker {
    struct host host;
    const struct service_account *account; /* NULL: not known */
    bool uses_duo; /* an SVM has an enabled Duo profile */
    struct identity {
        char uuid[37], svm[NAME_SIZE];
    } *identities; /* of the SVMs that could be read */
    size_t identity_count;
    struct report *report;
};

/* The group that our files with one must have; NULL: there is none yet. */
static const gid_t *group_of(const struct checker *checker)
{
    return checker->account != NULL ? &checker->account->gid : NULL;
}

/* Passes lines on once: what is wrong with a directory is met with everything below it. */
struct once {
    struct report *report;
    const struct report *from; /* that the lines are given to */
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
    report_found(once->report, once->from->code, "%s", text);
}

static void check_enrolments(const struct checker *checker, const char *svm)
{
    const struct node_rule rule = node_state_directory(group_of(checker));
    char path[2 * HOST_PATH_SIZE];
    struct store *store;
    struct fault fault;
    bool is_right;

    snprintf(path, sizeof path, "%s/%s", checker->host.state_dir, svm);
    is_right = node_check(path, &rule, checker->report);
    store = store_open_admin(&checker->host, svm, &fault);
    if (store != NULL)
        store_check(store, checker->report);
    else if (is_right)
        report_found(checker->report, "state", "%s", fault.text);
    store_close(store);
}

static bool group_exists(const char *name)
{
    struct group entry, *result = NULL;
    char *buffer = malloc(GROUP_SIZE);
    bool exists = buffer != NULL && (getgrnam_r(name, &entry, buffer, GROUP_SIZE, &result) != 0 || result != NULL);

    free(buffer);
    return exists;
}

/* The groups that decide who must have a code. */
static void check_groups(const struct checker *checker, const char *path, const char *setting,
                         const struct conf_array *groups)
{
    const char (*names)[GROUP_NAME_SIZE] = groups->items;

    for (size_t i = 0; i < groups->count; i++)
        if (!group_exists(names[i]))
            report_found(checker->report, "unknown_group",
                         "%s: %s names \"%s\", which is no group on this host; make the group, or take it off the list "
                         "with: mfactl svm modify", path, setting, names[i]);
}

/* The SVM's own Duo profile, if it has one. */
static void check_duo(struct checker *checker, const char *name)
{
    struct duo_profile profile;
    const struct duo_group *groups;
    char path[HOST_PATH_SIZE + 300];
    struct fault fault;
    bool is_right;

    snprintf(path, sizeof path, "%s/%s/duo.conf", checker->host.svm_dir, name);
    is_right = node_check(path, &node_secret, checker->report);
    switch (duo_profile_read_own(&checker->host, name, &profile, &fault)) {
    case FOUND_FAULT:
        duo_profile_free(&profile);
        duo_profile_defaults(&profile);
        check_file_faults(path, duo_profile_fields, &profile, is_right ? &fault : NULL, checker->report);
        __attribute__((fallthrough)); /* with what could be read */
    case FOUND:
        checker->uses_duo = checker->uses_duo || profile.is_enabled;
        groups = profile.groups.items;
        for (size_t i = 0; i < profile.groups.count; i++)
            if (!group_exists(groups[i].name))
                report_found(checker->report, "unknown_group",
                             "%s: groups names \"%s\", which is no group on this host, so logins of whom "
                             "no other group settles are refused; make the group, or run: mfactl duo group delete "
                             "--svm %s --name %s", path, groups[i].name, shell_word(name).text,
                             shell_word(groups[i].name).text);
        if (duo_check_ca_file(profile.ca_file, &fault) != 0)
            report_found(checker->report, "ca_file", "%s: %s", path, fault.text);
        if (duo_user_check_format(profile.username_format, &fault) != 0)
            report_found(checker->report, "username_format",
                         "%s: %s, so logins that ask Duo are refused", path, fault.text);
        if (profile.ca_file[0] != '\0')
            check_parents(profile.ca_file, checker->report);
        break;
    case FOUND_NOTHING: break;
    }
    duo_profile_free(&profile);
}

static void note_identity(struct checker *checker, const struct svm *svm)
{
    struct identity *larger = array_grow(checker->identities, checker->identity_count, sizeof *larger);

    if (larger == NULL)
        return;
    checker->identities = larger;
    larger += checker->identity_count++;
    snprintf(larger->uuid, sizeof larger->uuid, "%s", svm->uuid);
    snprintf(larger->svm, sizeof larger->svm, "%s", svm->name);
}

static int compare_identities(const void *a, const void *b)
{
    const struct identity *left = a, *right = b;
    int order = strcasecmp(left->uuid, right->uuid);

    return order != 0 ? order : strcmp(left->svm, right->svm);
}

/* A svm.conf that was copied by hand, uuid and all: a client of the REST API that names one means both. */
static void check_identities(const struct checker *checker)
{
    const struct identity *all = checker->identities;

    if (checker->identity_count > 0)
        qsort(checker->identities, checker->identity_count, sizeof *all, compare_identities);
    for (size_t i = 1; i < checker->identity_count; i++)
        if (strcasecmp(all[i - 1].uuid, all[i].uuid) == 0)
            report_found(checker->report, "duplicate_uuid",
                         "%s/%s/svm.conf: uuid %s is that of SVM \"%s\" too; run: mfactl svm modify %s "
                         "--uuid \"$(cat /proc/sys/kernel/random/uuid)\"", checker->host.svm_dir, all[i].svm,
                         all[i].uuid, all[i - 1].svm, shell_word(all[i].svm).text);
}

/* A network that says "no factor" of most of the Internet. */
static void check_networks(const struct checker *checker, const char *path, const struct svm *svm)
{
    const char *address = "";
    size_t index;

    if (svm_open_network(svm, &index, &address))
        report_found(checker->report, "open_network", "%s: networks[%zu] has \"%s\" and no factors, so whoever reaches this "
                     "host from nearly anywhere is asked for none; list the networks that are yours", path, index, address);
}

static void check_svm(struct checker *checker, const char *name)
{
    char path[HOST_PATH_SIZE + 300];
    struct fault fault;
    struct svm svm;
    bool is_right;

    snprintf(path, sizeof path, "%s/%s", checker->host.svm_dir, name);
    is_right = node_check(path, &node_directory, checker->report);
    snprintf(path, sizeof path, "%s/%s/svm.conf", checker->host.svm_dir, name);
    is_right = node_check(path, &node_conf, checker->report) && is_right;
    if (svm_read(&checker->host, name, &svm, &fault) != 0) {
        svm_defaults(&svm, name);
        check_file_faults(path, svm_fields, &svm, is_right ? &fault : NULL, checker->report);
    } else {
        note_identity(checker, &svm);
        check_networks(checker, path, &svm);
        check_fleet_svm(&checker->host, &svm, checker->report);
    }
    check_groups(checker, path, "required_groups", &svm.totp.required_groups);
    check_groups(checker, path, "exempt_groups", &svm.totp.exempt_groups);
    svm_free(&svm);
    check_duo(checker, name);
    check_enrolments(checker, name);
}

static void check_left_over(const char *directory, const char *name, struct report *report)
{
    char path[HOST_PATH_SIZE + 600];

    snprintf(path, sizeof path, "%s/%s", directory, name);
    report_found(report, "left_over",
                 "%s: was left by a write that did not end, or by an editor; run: rm %s", path,
                 shell_word(path).text);
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
            check_left_over(path, entry->d_name, checker->report);
        else if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
                 strcmp(entry->d_name, "svm.conf") != 0 && strcmp(entry->d_name, "duo.conf") != 0)
            report_found(checker->report, "unknown_file",
                         "%s/%s: is none of pam_mfa's files; look at it, and move it elsewhere", path,
                         entry->d_name);
    }
    if (entries != NULL)
        closedir(entries);
}

static void check_svms(struct checker *checker)
{
    const char *svm_dir = checker->host.svm_dir;
    char path[HOST_PATH_SIZE + 16];
    struct dirent *entry;
    DIR *svms;

    node_check(svm_dir, &node_directory, checker->report);
    snprintf(path, sizeof path, "%s/" LOCK_SVMS, svm_dir);
    node_check(path, &node_secret, checker->report);
    svms = opendir(svm_dir);
    if (svms == NULL)
        report_found(checker->report, "missing_directory",
                     errno == ENOENT ? "%s: does not exist; run: mfactl init" : "%s: cannot be listed",
                     svm_dir);
    while (svms != NULL && (entry = readdir(svms)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        if (!name_is_valid(entry->d_name)) {
            report_found(checker->report, "unknown_file",
                         "%s/%s: is no name for an SVM; move it elsewhere", svm_dir, entry->d_name);
            continue;
        }
        check_svm(checker, entry->d_name);
        check_strangers(checker, entry->d_name);
    }
    if (svms != NULL)
        closedir(svms);
}

/* What `store migrate` has kept. */
static bool is_put_aside(const char *name)
{
    static const char suffix[] = ".migrated";
    size_t length = strlen(name);

    return length >= sizeof suffix && strcmp(name + length - (sizeof suffix - 1), suffix) == 0;
}

/* State directories without an SVM: left of one that was removed by hand. */
static void check_states(const struct checker *checker)
{
    DIR *states = opendir(checker->host.state_dir);
    struct dirent *entry;

    node_check(checker->host.state_dir, &node_directory, checker->report);
    while (states != NULL && (entry = readdir(states)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && !is_put_aside(entry->d_name) &&
            strcmp(entry->d_name, TICKET_DIRECTORY) != 0 && !svm_exists(&checker->host, entry->d_name))
            report_found(checker->report, "unknown_state",
                         "%s/%s: belongs to no SVM; if \"%s\" is not to come back, remove it",
                         checker->host.state_dir, entry->d_name, entry->d_name);
    if (states != NULL)
        closedir(states);
}

/* The seal key, which is read with every store: once for all. */
static void check_key(struct checker *checker)
{
    const struct node_rule rule = node_seal_key(group_of(checker)), state = node_state_directory(group_of(checker));
    char path[HOST_PATH_SIZE + 16];
    struct store *store;
    struct fault fault;
    bool is_right;

    check_parents(checker->host.seal_key, checker->report);
    is_right = node_check(checker->host.seal_key, &rule, checker->report);
    /* Without a state directory to compare its group with, that directory is the problem, and is reported. */
    snprintf(path, sizeof path, "%s/cluster", checker->host.state_dir);
    if (!node_check(path, &state, NULL))
        return;
    store = store_open(&checker->host, "cluster", &fault);
    if (store == NULL && is_right)
        report_found(checker->report, "seal_key", "%s", fault.text);
    store_close(store);
}

static void check_programs(const struct checker *checker, const char *enroll_path)
{
    const gid_t *group = group_of(checker);
    const struct node_rule enroll = node_enroll(group), approve = node_approve(group);

    if (!check_program(checker->host.duo_helper, NULL, checker->report) && checker->uses_duo)
        report_found(checker->report, "no_program",
                     "%s: does not exist, so no login can ask Duo; install it, or set duo_helper",
                     checker->host.duo_helper);
    /* Without the group, that is the problem to be solved first. A host may well do without self-service. */
    if (group == NULL)
        return;
    check_program(enroll_path, &enroll, checker->report);
    if (!check_program(PERMIT_APPROVE_PATH, &approve, checker->report) && checker->uses_duo)
        report_found(checker->report, "no_program",
                     "%s: does not exist, so nobody whom Duo covers can enrol; install it, then run: mfactl "
                     "init", PERMIT_APPROVE_PATH);
}

static void check_init_lock(const char *conf_path, struct report *report)
{
    const char *slash = strrchr(conf_path, '/');
    char path[DIR_PATH_SIZE + 16];

    snprintf(path, sizeof path, "%.*s/" LOCK_INIT, slash == NULL ? 0 : (int)(slash - conf_path), conf_path);
    node_check(path, &node_secret, report);
}

static void run(const char *conf_path, const char *enroll_path, struct report *report)
{
    struct checker checker = {.report = report};
    struct service_account account;
    struct fault fault;
    bool is_right;

    switch (service_account_find(&account, &fault)) {
    case FOUND: checker.account = &account; break;
    case FOUND_NOTHING:
        report_found(report, "no_account",
                     "the group or the user " SERVICE_ACCOUNT " does not exist; run: mfactl init");
        break;
    case FOUND_FAULT: report_found(report, "no_account", "%s", fault.text); break;
    }
    check_parents(conf_path, report);
    is_right = node_check(conf_path, &node_conf, report);
    check_init_lock(conf_path, report);
    if (host_read(conf_path, &checker.host, &fault) != 0) {
        check_file_faults(conf_path, host_fields, &checker.host, is_right ? &fault : NULL, report);
        if (access(conf_path, F_OK) != 0)
            return; /* there is nothing else before init has run */
        report_found(report, "settings",
                     "%s: every login is refused until this is right; for what follows, its faulty settings "
                     "count as not given", conf_path);
    }
    check_rules(&checker.host, conf_path, report);
    check_parents(checker.host.svm_dir, report);
    check_parents(checker.host.state_dir, report);
    check_key(&checker);
    check_fleets(&checker.host, (long long)time(NULL), report);
    check_svms(&checker);
    check_identities(&checker);
    check_states(&checker);
    check_programs(&checker, enroll_path);
    check_pam(&checker.host, report);
    check_sshd(report);
    free(checker.identities);
    host_free(&checker.host);
}

void check_run(const char *conf_path, const char *enroll_path, struct report *report)
{
    struct once *once = calloc(1, sizeof *once);
    struct report filtered = {.line = report_once, .context = once, .code = "enrolment"}; /* unless another is said */

    if (once == NULL) {
        report_found(report, "memory", "out of memory");
        return;
    }
    once->report = report;
    once->from = &filtered;
    run(conf_path, enroll_path, &filtered);
    free(once);
}
