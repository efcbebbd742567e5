/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands that change something. */
#include "mfactl/mfactl.h"

#include "admin/admin_duo.h"
#include "admin/admin_svm.h"
#include "admin/admin_totp.h"
#include "admin/totp_rename.h"
#include "base/crypto.h"
#include "base/shell.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECRET_SIZE 512

const char *svm_of(const struct job *job)
{
    const char *svm = args_value(&job->args, "svm");

    return svm != NULL ? svm : "cluster";
}

static enum result nothing_to_change(struct fault *fault)
{
    fault_set(fault, "nothing to change is given; see: mfactl --help");
    return RESULT_INVALID;
}

enum result run_svm_create(struct job *job, struct fault *fault)
{
    struct report report = {.line = log_step, .context = stdout};
    struct service_account account;

    switch (service_account_find(&account, fault)) {
    case FOUND: break;
    case FOUND_NOTHING:
        fault_set(fault, "the group or the user " SERVICE_ACCOUNT " does not exist; run: mfactl init");
        return RESULT_FAILED;
    case FOUND_FAULT: return RESULT_FAILED;
    }
    return admin_svm_create(&job->host, job->args.operand, job->settings, job->setting_count, &account, &report, fault);
}

enum result run_svm_modify(struct job *job, struct fault *fault)
{
    if (job->setting_count == 0)
        return nothing_to_change(fault);
    return admin_svm_modify(&job->host, job->args.operand, job->settings, job->setting_count, fault);
}

enum result run_svm_delete(struct job *job, struct fault *fault)
{
    return admin_svm_delete(&job->host, job->args.operand, args_value(&job->args, "force") != NULL, fault);
}

/* The secrets of a Duo profile, which come from files. */
struct duo_secrets {
    char key[SECRET_SIZE], proxy[SECRET_SIZE];
};

/* Adds what was given as files to the settings of JOB; with REQUIRED asks for the secret key if it is not given. */
static int add_secrets(struct job *job, bool required, struct duo_secrets *secrets, struct fault *fault)
{
    const char *key = args_value(&job->args, "secret-key-file"), *proxy = args_value(&job->args, "http-proxy-file");
    const char *open_proxy = args_value(&job->args, "http_proxy");

    if (open_proxy != NULL && strchr(open_proxy, '@') != NULL)
        return fault_set(fault, "a proxy with a password must not be an argument, which everybody can read; use: "
                         "--http-proxy-file");
    if (open_proxy != NULL && proxy != NULL)
        return fault_set(fault, "--http-proxy and --http-proxy-file exclude each other");
    if (key != NULL && proxy != NULL && strcmp(key, "-") == 0 && strcmp(proxy, "-") == 0)
        return fault_set(fault, "only one of --secret-key-file and --http-proxy-file can be -");
    if (key == NULL && required && isatty(STDIN_FILENO))
        key = "-";
    if (key == NULL && required)
        return fault_set(fault, "--secret-key-file is missing: the file with Duo's secret key, or - for standard "
                         "input");
    if (key != NULL) {
        if (read_secret(key, "Secret key: ", secrets->key, sizeof secrets->key, fault) != 0)
            return -1;
        job->settings[job->setting_count++] = (struct setting){"secret_key", secrets->key};
    }
    if (proxy != NULL) {
        if (read_secret(proxy, "HTTP proxy: ", secrets->proxy, sizeof secrets->proxy, fault) != 0)
            return -1;
        job->settings[job->setting_count++] = (struct setting){"http_proxy", secrets->proxy};
    }
    return 0;
}

static enum result change_duo(struct job *job, bool create, struct fault *fault)
{
    struct duo_secrets secrets = {0};
    enum result result;

    if (add_secrets(job, create, &secrets, fault) != 0)
        result = RESULT_INVALID;
    else if (job->setting_count == 0)
        result = nothing_to_change(fault);
    else
        result = create ? admin_duo_create(&job->host, svm_of(job), job->settings, job->setting_count, fault)
                        : admin_duo_modify(&job->host, svm_of(job), job->settings, job->setting_count, fault);
    crypto_wipe(&secrets, sizeof secrets);
    return result;
}

enum result run_duo_create(struct job *job, struct fault *fault)
{
    enum result result;

    /* Before a secret is asked for. */
    if (args_value(&job->args, "api_host") == NULL || args_value(&job->args, "integration_key") == NULL) {
        fault_set(fault, "--api-host and --integration-key are needed; see: mfactl --help");
        return RESULT_INVALID;
    }
    result = change_duo(job, true, fault);
    if (result == RESULT_DONE && args_value(&job->args, "fail_mode") == NULL)
        printf("fail_mode is \"safe\": whoever is asked by Duo alone is let in when Duo cannot be reached; to refuse them: "
               "mfactl duo modify --svm %s --fail-mode secure\n", shell_word(svm_of(job)).text);
    return result;
}

enum result run_duo_modify(struct job *job, struct fault *fault)
{
    return change_duo(job, false, fault);
}

enum result run_duo_delete(struct job *job, struct fault *fault)
{
    return admin_duo_delete(&job->host, svm_of(job), fault);
}

enum result run_duo_check(struct job *job, struct fault *fault)
{
    enum result result = admin_duo_check(&job->host, svm_of(job), fault);

    if (result == RESULT_DONE)
        print_line(stdout, fault->text);
    return result;
}

enum result run_list_create(struct job *job, struct fault *fault)
{
    return admin_duo_list_create(&job->host, svm_of(job), (enum duo_list)job->command->list,
                                 args_value(&job->args, "name"), job->settings, job->setting_count, fault);
}

enum result run_list_modify(struct job *job, struct fault *fault)
{
    if (job->setting_count == 0)
        return nothing_to_change(fault);
    return admin_duo_list_modify(&job->host, svm_of(job), (enum duo_list)job->command->list,
                                 args_value(&job->args, "name"), job->settings, job->setting_count, fault);
}

enum result run_list_delete(struct job *job, struct fault *fault)
{
    return admin_duo_list_delete(&job->host, svm_of(job), (enum duo_list)job->command->list,
                                 args_value(&job->args, "name"), fault);
}

static enum result modify(struct job *job, const struct bulk_profile *profile, struct fault *fault)
{
    return admin_totp_modify(&job->host, profile->svm, profile->user, job->settings, job->setting_count, fault);
}

enum result run_totp_modify(struct job *job, struct fault *fault)
{
    if (job->setting_count == 0)
        return nothing_to_change(fault);
    return bulk_run(job, modify, "modified", fault);
}

static enum result delete(struct job *job, const struct bulk_profile *profile, struct fault *fault)
{
    return admin_totp_delete(&job->host, profile->svm, profile->user, fault);
}

enum result run_totp_delete(struct job *job, struct fault *fault)
{
    return bulk_run(job, delete, "deleted", fault);
}

static enum result unlock(struct job *job, const struct bulk_profile *profile, struct fault *fault)
{
    bool renewed;
    enum result result = admin_totp_unlock(&job->host, profile->svm, profile->user, (long long)time(NULL), &renewed,
                                           fault);

    if (result == RESULT_DONE && renewed)
        printf("the state was unreadable and was made anew: the codes up to now and all emergency codes count as used; "
               "new ones: mfa-enroll codes\n");
    return result;
}

enum result run_totp_unlock(struct job *job, struct fault *fault)
{
    return bulk_run(job, unlock, "unlocked", fault);
}

enum result run_totp_rename(struct job *job, struct fault *fault)
{
    return totp_rename(&job->host, svm_of(job), args_value(&job->args, "from"), args_value(&job->args, "to"),
                       (long long)time(NULL), fault);
}
