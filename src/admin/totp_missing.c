/* SPDX-License-Identifier: BSD-2-Clause */
/* What MUST hold: time and memory in the order of the accounts; each file is read once, however many those are. */
#include "admin/totp_missing.h"

#include "admin/admin_svm.h"
#include "base/array.h"
#include "config/duo_user.h"
#include "config/duty.h"
#include "store/store_admin.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct record_field totp_missing_fields[] = {
    {"owner.uuid", VALUE_STRING, .flags = RECORD_KEY | RECORD_EARLY},
    {"owner.name", VALUE_STRING, .flags = RECORD_KEY | RECORD_EARLY | RECORD_LISTED},
    {"account.name", VALUE_STRING, .flags = RECORD_KEY | RECORD_EARLY | RECORD_LISTED},
    {"uid", VALUE_INTEGER, .flags = RECORD_LISTED},
    {"is_required", VALUE_BOOLEAN, .flags = RECORD_LISTED},
    {"enrol_by", VALUE_STRING, .flags = RECORD_LISTED},
    {0},
};

struct candidate {
    char name[NAME_SIZE];
    uid_t uid;
    gid_t gid;
};

struct names {
    char (*names)[NAME_SIZE];
    size_t count;
};

struct search {
    const struct show *show;
    const struct missing_scope *scope;
    struct svm svm;
    struct duo_profile duo;
    bool duo_first; /* Duo is asked before TOTP, and there is an enabled profile */
    struct store *store;
    struct candidate *candidates;
    size_t count;
    struct names members; /* of the groups, ordered */
    gid_t gids[MISSING_GROUPS_MAX];
    struct names shells; /* of people, ordered */
};

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int add_name(struct names *names, const char *name, struct fault *fault)
{
    char(*larger)[NAME_SIZE] = array_grow(names->names, names->count, NAME_SIZE);

    if (larger == NULL)
        return fault_set(fault, "out of memory");
    names->names = larger;
    snprintf(larger[names->count++], NAME_SIZE, "%s", name);
    return 0;
}

static void order(struct names *names)
{
    if (names->count > 0)
        qsort(names->names, names->count, NAME_SIZE, compare_names);
}

static bool holds(const struct names *names, const char *name)
{
    return names->count > 0 && bsearch(name, names->names, names->count, NAME_SIZE, compare_names) != NULL;
}

static int read_shells(struct search *search, struct fault *fault)
{
    const char *shell;
    int result = 0;

    setusershell();
    while (result == 0 && (shell = getusershell()) != NULL)
        if (strlen(shell) < NAME_SIZE)
            result = add_name(&search->shells, shell, fault);
    endusershell();
    order(&search->shells);
    return result;
}

static int read_groups(struct search *search, struct fault *fault)
{
    for (size_t i = 0; i < search->scope->group_count; i++) {
        const struct group *group;

        errno = 0;
        group = getgrnam(search->scope->groups[i]);
        if (group == NULL)
            return fault_set(fault, errno == 0 || errno == ENOENT || errno == ESRCH
                             ? "there is no group \"%.64s\" on this host" : "the group database does not answer for "
                             "group \"%.64s\"", search->scope->groups[i]);
        search->gids[i] = group->gr_gid;
        for (char **member = group->gr_mem; *member != NULL; member++)
            if (name_is_valid(*member) && add_name(&search->members, *member, fault) != 0)
                return -1;
    }
    order(&search->members);
    return 0;
}

static bool is_asked_for(const struct search *search, const struct passwd *entry)
{
    const char *shell = entry->pw_shell == NULL || entry->pw_shell[0] == '\0' ? "/bin/sh" : entry->pw_shell;

    if (!search->scope->all && !holds(&search->shells, shell))
        return false;
    if (search->scope->group_count == 0 || holds(&search->members, entry->pw_name))
        return true;
    for (size_t i = 0; i < search->scope->group_count; i++)
        if (search->gids[i] == entry->pw_gid)
            return true;
    return false;
}

static int add_candidate(struct search *search, const struct passwd *entry, struct fault *fault)
{
    struct candidate *larger;

    if (!name_is_valid(entry->pw_name) || !is_asked_for(search, entry))
        return 0;
    larger = array_grow(search->candidates, search->count, sizeof *larger);
    if (larger == NULL)
        return fault_set(fault, "out of memory");
    search->candidates = larger;
    larger += search->count++;
    snprintf(larger->name, sizeof larger->name, "%s", entry->pw_name);
    larger->uid = entry->pw_uid;
    larger->gid = entry->pw_gid;
    return 0;
}

static int compare_candidates(const void *a, const void *b)
{
    return strcmp(((const struct candidate *)a)->name, ((const struct candidate *)b)->name);
}

/* The accounts to be looked at: those that the passwd database lists, and members of the groups that it only knows. */
static int read_accounts(struct search *search, struct fault *fault)
{
    const struct passwd *entry;
    size_t listed, kept = 0;
    int result = 0;

    setpwent();
    while (result == 0 && (errno = 0, entry = getpwent()) != NULL)
        result = add_candidate(search, entry, fault);
    if (result == 0 && errno != 0 && errno != ENOENT)
        result = fault_set(fault, "the passwd database cannot be listed: %s", strerror(errno));
    endpwent();
    listed = search->count;
    if (listed > 0)
        qsort(search->candidates, listed, sizeof *search->candidates, compare_candidates);
    for (size_t i = 0; result == 0 && i < search->members.count; i++) {
        struct candidate key = {.uid = 0};

        snprintf(key.name, sizeof key.name, "%s", search->members.names[i]);
        if (listed > 0 &&
            bsearch(&key, search->candidates, listed, sizeof *search->candidates, compare_candidates) != NULL)
            continue;
        entry = getpwnam(search->members.names[i]);
        if (entry != NULL)
            result = add_candidate(search, entry, fault);
    }
    if (search->count > 0)
        qsort(search->candidates, search->count, sizeof *search->candidates, compare_candidates);
    /* A database can list one account twice, in two of its sources. The first counts, as for a login. */
    for (size_t i = 0; i < search->count; i++)
        if (kept == 0 || strcmp(search->candidates[kept - 1].name, search->candidates[i].name) != 0)
            search->candidates[kept++] = search->candidates[i];
    search->count = kept;
    return result;
}

