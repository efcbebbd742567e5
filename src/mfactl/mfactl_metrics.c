/* SPDX-License-Identifier: BSD-2-Clause */
/* What there is to watch, for whoever collects numbers. */
#include "mfactl/mfactl.h"

#include "admin/metrics.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Messages to authpriv (10), which PAM modules write to, since the host was started. */
#define JOURNAL "journalctl --quiet --no-pager --boot --output=cat SYSLOG_FACILITY=10"

static int count_journal(FILE *out, struct fault *fault)
{
    FILE *journal = popen(JOURNAL, "re");
    int result;

    if (journal == NULL)
        return fault_set(fault, "journalctl cannot be run: %s", strerror(errno));
    result = metrics_logins(journal, out, fault);
    if (pclose(journal) != 0 && result == 0)
        result = fault_set(fault, "journalctl has failed; try: " JOURNAL);
    return result;
}

static int count_log(const char *path, FILE *out, struct fault *fault)
{
    FILE *log = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    int result;

    if (log == NULL)
        return fault_set(fault, "%s: cannot open: %s", path, strerror(errno));
    result = metrics_logins(log, out, fault);
    if (log != stdin)
        fclose(log);
    return result;
}

static int write_all(const struct job *job, FILE *out, struct fault *fault)
{
    struct report problems = {.line = print_line, .context = stderr};
    const char *log = args_value(&job->args, "log");

    if (metrics_enrolments(&job->host, args_value(&job->args, "missing") != NULL, out, &problems, fault) != 0)
        return -1;
    if (args_value(&job->args, "journal") != NULL && count_journal(out, fault) != 0)
        return -1;
    if (log != NULL && count_log(log, out, fault) != 0)
        return -1;
    metrics_end(out);
    return 0;
}

/* All or nothing: half of it would look as if the rest had gone. */
enum result run_metrics(struct job *job, struct fault *fault)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out;
    int result;

    if (args_value(&job->args, "journal") != NULL && args_value(&job->args, "log") != NULL) {
        fault_set(fault, "--journal and --log exclude each other");
        return RESULT_INVALID;
    }
    out = open_memstream(&text, &length);
    if (out == NULL) {
        fault_set(fault, "out of memory");
        return RESULT_FAILED;
    }
    result = write_all(job, out, fault);
    if (fclose(out) != 0 && result == 0)
        result = fault_set(fault, "out of memory");
    if (result == 0)
        fwrite(text, 1, length, stdout);
    free(text);
    return result == 0 ? RESULT_DONE : RESULT_FAILED;
}
