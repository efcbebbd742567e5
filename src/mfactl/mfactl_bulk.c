/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One change to many TOTP profiles: those that --query finds.
 *
 * What MUST NOT happen: more, or others, being changed than whoever asked has been told: so their number is given back.
 */
#include "mfactl/mfactl.h"

#include "admin/admin_totp.h"
#include "base/array.h"
#include "records/query.h"
#include "records/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bulk {
    struct bulk_profile *profiles;
    size_t count;
};

static int collect(void *context, const struct query *query, const struct record *record, struct fault *fault)
{
    struct bulk *bulk = context;
    struct bulk_profile *larger = array_grow(bulk->profiles, bulk->count, sizeof *larger);
    const char *key;
    int svm = record_find(query->fields, "owner.name", &key), user = record_find(query->fields, "account.name", &key);

    if (larger == NULL)
        return fault_set(fault, "out of memory");
    bulk->profiles = larger;
    larger += bulk->count++;
    snprintf(larger->svm, sizeof larger->svm, "%s", record->values[svm].texts[0]);
    snprintf(larger->user, sizeof larger->user, "%s", record->values[user].texts[0]);
    return 0;
}

/* Finds the profiles. One that cannot be read is a fault: it may be one of them. */
static enum result find(const struct job *job, struct bulk *bulk, struct fault *fault)
{
    struct report problems = {.line = print_line, .context = stderr};
    char *copies[ARGS_MAX] = {0};
    struct query query;
    struct query_run run = {.query = &query, .put = collect, .context = bulk};
    const struct show show = {.host = &job->host, .run = &run, .problems = &problems};
    enum result result = RESULT_INVALID;
    int shown;

    query_init(&query, admin_totp_fields, false);
    if (show_filters(&query, &job->args, copies, fault) == 0) {
        shown = admin_totp_show(&show, fault);
        result = query_finish(&run, shown != 0, fault) == 0 && shown == 0 ? RESULT_DONE : RESULT_FAILED;
        if (result == RESULT_DONE && problems.count > 0) {
            fault_set(fault, "%zu of the profiles cannot be read, so it is unknown whether they are meant; see: mfactl check",
                      problems.count);
            result = RESULT_FAILED;
        }
    }
    query_free(&query);
    for (size_t i = 0; i < ARGS_MAX; i++)
        free(copies[i]);
    return result;
}

/* Whether the number that was found is the one that was given. */
static enum result confirm(const struct job *job, size_t count, struct fault *fault)
{
    const char *given = args_value(&job->args, "confirm");
    long long number;

    if (given == NULL)
        fault_set(fault, "%zu %s found, and nothing was changed; see which with --dry-run, then add: --confirm %zu", count,
                  count == 1 ? "profile was" : "profiles were", count);
    else if (!value_parse_integer(given, &number) || number < 0)
        fault_set(fault, "--confirm is \"%.32s\", expected the number of profiles", given);
    else if ((unsigned long long)number != count)
        fault_set(fault, "--confirm is %lld, but %zu %s found, and nothing was changed", number, count,
                  count == 1 ? "profile was" : "profiles were");
    else
        return RESULT_DONE;
    return RESULT_INVALID;
}

static enum result change_all(struct job *job, const struct bulk *bulk, bulk_change *change, const char *done,
                              struct fault *fault)
{
    struct report report = {.line = log_step, .context = stdout};
    size_t failed = 0;

    for (size_t i = 0; i < bulk->count; i++) {
        const struct bulk_profile *profile = &bulk->profiles[i];

        if (change(job, profile, fault) == RESULT_DONE)
            report_line(&report, "%s: user %s in SVM %s", done, profile->user, profile->svm);
        else {
            failed++;
            report_line(&report, "failed: user %s in SVM %s: %s", profile->user, profile->svm, fault->text);
        }
    }
    printf("%zu %s\n", bulk->count - failed, bulk->count - failed == 1 ? "profile" : "profiles");
    if (failed == 0)
        return RESULT_DONE;
    fault_set(fault, "%zu of %zu could not be changed", failed, bulk->count);
    return RESULT_FAILED;
}

enum result bulk_run(struct job *job, bulk_change *change, const char *done, struct fault *fault)
{
    const char *user = args_value(&job->args, "user");
    bool queried = args_value(&job->args, "query") != NULL, dry_run = args_value(&job->args, "dry-run") != NULL;
    struct bulk bulk = {0};
    enum result result;

    if ((user != NULL) == queried || (!queried && (dry_run || args_value(&job->args, "confirm") != NULL))) {
        fault_set(fault, user == NULL && !queried ? "--user is missing; or for many, --query"
                                                  : "either --user, or --query with --dry-run or --confirm");
        return RESULT_INVALID;
    }
    if (!queried) {
        struct bulk_profile one;

        snprintf(one.svm, sizeof one.svm, "%s", svm_of(job));
        snprintf(one.user, sizeof one.user, "%s", user);
        return change(job, &one, fault);
    }
    result = find(job, &bulk, fault);
    if (result == RESULT_DONE && !dry_run)
        result = confirm(job, bulk.count, fault);
    if (result == RESULT_DONE && dry_run) {
        for (size_t i = 0; i < bulk.count; i++)
            printf("would be %s: user %s in SVM %s\n", done, bulk.profiles[i].user, bulk.profiles[i].svm);
        printf("%zu %s\n", bulk.count, bulk.count == 1 ? "profile" : "profiles");
    } else if (result == RESULT_DONE)
        result = change_all(job, &bulk, change, done, fault);
    free(bulk.profiles);
    return result;
}