/* Whether a rule sends the account to another SVM, whatever else is known of its login. */
static bool goes_elsewhere(const struct search *search, const struct candidate *candidate)
{
    const struct host_login known = {.user = candidate->name};
    struct fault ignored;
    int rule = -1;
    const char *svm = host_svm(search->show->host, &known, &rule, &ignored);

    return svm != NULL && rule >= 0 && strcmp(svm, search->svm.name) != 0;
}

/* Whether a login of ACCOUNT would come to ask for a code. FOUND_FAULT: it is not known. */
static enum found is_asked(const struct search *search, const struct account *account, struct fault *fault)
{
    if (search->duo_first) {
        enum found covered = duo_user_in_scope(&search->duo, account, fault);

        if (covered != FOUND_NOTHING)
            return covered == FOUND ? FOUND_NOTHING : FOUND_FAULT;
    }
    switch (duty_is_exempt(&search->svm, account, fault)) {
    case FOUND: return FOUND_NOTHING;
    case FOUND_NOTHING: return FOUND;
    case FOUND_FAULT: break;
    }
    return FOUND_FAULT;
}

static void fill(const struct search *search, const struct account *account, struct record *record)
{
    struct duty duty = {.kind = DUTY_REQUIRED};
    struct fault fault;

    record_set_integer(record, "uid", account->uid);
    /* As if with `nullok`: who is refused then must enrol. */
    if (search->svm.totp.required_groups.count > 0 &&
        duty_of_unenrolled(&search->svm, account, true, 0, &duty, &fault) != 0)
        report_line(search->show->problems, "%s", fault.text);
    record_set_boolean(record, "is_required", duty.kind != DUTY_NULLOK);
    if (duty.kind != DUTY_NULLOK)
        record_set_string(record, "enrol_by", search->svm.totp.enrol_by);
}

/* As query_offer. */
static int look_at(const struct search *search, const struct candidate *candidate, struct account *account,
                   struct fault *fault)
{
    const struct store_owner owner = {candidate->name, candidate->uid};
    struct record record = {.fields = totp_missing_fields};
    struct store_entry entry;
    struct fault broken;

    admin_set_owner(&record, &search->svm);
    record_set_string(&record, "account.name", candidate->name);
    if (query_excludes(search->show->run->query, &record) || goes_elsewhere(search, candidate)) {
        record_free(&record);
        return 0;
    }
    snprintf(account->name, sizeof account->name, "%s", candidate->name);
    account->uid = candidate->uid;
    account->gid = candidate->gid;
    if (store_read(search->store, &owner, &entry, &broken) != 0)
        report_line(search->show->problems, "%s", broken.text);
    else if (!entry.enrolled)
        switch (is_asked(search, account, &broken)) {
        case FOUND:
            fill(search, account, &record);
            return query_offer(search->show->run, &record, fault);
        case FOUND_NOTHING: break;
        case FOUND_FAULT: report_line(search->show->problems, "account %s: %s", candidate->name, broken.text); break;
        }
    record_free(&record);
    return 0;
}

/* What is the same for all accounts. 1: TOTP is none of the SVM's factors, so that nobody misses a code. */
static int prepare(struct search *search, struct fault *fault)
{
    bool totp = false, duo = false;
    const char *owner;

    if (admin_svm_read(search->show->host, search->scope->svm, &search->svm, fault) != RESULT_DONE)
        return -1;
    for (size_t i = 0; i < search->svm.factor_count && !totp; i++) {
        totp = search->svm.factors[i] == FACTOR_TOTP;
        duo = duo || search->svm.factors[i] == FACTOR_DUO;
    }
    if (!totp)
        return 1;
    if (duo) {
        enum found found = duo_profile_read(search->show->host, search->svm.name, &search->duo, &owner, fault);

        if (found == FOUND_FAULT)
            return -1;
        search->duo_first = found == FOUND && search->duo.is_enabled;
    }
    search->store = store_open_admin(search->show->host, search->svm.name, fault);
    return search->store != NULL && read_shells(search, fault) == 0 && read_groups(search, fault) == 0 &&
           read_accounts(search, fault) == 0 ? 0 : -1;
}

int totp_missing_show(const struct show *show, const struct missing_scope *scope, struct fault *fault)
{
    struct search *search = calloc(1, sizeof *search);
    struct account *account = calloc(1, sizeof *account);
    int result = -1;

    if (search == NULL || account == NULL)
        fault_set(fault, "out of memory");
    else {
        search->show = show;
        search->scope = scope;
        duo_profile_defaults(&search->duo);
        result = prepare(search, fault);
        for (size_t i = 0; result == 0 && i < search->count; i++)
            result = look_at(search, &search->candidates[i], account, fault);
        store_close(search->store);
        duo_profile_free(&search->duo);
        svm_free(&search->svm);
        free(search->candidates);
        free(search->members.names);
        free(search->shells.names);
    }
    free(search);
    free(account);
    return result < 0 ? -1 : 0;
}
