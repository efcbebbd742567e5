/* SPDX-License-Identifier: BSD-2-Clause */
/* mfactl store ...: stores that several hosts share. */
#include "mfactl/mfactl.h"

#include "admin/admin_local.h"
#include "admin/admin_store.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static struct report report_to(FILE *out, bool logs)
{
    return (struct report){.line = logs ? log_step : print_line, .context = out};
}

enum result run_store_status(struct job *job, struct fault *fault)
{
    struct report report = report_to(stdout, false);

    return admin_store_status(&job->host, &report, fault);
}

enum result run_store_halt(struct job *job, struct fault *fault)
{
    const char *reason = args_value(&job->args, "reason");

    if (reason != NULL && (reason[0] == '\0' || strlen(reason) > 200)) {
        fault_set(fault, "the reason must have 1 to 200 bytes");
        return RESULT_INVALID;
    }
    return admin_store_halt(&job->host, args_value(&job->args, "svm"), reason != NULL ? reason : "by an administrator", fault);
}

enum result run_store_resume(struct job *job, struct fault *fault)
{
    return admin_store_halt(&job->host, args_value(&job->args, "svm"), "", fault);
}

enum result run_store_accept(struct job *job, struct fault *fault)
{
    struct report report = report_to(stdout, true);

    return admin_store_accept(&job->host, args_value(&job->args, "fleet"), (long long)time(NULL), &report, fault);
}

enum result run_store_roles(struct job *job, struct fault *fault)
{
    struct report report = report_to(stdout, false);

    return admin_store_roles(args_value(&job->args, "svm"), args_value(&job->args, "host"),
                             args_value(&job->args, "enrol") != NULL, &report, fault);
}

enum result run_store_key(struct job *job, struct fault *fault)
{
    struct report report = report_to(stdout, true);

    return admin_store_key(&job->host, args_value(&job->args, "svm"), args_value(&job->args, "retire") != NULL, &report, fault);
}

enum result run_store_reseal(struct job *job, struct fault *fault)
{
    struct report report = report_to(stdout, true);

    return admin_store_reseal(&job->host, args_value(&job->args, "svm"), &report, fault);
}

enum result run_store_migrate(struct job *job, struct fault *fault)
{
    struct admin_migration migration = {.dry_run = args_value(&job->args, "dry-run") != NULL,
                                        .newest = args_value(&job->args, "newest") != NULL, .now = (long long)time(NULL)};
    struct report report = report_to(stdout, !migration.dry_run);
    const char *to = args_value(&job->args, "to");

    if (strcmp(to, "fleet") == 0)
        migration.to = SVM_STORE_FLEET;
    else if (strcmp(to, "files") == 0)
        migration.to = SVM_STORE_FILES;
    else {
        fault_set(fault, "--to is \"%.64s\", expected fleet or files", to);
        return RESULT_INVALID;
    }
    return admin_store_migrate(&job->host, args_value(&job->args, "svm"), &migration, &report, fault);
}

enum result run_totp_local_codes(struct job *job, struct fault *fault)
{
    const char *svm = args_value(&job->args, "svm");
    emergency_code codes[PROFILE_CODES_MAX];
    size_t count = 0;
    enum result result = admin_local_codes(&job->host, svm != NULL ? svm : "cluster", args_value(&job->args, "user"),
                                           (long long)time(NULL), codes, &count, fault);

    if (result == RESULT_DONE) {
        printf("For this host alone, while its fleet cannot be reached; each works once:\n");
        for (size_t i = 0; i < count; i++)
            printf("    %s\n", codes[i]);
    }
    crypto_wipe(codes, sizeof codes);
    return result;
}
