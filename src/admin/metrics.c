/* SPDX-License-Identifier: BSD-2-Clause */
/* What MUST NOT happen: a name, a key or a code in what anybody watches. */
#include "admin/metrics.h"

#include "admin/place.h"
#include "admin/totp_missing.h"
#include "base/crypto.h"
#include "base/file.h"
#include "config/duo_profile.h"
#include "store/store_admin.h"

#include <stdlib.h>

#define CA_SIZE_MAX (4 * 1024 * 1024)

/* Of one SVM. */
struct tally {
    const char *svm;
    long long up; /* its store could be read; else no other number is known */
    long long enrolled, disabled, locked, without_codes, unreadable;
    long long missing;    /* and one, if they were counted */
    long long oldest_use; /* Unix seconds; 0: nobody is enrolled */
    long long ca_end;     /* likewise; 0: no certificates of its own */
};

/* The families of numbers, in the order of the text. */
static const struct {
    const char *name, *help;
    size_t offset;
    enum { ALWAYS, IF_UP, IF_SET, IF_COUNTED } printed;
} families[] = {
    {"store_up", "Whether the enrolments can be reached.", offsetof(struct tally, up), ALWAYS},
    {"totp_profiles", "Users who are enrolled for codes.", offsetof(struct tally, enrolled), IF_UP},
    {"totp_profiles_disabled", "Of them, those that an administrator has switched off.", offsetof(struct tally, disabled),
     IF_UP},
    {"totp_profiles_locked", "Of them, those that wrong codes have locked.", offsetof(struct tally, locked), IF_UP},
    {"totp_profiles_without_codes", "Of them, those without an emergency code left.",
     offsetof(struct tally, without_codes), IF_UP},
    {"totp_profiles_unreadable", "Enrolments that cannot be read; see mfactl check.", offsetof(struct tally, unreadable),
     false},
    {"totp_missing", "Accounts that a login would ask for a code, and that have none.", offsetof(struct tally, missing),
     IF_COUNTED},
    {"totp_oldest_use_timestamp_seconds", "When the profile that has not been used for the longest was last used, or made.",
     offsetof(struct tally, oldest_use), IF_SET},
    {"duo_ca_end_timestamp_seconds", "When the first certificate in the ca_file of the Duo profile ends.",
     offsetof(struct tally, ca_end), IF_SET},
};

struct walk {
    const struct store *store;
    struct tally *tally;
    struct report *problems;
};

/* Whether no emergency code is left. Without the seal's key that cannot be told, and counts as some. */
static bool has_no_codes(const struct store *store, const struct store_entry *entry)
{
    struct secrets secrets;
    struct fault ignored;
    bool none;

    if (!store_has_seal(store) || store_unseal(store, &entry->profile, &secrets, &ignored) != 0)
        return false;
    none = (entry->totp.used_codes & ((1 << secrets.code_count) - 1)) == (1 << secrets.code_count) - 1;
    secrets_wipe(&secrets);
    return none;
}

static int count(void *context, const struct store_owner *owner, struct fault *fault)
{
    const struct walk *walk = context;
    struct tally *tally = walk->tally;
    struct store_entry entry;
    long long used;

    if (store_read(walk->store, owner, &entry, fault) != 0) {
        tally->unreadable++;
        report_line(walk->problems, "%s", fault->text);
        return 0;
    }
    if (!entry.enrolled)
        return 0;
    tally->enrolled++;
    tally->disabled += !entry.profile.enabled;
    tally->locked += totp_state_is_locked(&entry.totp);
    tally->without_codes += has_no_codes(walk->store, &entry);
    used = entry.totp.last_step * entry.profile.period;
    if (used < entry.profile.created)
        used = entry.profile.created;
    if (tally->oldest_use == 0 || used < tally->oldest_use)
        tally->oldest_use = used;
    return 0;
}

