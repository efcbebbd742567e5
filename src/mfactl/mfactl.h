/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of mfactl: arguments in, the library's functions, text out. */
#ifndef MFACTL_H
#define MFACTL_H

#include "admin/result.h"
#include "admin/setting.h"
#include "base/fault.h"
#include "base/report.h"
#include "config/host.h"

#include <stdbool.h>

#define ARGS_MAX 128
#define CONF_PATH PAM_MFA_CONF_DIR "/pam_mfa.conf"

/* An option that a command knows. */
struct option_known {
    const char *name;  /* without the dashes */
    const char *value; /* what follows it, for the usage; NULL: nothing */
    enum { OPTION_ONCE = 0, OPTION_REPEATABLE, OPTION_REQUIRED } use;
};

/* What was given on the command line. */
struct args {
    const char *operand; /* the NAME of `svm create`; NULL */
    struct {
        const char *name; /* of the option */
        const char *value;
    } given[ARGS_MAX];
    size_t count;
    bool help; /* was asked for, and nothing behind it looked at */
};

struct job;

struct command {
    const char *words[4]; /* `duo`, `group`, `create`; ended by NULL */
    const char *operand;  /* for the usage; NULL: takes none */
    const struct option_known *options; /* ended by a NULL name; beside --config, which all have */
    const char *const *settings;        /* or NULL: more options, with `_` and `.` as `-`; `secret_key` is none */
    enum result (*run)(struct job *job, struct fault *fault);
    /* Whether the log hears of it; and whether it does without a pam_mfa.conf that can be read. */
    enum { SHOWS = 0, CHANGES, SHOWS_WITHOUT_HOST, CHANGES_WITHOUT_HOST } kind;
    int list; /* for `duo group` and `duo entity`: enum duo_list */
};

extern const struct command commands[];

/* A command to run. */
struct job {
    const struct command *command;
    struct args args;
    struct setting settings[ARGS_MAX + 2]; /* those given as arguments, with room for the two that come from files */
    size_t setting_count;
    struct host host; /* of --config; empty for a command that needs none */
    bool changed;     /* there was something to do; told by the exit status, with --report-changes */
};

/* Takes apart what follows COMMAND's words. */
__attribute__((warn_unused_result)) int args_parse(const struct command *command, int argc, char *const *argv,
                                                   struct args *args, struct fault *fault);
bool args_is_help(const char *argument);
/* The value of option NAME; NULL: not given. Of an option without a value "". */
const char *args_value(const struct args *args, const char *name);
/* What was given of COMMAND's settings. Returns how many. */
size_t args_settings(const struct command *command, const struct args *args, struct setting out[ARGS_MAX]);
/* The name of the option for SETTING, without the dashes. */
void args_option_name(const char *setting, char out[64]);

/* A profile that a change is about. */
struct bulk_profile {
    char svm[NAME_SIZE], user[NAME_SIZE];
};

/* Makes the change that JOB asks for to PROFILE. */
typedef enum result bulk_change(struct job *job, const struct bulk_profile *profile, struct fault *fault);

/*
 * Lets CHANGE change the profile of --user, or all that --query finds, of which --dry-run only tells and --confirm gives
 * the number. DONE is a word for what was done.
 */
__attribute__((warn_unused_result)) enum result bulk_run(struct job *job, bulk_change *change, const char *done,
                                                         struct fault *fault);

struct query;

/* Adds the filters that --query, --svm, --user and --name ask for; COPIES are what they borrow from, for free. */
__attribute__((warn_unused_result)) int show_filters(struct query *query, const struct args *args, char **copies,
                                                     struct fault *fault);

/* Prints the commands that start with the words in ARGV, as far as there are any such. */
void help_print(int argc, char *const *argv);
/* Says, of a command that ARGV does not name, which there are and where help is. */
void help_no_command(int argc, char *const *argv);

/* Writes to the log what JOB was to change, who asked, and how it ended. */
void log_change(const struct job *job, enum result result, const struct fault *fault);
/* For a report of steps that change something: prints to CONTEXT, a FILE, and writes to the log. */
void log_step(void *context, const char *text);

/* A report that prints to CONTEXT, a FILE. */
void print_line(void *context, const char *text);

/*
 * The first line of the file SOURCE, or with "-" of standard input, asked for with PROMPT and without echo if that is a
 * terminal. SECRET has SIZE bytes; the caller wipes it.
 */
__attribute__((warn_unused_result)) int read_secret(const char *source, const char *prompt, char *secret, size_t size,
                                                    struct fault *fault);

/* The SVM that JOB is about. */
const char *svm_of(const struct job *job);

enum result run_apply(struct job *job, struct fault *fault);
enum result run_metrics(struct job *job, struct fault *fault);
enum result run_dump(struct job *job, struct fault *fault);
enum result run_svm_create(struct job *job, struct fault *fault);
enum result run_svm_modify(struct job *job, struct fault *fault);
enum result run_svm_delete(struct job *job, struct fault *fault);
enum result run_duo_create(struct job *job, struct fault *fault);
enum result run_duo_modify(struct job *job, struct fault *fault);
enum result run_duo_delete(struct job *job, struct fault *fault);
enum result run_duo_check(struct job *job, struct fault *fault);
enum result run_list_create(struct job *job, struct fault *fault);
enum result run_list_modify(struct job *job, struct fault *fault);
enum result run_list_delete(struct job *job, struct fault *fault);
enum result run_totp_modify(struct job *job, struct fault *fault);
enum result run_totp_delete(struct job *job, struct fault *fault);
enum result run_totp_unlock(struct job *job, struct fault *fault);
enum result run_totp_local_codes(struct job *job, struct fault *fault);
enum result run_store_status(struct job *job, struct fault *fault);
enum result run_store_halt(struct job *job, struct fault *fault);
enum result run_store_resume(struct job *job, struct fault *fault);
enum result run_store_accept(struct job *job, struct fault *fault);
enum result run_store_roles(struct job *job, struct fault *fault);
enum result run_store_key(struct job *job, struct fault *fault);
enum result run_store_reseal(struct job *job, struct fault *fault);
enum result run_store_migrate(struct job *job, struct fault *fault);
enum result run_totp_ticket(struct job *job, struct fault *fault);
enum result run_svm_show(struct job *job, struct fault *fault);
enum result run_duo_show(struct job *job, struct fault *fault);
enum result run_list_show(struct job *job, struct fault *fault);
enum result run_totp_show(struct job *job, struct fault *fault);
enum result run_totp_rename(struct job *job, struct fault *fault);
enum result run_totp_missing(struct job *job, struct fault *fault);

#endif
