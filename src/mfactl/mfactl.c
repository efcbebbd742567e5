/* SPDX-License-Identifier: BSD-2-Clause */
/* mfactl: the administrator's tool. It only takes apart the command line and prints; the work is the library's. */
#include "mfactl/mfactl.h"

#include "admin/admin_duo.h"
#include "admin/admin_svm.h"
#include "admin/admin_totp.h"
#include "admin/check.h"
#include "admin/explain.h"
#include "admin/init.h"
#include "base/text.h"
#include "records/json.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define STATUS_CHANGED 10 /* the exit status, with --report-changes */
#define ENROLL_PATH PAM_MFA_BIN_DIR "/mfa-enroll"

static const struct option_known no_options[] = {{0}};
static const struct option_known check_options[] = {{"json", NULL, OPTION_ONCE}, {0}};
static const struct option_known init_options[] = {{"report-changes", NULL, OPTION_ONCE}, {0}};
static const struct option_known explain_options[] = {
    {"user", "U", OPTION_REQUIRED}, {"service", "S", OPTION_REQUIRED}, {"rhost", "R", OPTION_ONCE},
    {"local-address", "A", OPTION_ONCE},
    {"svm", "NAME", OPTION_ONCE}, {"nullok", NULL, OPTION_ONCE}, {0},
};
#define SHOW_OPTIONS \
    {"query", "FIELD=PATTERN", OPTION_REPEATABLE}, {"fields", "F,F", OPTION_ONCE}, \
    {"order-by", "'F desc,F'", OPTION_ONCE}, {"max-records", "N", OPTION_ONCE}, {"no-records", NULL, OPTION_ONCE}, \
    {"json", NULL, OPTION_ONCE}, {0}
static const struct option_known svm_show_options[] = {SHOW_OPTIONS};
static const struct option_known duo_show_options[] = {{"svm", "NAME", OPTION_ONCE}, SHOW_OPTIONS};
static const struct option_known list_show_options[] = {
    {"name", "NAME", OPTION_ONCE}, {"svm", "NAME", OPTION_ONCE}, SHOW_OPTIONS,
};
static const struct option_known totp_show_options[] = {
    {"user", "U", OPTION_ONCE}, {"svm", "NAME", OPTION_ONCE}, SHOW_OPTIONS,
};
static const struct option_known missing_options[] = {
    {"svm", "NAME", OPTION_ONCE}, {"group", "G", OPTION_REPEATABLE}, {"all", NULL, OPTION_ONCE}, SHOW_OPTIONS,
};
#undef SHOW_OPTIONS
static const struct option_known apply_options[] = {
    {"dry-run", NULL, OPTION_ONCE}, {"prune", NULL, OPTION_ONCE}, {"report-changes", NULL, OPTION_ONCE}, {0},
};
static const struct option_known metrics_options[] = {
    {"missing", NULL, OPTION_ONCE}, {"journal", NULL, OPTION_ONCE}, {"log", "FILE|-", OPTION_ONCE}, {0},
};
static const struct option_known force_options[] = {{"force", NULL, OPTION_ONCE}, {0}};
static const struct option_known svm_options[] = {{"svm", "NAME", OPTION_ONCE}, {0}};
static const struct option_known duo_options[] = {
    {"svm", "NAME", OPTION_ONCE}, {"secret-key-file", "FILE|-", OPTION_ONCE},
    {"http-proxy-file", "FILE|-", OPTION_ONCE}, {0},
};
static const struct option_known named_options[] = {
    {"name", "NAME", OPTION_REQUIRED}, {"svm", "NAME", OPTION_ONCE}, {0},
};
static const struct option_known ticket_options[] = {
    {"user", "U", OPTION_REQUIRED}, {"svm", "NAME", OPTION_ONCE}, {"valid", "7d", OPTION_ONCE},
    {"withdraw", NULL, OPTION_ONCE}, {0},
};
static const struct option_known user_options[] = {{"user", "U", OPTION_REQUIRED}, {"svm", "NAME", OPTION_ONCE}, {0}};
static const struct option_known rename_options[] = {
    {"from", "OLD", OPTION_REQUIRED}, {"to", "NEW", OPTION_REQUIRED}, {"svm", "NAME", OPTION_ONCE}, {0},
};
static const struct option_known bulk_options[] = {
    {"user", "U", OPTION_ONCE}, {"svm", "NAME", OPTION_ONCE}, {"query", "FIELD=PATTERN", OPTION_REPEATABLE},
    {"dry-run", NULL, OPTION_ONCE}, {"confirm", "N", OPTION_ONCE}, {0},
};

