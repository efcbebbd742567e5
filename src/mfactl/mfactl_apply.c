/* SPDX-License-Identifier: BSD-2-Clause */
/* Configuration as one document: `apply` and `dump`. */
#include "mfactl/mfactl.h"

#include "admin/apply.h"
#include "admin/document.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOCUMENT_MAX (64 * 1024 * 1024)

/* All of FILE, malloc'ed and NUL-terminated; NULL: fault. */
static char *read_all(FILE *file, const char *name, size_t *length, struct fault *fault)
{
    size_t size = 64 * 1024;
    char *text = NULL;

    *length = 0;
    do {
        char *larger = size <= DOCUMENT_MAX ? realloc(text, size * 2) : NULL;

        if (larger == NULL) {
            fault_set(fault, size > DOCUMENT_MAX ? "%s: is longer than %d bytes" : "%s: out of memory", name, DOCUMENT_MAX);
            free(text);
            return NULL;
        }
        text = larger;
        size *= 2;
        *length += fread(text + *length, 1, size - 1 - *length, file);
    } while (*length == size - 1);
    text[*length] = '\0';
    if (!ferror(file))
        return text;
    fault_set(fault, "%s: cannot read: %s", name, strerror(errno));
    free(text);
    return NULL;
}

static char *read_document(const char *operand, size_t *length, struct fault *fault)
{
    FILE *file;
    char *text;

    if (strcmp(operand, "-") == 0)
        return read_all(stdin, "standard input", length, fault);
    file = fopen(operand, "re");
    if (file == NULL) {
        fault_set(fault, "%s: cannot open: %s", operand, strerror(errno));
        return NULL;
    }
    text = read_all(file, operand, length, fault);
    fclose(file);
    return text;
}

/* A document is read once, so standard input holds no secret beside it. */
static int secret_of(const char *path, char *secret, size_t size, struct fault *fault)
{
    if (strcmp(path, "-") == 0)
        return fault_set(fault, "a secret must be in a file, not in standard input");
    return read_secret(path, "", secret, size, fault);
}

enum result run_apply(struct job *job, struct fault *fault)
{
    bool dry_run = args_value(&job->args, "dry-run") != NULL;
    struct report report = {.line = dry_run ? print_line : log_step, .context = stdout};
    struct apply_order order = {
        .path = strcmp(job->args.operand, "-") == 0 ? "standard input" : job->args.operand,
        .dry_run = dry_run,
        .prune = args_value(&job->args, "prune") != NULL,
        .secret = secret_of,
    };
    char *text = read_document(job->args.operand, &order.length, fault);
    enum result result;

    if (text == NULL)
        return RESULT_FAILED;
    order.text = text;
    result = apply_run(&job->host, &order, &report, fault);
    free(text);
    if (result != RESULT_DONE)
        return result;
    if (report.count == 0)
        printf("nothing to do\n");
    else if (dry_run)
        printf("nothing was changed\n");
    job->changed = report.count > 0;
    return RESULT_DONE;
}

enum result run_dump(struct job *job, struct fault *fault)
{
    size_t length;
    char *text = document_write(&job->host, &length, fault);

    if (text == NULL)
        return RESULT_FAILED;
    printf("# Written by mfactl dump, without secrets: name them by secret_key_file. See mfactl(8), apply.\n");
    fwrite(text, 1, length, stdout);
    free(text);
    return RESULT_DONE;
}
