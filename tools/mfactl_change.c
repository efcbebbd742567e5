/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands that change something. */
#include "mfactl.h"

#include "admin_duo.h"
#include "admin_svm.h"
#include "admin_totp.h"
#include "crypto.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECRET_SIZE 512

static const char *svm_of(const struct args *args)
{
    const char *svm = args_value(args, "svm");

    return svm != NULL ? svm : "cluster";
}

static enum result nothing_to_change(struct fault *fault)
{
    fault_set(fault, "nothing to change is given; see: mfactl --help");
    return RESULT_INVALID;
}

enum result run_svm_create(const struct command *command, const struct args *args, struct fault *fault)
{
    struct report report = {.line = print_line, .context = stdout};
    struct setting settings[ARGS_MAX];
    size_t count = args_settings(command, args, settings);
    struct service_account account;
    enum result result = RESULT_FAILED;
    struct host host;

    switch (service_account_find(&account, fault)) {
    case FOUND: break;
    case FOUND_NOTHING:
        fault_set(fault, "the group or the user " SERVICE_ACCOUNT " does not exist; run: mfactl init");
        return RESULT_FAILED;
    case FOUND_FAULT: return RESULT_FAILED;
    }
    if (open_host(args, &host, fault) != 0)
        return RESULT_FAILED;
    result = admin_svm_create(&host, args->operand, settings, count, &account, &report, fault);
    host_free(&host);
    return result;
}

enum result run_svm_modify(const struct command *command, const struct args *args, struct fault *fault)
{
    struct setting settings[ARGS_MAX];
    size_t count = args_settings(command, args, settings);
    enum result result;
    struct host host;

    if (count == 0)
        return nothing_to_change(fault);
    if (open_host(args, &host, fault) != 0)
        return RESULT_FAILED;
    result = admin_svm_modify(&host, args->operand, settings, count, fault);
    host_free(&host);
    return result;
}

enum result run_svm_delete(const struct command *command, const struct args *args, struct fault *fault)
{
    enum result result;
    struct host host;

    (void)command;
    if (open_host(args, &host, fault) != 0)
        return RESULT_FAILED;
    result = admin_svm_delete(&host, args->operand, args_value(args, "force") != NULL, fault);
    host_free(&host);
    return result;
}

/* The secrets of a Duo profile, which come from files. */
struct duo_secrets {
    char key[SECRET_SIZE], proxy[SECRET_SIZE];
};

/* Adds what was given as files to SETTINGS; with REQUIRED asks for the secret key if it is not given. */
static int add_secrets(const struct args *args, bool required, struct duo_secrets *secrets, struct setting *settings,
                       size_t *count, struct fault *fault)
{
    const char *key = args_value(args, "secret-key-file"), *proxy = args_value(args, "http-proxy-file");
    const char *open_proxy = args_value(args, "http_proxy");

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
        return fault_set(fault, "--secret-key-file is missing: the file with Duo's secret key, or - for standard input");
    if (key != NULL) {
        if (read_secret(key, "Secret key: ", secrets->key, sizeof secrets->key, fault) != 0)
            return -1;
        settings[(*count)++] = (struct setting){"secret_key", secrets->key};
    }
    if (proxy != NULL) {
        if (read_secret(proxy, "HTTP proxy: ", secrets->proxy, sizeof secrets->proxy, fault) != 0)
            return -1;
        settings[(*count)++] = (struct setting){"http_proxy", secrets->proxy};
    }
    return 0;
}

static enum result change_duo(const struct command *command, const struct args *args, bool create, struct fault *fault)
{
    struct duo_secrets secrets = {0};
    struct setting settings[ARGS_MAX + 2];
    size_t count = args_settings(command, args, settings);
    enum result result;
    struct host host;

    /* Before a secret is asked for. */
    if (create && (args_value(args, "api_host") == NULL || args_value(args, "integration_key") == NULL)) {
        fault_set(fault, "--api-host and --integration-key are needed; see: mfactl --help");
        return RESULT_INVALID;
    }
    if (open_host(args, &host, fault) != 0)
        return RESULT_FAILED;
    if (add_secrets(args, create, &secrets, settings, &count, fault) != 0)
        result = RESULT_INVALID;
    else if (count == 0)
        result = nothing_to_change(fault);
    else
        result = create ? admin_duo_create(&host, svm_of(args), settings, count, fault)
                        : admin_duo_modify(&host, svm_of(args), settings, count, fault);
    crypto_wipe(&secrets, sizeof secrets);
    host_free(&host);
    return result;
}