static const struct option_known store_svm_options[] = {{"svm", "NAME", OPTION_REQUIRED}, {0}};
static const struct option_known store_halt_options[] = {
    {"svm", "NAME", OPTION_REQUIRED}, {"reason", "TEXT", OPTION_ONCE}, {0},
};
static const struct option_known store_accept_options[] = {
    {"restored", NULL, OPTION_REQUIRED}, {"fleet", "NAME", OPTION_ONCE}, {0},
};
static const struct option_known store_roles_options[] = {
    {"svm", "NAME", OPTION_REQUIRED}, {"host", "CN", OPTION_REQUIRED}, {"enrol", NULL, OPTION_ONCE}, {0},
};
static const struct option_known store_key_options[] = {
    {"svm", "NAME", OPTION_REQUIRED}, {"retire", NULL, OPTION_ONCE}, {0},
};
static const struct option_known store_migrate_options[] = {
    {"svm", "NAME", OPTION_REQUIRED}, {"to", "fleet|files", OPTION_REQUIRED}, {"dry-run", NULL, OPTION_ONCE},
    {"newest", NULL, OPTION_ONCE}, {0},
};

static const char *conf_path(const struct job *job)
{
    const char *path = args_value(&job->args, "config");

    return path != NULL ? path : CONF_PATH;
}

static enum result run_init(struct job *job, struct fault *fault)
{
    struct report report = {.line = log_step, .context = stdout};

    if (init_run(conf_path(job), ENROLL_PATH, &report, fault) != 0)
        return RESULT_FAILED;
    printf("%s\n", report.count == 0 ? "nothing to do" : "done");
    job->changed = report.count > 0;
    return RESULT_DONE;
}

/* A finding as JSON, into the list that is open. */
static void print_finding(void *context, const char *text)
{
    const struct report *report = context;

    printf(report->count > 1 ? ",\n    {\"code\": " : "\n    {\"code\": ");
    json_string(stdout, report->code);
    printf(", \"message\": ");
    json_string(stdout, text);
    printf("}");
}

static enum result run_check(struct job *job, struct fault *fault)
{
    bool json = args_value(&job->args, "json") != NULL;
    struct report report = {.line = json ? print_finding : print_line, .context = json ? (void *)&report : stdout};

    if (json)
        printf("{\n  \"findings\": [");
    check_run(conf_path(job), ENROLL_PATH, &report);
    if (json)
        printf("%s],\n  \"num_findings\": %zu\n}\n", report.count > 0 ? "\n  " : "", report.count);
    if (report.count == 0)
        return RESULT_DONE;
    fault_set(fault, "%zu %s found", report.count, report.count == 1 ? "problem was" : "problems were");
    return RESULT_FAILED;
}

static enum result run_explain(struct job *job, struct fault *fault)
{
    struct report report = {.line = print_line, .context = stdout};
    const struct explain_login login = {
        .user = args_value(&job->args, "user"),
        .service = args_value(&job->args, "service"),
        .rhost = args_value(&job->args, "rhost"),
        .local_address = args_value(&job->args, "local-address"),
        .svm = args_value(&job->args, "svm"),
        .nullok = args_value(&job->args, "nullok") != NULL,
        .now = (long long)time(NULL),
    };

    if (login.local_address != NULL && !host_is_address(login.local_address)) {
        fault_set(fault, "--local-address is \"%.64s\", expected an address such as 10.20.0.1 or 2001:db8::1",
                  login.local_address);
        return RESULT_INVALID;
    }
    /* That a login is refused is an answer, and no failure to give one. */
    if (explain_run(conf_path(job), &login, &report) != 0 && report.count == 0) {
        fault_set(fault, "out of memory");
        return RESULT_FAILED;
    }
    return RESULT_DONE;
}