/* When the first of the certificates that SVM's own Duo profile names ends. */
static void look_at_ca(const struct host *host, struct tally *tally, struct report *problems)
{
    static const struct file_rule rule = {.owner = 0, .forbidden = 022, .size_max = CA_SIZE_MAX};
    struct duo_profile *profile = calloc(1, sizeof *profile);
    struct file_data data = {0};
    struct fault fault = {.text = "out of memory"};
    enum found found = profile == NULL ? FOUND_FAULT : duo_profile_read_own(host, tally->svm, profile, &fault);

    if (found == FOUND && profile->ca_file[0] != '\0') {
        found = file_read_path(profile->ca_file, &rule, &data, &fault);
        if (found == FOUND && crypto_certificates_end(data.data, data.length, &tally->ca_end) != 0)
            report_line(problems, "%s: holds no certificate that can be read", profile->ca_file);
        else if (found == FOUND_NOTHING)
            report_line(problems, "%s: does not exist", profile->ca_file);
    }
    if (found == FOUND_FAULT)
        report_line(problems, "%s", fault.text);
    file_data_free(&data);
    if (profile != NULL)
        duo_profile_free(profile);
    free(profile);
}

static void tally_svm(const struct host *host, struct tally *tally, struct report *problems)
{
    struct fault fault;
    struct store *store = store_open_admin(host, tally->svm, &fault);
    struct walk walk = {.store = store, .tally = tally, .problems = problems};

    tally->up = store != NULL && store_list(store, "", count, &walk, &fault) == 0;
    store_close(store);
    if (!tally->up)
        report_line(problems, "%s", fault.text);
    look_at_ca(host, tally, problems);
}

static void count_missing(const struct host *host, struct tally *tally, struct report *problems)
{
    const struct missing_scope scope = {.svm = tally->svm};
    struct query query;
    struct query_run run = {.query = &query};
    const struct show show = {.host = host, .run = &run, .problems = problems};
    struct fault fault;
    int result;

    query_init(&query, totp_missing_fields, false);
    query.count_only = true;
    result = totp_missing_show(&show, &scope, &fault);
    if (query_finish(&run, result != 0, &fault) == 0 && result == 0)
        tally->missing = run.count + 1;
    else
        report_line(problems, "%s", fault.text);
    query_free(&query);
}

static void print(FILE *out, const struct tally *tallies, size_t count)
{
    for (size_t family = 0; family < sizeof families / sizeof *families; family++) {
        const char *name = families[family].name;

        fprintf(out, "# TYPE pam_mfa_%s gauge\n# HELP pam_mfa_%s %s\n", name, name, families[family].help);
        for (size_t i = 0; i < count; i++) {
            long long number = *(const long long *)(const void *)((const char *)&tallies[i] + families[family].offset);

            /* An SVM's name holds nothing that would have to be quoted: name_is_valid(). */
            if (families[family].printed == ALWAYS || (tallies[i].up && (number != 0 || families[family].printed == IF_UP)))
                fprintf(out, "pam_mfa_%s{svm=\"%s\"} %lld\n", name, tallies[i].svm,
                        families[family].printed == IF_COUNTED ? number - 1 : number);
        }
    }
}

int metrics_enrolments(const struct host *host, bool missing, FILE *out, struct report *problems, struct fault *fault)
{
    struct svm_names names;
    struct tally *tallies;
    int result = 0;

    if (svm_names_read(host, &names, fault) != 0)
        return -1;
    tallies = calloc(names.count + 1, sizeof *tallies);
    if (tallies == NULL)
        result = fault_set(fault, "out of memory");
    for (size_t i = 0; tallies != NULL && i < names.count; i++) {
        tallies[i].svm = names.names[i];
        tally_svm(host, &tallies[i], problems);
        if (missing && tallies[i].up)
            count_missing(host, &tallies[i], problems);
    }
    if (tallies != NULL)
        print(out, tallies, names.count);
    free(tallies);
    svm_names_free(&names);
    return result;
}

void metrics_end(FILE *out)
{
    fputs("# EOF\n", out);
}