enum result run_duo_create(const struct command *command, const struct args *args, struct fault *fault)
{
    return change_duo(command, args, true, fault);
}

enum result run_duo_modify(const struct command *command, const struct args *args, struct fault *fault)
{
    return change_duo(command, args, false, fault);
}

enum result run_duo_delete(const struct command *command, const struct args *args, struct fault *fault)
{
    enum result result;
    struct host host;

    (void)command;
    if (open_host(args, &host, fault) != 0)
        return RESULT_FAILED;
    result = admin_duo_delete(&host, svm_of(args), fault);
    host_free(&host);
    return result;
}

enum result run_duo_check(const struct command *command, const struct args *args, struct fault *fault)
{
    enum result result;
    struct host host;

    (void)command;
    if (open_host(args, &host, fault) != 0)
        return RESULT_FAILED;
    result = admin_duo_check(&host, svm_of(args), fault);
    if (result == RESULT_DONE)
        print_line(stdout, fault->text);
    host_free(&host);
    return result;
}

typedef enum result change_list(const struct host *host, const char *svm, enum duo_list list, const char *name,
                                const struct setting *settings, size_t count, struct fault *fault);

static enum result run_list(const struct command *command, const struct args *args, bool needs_settings,
                            change_list *change, struct fault *fault)
{
    const char *name = args_value(args, "name");
    struct setting settings[ARGS_MAX];
    size_t count = args_settings(command, args, settings);
    enum result result;
    struct host host;

    if (needs_settings && count == 0)
        return nothing_to_change(fault);
    if (open_host(args, &host, fault) != 0)
        return RESULT_FAILED;
    result = change(&host, svm_of(args), (enum duo_list)command->list, name, settings, count, fault);
    host_free(&host);
    return result;
}

enum result run_list_create(const struct command *command, const struct args *args, struct fault *fault)
{
    return run_list(command, args, false, admin_duo_list_create, fault);
}

enum result run_list_modify(const struct command *command, const struct args *args, struct fault *fault)
{
    return run_list(command, args, true, admin_duo_list_modify, fault);
}

static enum result delete_from_list(const struct host *host, const char *svm, enum duo_list list, const char *name,
                                    const struct setting *settings, size_t count, struct fault *fault)
{
    (void)settings;
    (void)count;
    return admin_duo_list_delete(host, svm, list, name, fault);
}

enum result run_list_delete(const struct command *command, const struct args *args, struct fault *fault)
{
    return run_list(command, args, false, delete_from_list, fault);
}

enum result run_totp_modify(const struct command *command, const struct args *args, struct fault *fault)
{
    const char *user = args_value(args, "user");
    struct setting settings[ARGS_MAX];
    size_t count = args_settings(command, args, settings);
    enum result result;
    struct host host;

    if (count == 0)
        return nothing_to_change(fault);
    if (open_host(args, &host, fault) != 0)
        return RESULT_FAILED;
    result = admin_totp_modify(&host, svm_of(args), user, settings, count, fault);
    host_free(&host);
    return result;
}

enum result run_totp_delete(const struct command *command, const struct args *args, struct fault *fault)
{
    const char *user = args_value(args, "user");
    enum result result;
    struct host host;

    (void)command;
    if (open_host(args, &host, fault) != 0)
        return RESULT_FAILED;
    result = admin_totp_delete(&host, svm_of(args), user, fault);
    host_free(&host);
    return result;
}

enum result run_totp_unlock(const struct command *command, const struct args *args, struct fault *fault)
{
    const char *user = args_value(args, "user");
    enum result result;
    bool renewed;
    struct host host;

    (void)command;
    if (open_host(args, &host, fault) != 0)
        return RESULT_FAILED;
    result = admin_totp_unlock(&host, svm_of(args), user, (long long)time(NULL), &renewed, fault);
    if (result == RESULT_DONE && renewed)
        printf("the state was unreadable and was made anew: the codes up to now and all emergency codes count as used; "
               "new ones: mfa-enroll codes\n");
    host_free(&host);
    return result;
}