const struct command commands[] = {
    {{"init"}, NULL, init_options, NULL, run_init, CHANGES_WITHOUT_HOST, 0},
    {{"check"}, NULL, check_options, NULL, run_check, SHOWS_WITHOUT_HOST, 0},
    {{"explain"}, NULL, explain_options, NULL, run_explain, SHOWS_WITHOUT_HOST, 0},
    {{"apply"}, "FILE|-", apply_options, NULL, run_apply, CHANGES, 0},
    {{"dump"}, NULL, no_options, NULL, run_dump, SHOWS, 0},
    {{"metrics"}, NULL, metrics_options, NULL, run_metrics, SHOWS, 0},
    {{"svm", "create"}, "NAME", no_options, admin_svm_settings, run_svm_create, CHANGES, 0},
    {{"svm", "modify"}, "NAME", no_options, admin_svm_settings, run_svm_modify, CHANGES, 0},
    {{"svm", "delete"}, "NAME", force_options, NULL, run_svm_delete, CHANGES, 0},
    {{"svm", "show"}, NULL, svm_show_options, NULL, run_svm_show, SHOWS, 0},
    {{"duo", "create"}, NULL, duo_options, admin_duo_settings, run_duo_create, CHANGES, 0},
    {{"duo", "modify"}, NULL, duo_options, admin_duo_settings, run_duo_modify, CHANGES, 0},
    {{"duo", "delete"}, NULL, svm_options, NULL, run_duo_delete, CHANGES, 0},
    {{"duo", "check"}, NULL, svm_options, NULL, run_duo_check, SHOWS, 0},
    {{"duo", "show"}, NULL, duo_show_options, NULL, run_duo_show, SHOWS, 0},
    {{"duo", "group", "create"}, NULL, named_options, admin_duo_group_settings, run_list_create, CHANGES, DUO_GROUPS},
    {{"duo", "group", "modify"}, NULL, named_options, admin_duo_group_settings, run_list_modify, CHANGES, DUO_GROUPS},
    {{"duo", "group", "delete"}, NULL, named_options, NULL, run_list_delete, CHANGES, DUO_GROUPS},
    {{"duo", "group", "show"}, NULL, list_show_options, NULL, run_list_show, SHOWS, DUO_GROUPS},
    {{"duo", "entity", "create"}, NULL, named_options, admin_duo_entity_settings, run_list_create, CHANGES, DUO_ENTITIES},
    {{"duo", "entity", "modify"}, NULL, named_options, admin_duo_entity_settings, run_list_modify, CHANGES, DUO_ENTITIES},
    {{"duo", "entity", "delete"}, NULL, named_options, NULL, run_list_delete, CHANGES, DUO_ENTITIES},
    {{"duo", "entity", "show"}, NULL, list_show_options, NULL, run_list_show, SHOWS, DUO_ENTITIES},
    {{"totp", "modify"}, NULL, bulk_options, admin_totp_settings, run_totp_modify, CHANGES, 0},
    {{"totp", "delete"}, NULL, bulk_options, NULL, run_totp_delete, CHANGES, 0},
    {{"totp", "unlock"}, NULL, bulk_options, NULL, run_totp_unlock, CHANGES, 0},
    {{"totp", "rename"}, NULL, rename_options, NULL, run_totp_rename, CHANGES, 0},
    {{"totp", "missing"}, NULL, missing_options, NULL, run_totp_missing, SHOWS, 0},
    {{"totp", "ticket"}, NULL, ticket_options, NULL, run_totp_ticket, CHANGES, 0},
    {{"totp", "show"}, NULL, totp_show_options, NULL, run_totp_show, SHOWS, 0},
    {{"totp", "local-codes"}, NULL, user_options, NULL, run_totp_local_codes, CHANGES, 0},
    {{"store", "status"}, NULL, no_options, NULL, run_store_status, SHOWS, 0},
    {{"store", "halt"}, NULL, store_halt_options, NULL, run_store_halt, CHANGES, 0},
    {{"store", "resume"}, NULL, store_svm_options, NULL, run_store_resume, CHANGES, 0},
    {{"store", "accept"}, NULL, store_accept_options, NULL, run_store_accept, CHANGES, 0},
    {{"store", "roles"}, NULL, store_roles_options, NULL, run_store_roles, SHOWS, 0},
    {{"store", "key"}, NULL, store_key_options, NULL, run_store_key, CHANGES, 0},
    {{"store", "reseal"}, NULL, store_svm_options, NULL, run_store_reseal, CHANGES, 0},
    {{"store", "migrate"}, NULL, store_migrate_options, NULL, run_store_migrate, CHANGES, 0},
    {{NULL}, NULL, NULL, NULL, NULL, SHOWS, 0},
};

