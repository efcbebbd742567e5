/* SPDX-License-Identifier: BSD-2-Clause */
/* What MUST hold: whatever lets a login succeed without the module's consent is found, where the files show it. */
#include "admin/check_pam.h"

#include "admin/pam_stack.h"
#include "admin/place.h"
#include "base/shell.h"
#include "module/options.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PAM_DIR "/etc/pam.d"
#define MODULE "pam_mfa.so"
#define ARGUMENTS_MAX 64

/* Modules that ask nobody for anything: with these, `sufficient` or a jump says whom the stack is not for. */
static bool is_condition(const struct pam_entry *entry)
{
    static const char *const conditions[] = {
        "pam_rootok.so", "pam_succeed_if.so", "pam_wheel.so", "pam_access.so", "pam_listfile.so", "pam_localuser.so",
        "pam_usertype.so", "pam_time.so", "pam_nologin.so", "pam_securetty.so", "pam_shells.so", "pam_faillock.so",
        "pam_env.so", "pam_group.so", NULL,
    };

    for (size_t i = 0; conditions[i] != NULL; i++)
        if (pam_entry_is(entry, conditions[i]))
            return true;
    return false;
}

/* The arguments, as the module will read them. */
static void check_arguments(const struct host *host, const struct pam_entry *entry, struct report *report)
{
    const char *argv[ARGUMENTS_MAX], *next = entry->arguments;
    struct options options;
    struct fault fault;
    int argc = 0;

    for (; *next != '\0' && argc < ARGUMENTS_MAX; next += strlen(next) + 1)
        argv[argc++] = next;
    if (options_parse(argc, argv, &options, &fault) != 0) {
        report_found(report, "pam_argument",
                     "%s: %s, so every login that meets it is refused", entry->place, fault.text);
        return;
    }
    if (strcmp(options.conf, PAM_MFA_CONF_DIR "/pam_mfa.conf") != 0) {
        if (access(options.conf, F_OK) != 0)
            report_found(report, "pam_argument",
                         "%s: conf= names %s, which does not exist, so every login that meets it is refused; run: "
                         "mfactl init --config %s", entry->place, options.conf, shell_word(options.conf).text);
        return;
    }
    if (options.svm == NULL)
        return;
    if (!svm_exists(host, options.svm))
        report_found(report, "pam_argument",
                     "%s: svm= names SVM \"%s\", which does not exist, so every login that meets it is refused; "
                     "change the name, or run: mfactl svm create %s", entry->place, options.svm,
                     shell_word(options.svm).text);
}

/* What comes of a denial. */
static void check_denial(const struct pam_entry *entry, struct report *report)
{
    for (size_t i = PAM_SAYS_SUCCESS + 1; i < PAM_ANSWERS; i++)
        if (entry->actions[i] != PAM_DO_BAD && entry->actions[i] != PAM_DO_DIE) {
            report_found(report, "pam_denial_ignored",
                         "%s: with the control %s a login goes on, and can succeed, that " MODULE " has denied; write "
                         "required, or requisite, in its place", entry->place, entry->control);
            return;
        }
}

static void check_entry(const struct host *host, const struct pam_stack *stack, size_t index, struct report *report)
{
    const struct pam_entry *entry = &stack->entries[index];

    check_arguments(host, entry, report);
    check_denial(entry, report);
    for (size_t i = 0; i < index; i++) {
        const struct pam_entry *before = &stack->entries[i];

        if (pam_stack_passes(stack, i, index) && !is_condition(before) && !pam_entry_is(before, MODULE))
            report_found(report, "pam_bypassed",
                         "%s: where %.100s (%s) succeeds, %s at %s is not asked any more; put " MODULE " before it, or "
                         "write required in the place of %s", before->place, before->module, before->control, MODULE,
                         entry->place, before->control);
    }
}

void check_pam(const struct host *host, struct report *report)
{
    DIR *services = opendir(PAM_DIR);
    struct dirent *entry;

    while (services != NULL && (entry = readdir(services)) != NULL) {
        struct pam_stack stack;

        if (entry->d_name[0] == '.' || !check_pam_asks(entry->d_name))
            continue;
        if (pam_stack_read(&stack, PAM_DIR, entry->d_name, report) == 0)
            for (size_t i = 0; i < stack.count; i++)
                if (pam_entry_is(&stack.entries[i], MODULE))
                    check_entry(host, &stack, i, report);
        pam_stack_free(&stack);
    }
    if (services != NULL)
        closedir(services);
}

struct mention {
    struct report report;
    bool found;
};

static void note_mention(void *context, const char *text)
{
    struct mention *mention = context;

    mention->found = mention->found || strstr(text, MODULE) != NULL;
}

bool check_pam_asks(const char *service)
{
    struct mention mention = {.report = {.line = note_mention, .context = &mention}};
    struct pam_stack stack;

    /* Of other services nothing is said, however broken they are; in another stack than auth, it is a mention too. */
    if (pam_stack_read(&stack, PAM_DIR, service, &mention.report) == 0)
        for (size_t i = 0; i < stack.count; i++)
            mention.found = mention.found || pam_entry_is(&stack.entries[i], MODULE);
    pam_stack_free(&stack);
    return mention.found;
}