void print_line(void *context, const char *text)
{
    char line[2048];

    text_for_terminal(line, sizeof line, text);
    fprintf(context, "%s\n", line);
}

/* The command whose words ARGV starts with; *USED becomes their number. */
static const struct command *find_command(int argc, char *const *argv, int *used)
{
    for (const struct command *command = commands; command->run != NULL; command++) {
        *used = 0;
        while (command->words[*used] != NULL && *used < argc && strcmp(command->words[*used], argv[*used]) == 0)
            ++*used;
        if (command->words[*used] == NULL)
            return command;
    }
    return NULL;
}

static void print_fault(const struct fault *fault)
{
    char text[sizeof fault->text];

    text_for_terminal(text, sizeof text, fault->text);
    fprintf(stderr, "mfactl: %s\n", text);
}

/* ARGV follows the command's words, of which there are USED. *CHANGED: so, and somebody asked whether. */
static enum result run(const struct command *command, int used, int argc, char *const *argv, bool *changed,
                       struct fault *fault)
{
    struct job job = {.command = command};
    enum result result;

    if (args_parse(command, argc, argv, &job.args, fault) != 0)
        return RESULT_INVALID;
    if (job.args.help) {
        help_print(used, argv - used);
        return RESULT_DONE;
    }
    job.setting_count = args_settings(command, &job.args, job.settings);
    if ((command->kind == SHOWS || command->kind == CHANGES) && host_read(conf_path(&job), &job.host, fault) != 0)
        result = RESULT_FAILED;
    else
        result = command->run(&job, fault);
    if (command->kind == CHANGES || command->kind == CHANGES_WITHOUT_HOST)
        log_change(&job, result, fault);
    host_free(&job.host);
    *changed = job.changed && args_value(&job.args, "report-changes") != NULL;
    return result;
}

int main(int argc, char **argv)
{
    struct fault fault = {.text = ""};
    const struct command *command;
    enum result result;
    int used = 0, words = 1;
    bool changed = false;

    umask(077);
    signal(SIGCHLD, SIG_DFL); /* ignored, the end of a process could not be waited for */
    setlocale(LC_CTYPE, "");
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        printf("mfactl (pam_mfa) %s\n", PACKAGE_VERSION);
        return fflush(stdout) == 0 ? RESULT_DONE : RESULT_FAILED;
    }
    while (words < argc && argv[words][0] != '-')
        words++;
    if (words < argc && args_is_help(argv[words])) {
        help_print(words - 1, argv + 1);
        return fflush(stdout) == 0 ? RESULT_DONE : RESULT_FAILED;
    }
    command = argc > 1 ? find_command(argc - 1, argv + 1, &used) : NULL;
    if (command == NULL) {
        help_no_command(argc - 1, argv + 1);
        return RESULT_INVALID;
    }
    result = run(command, used, argc - 1 - used, argv + 1 + used, &changed, &fault);
    fflush(stdout); /* what was found before what follows from it */
    if (result != RESULT_DONE)
        print_fault(&fault);
    /* A full disk behind a pipe or a file must not look like success. */
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "mfactl: the output could not be written\n");
        return RESULT_FAILED;
    }
    return result == RESULT_DONE && changed ? STATUS_CHANGED : (int)result;
}
