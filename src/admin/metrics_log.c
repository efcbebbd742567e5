/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The module's decisions, counted in a log. What a user has chosen stands in quotes there if it could be taken for anything
 * else (text_add_field), and is read accordingly: a name that looks like a decision is none.
 */
#include "admin/metrics.h"

#include <stdlib.h>
#include <string.h>

#define SERIES_MAX 512   /* kinds of decision; more are counted together */
#define WORD_SIZE 48
#define MARK "pam_mfa("

enum word { WORD_SVM, WORD_FACTOR, WORD_RESULT, WORD_REASON, WORDS };

static const char *const words[WORDS] = {"svm", "factor", "result", "reason"};

struct series {
    char words[WORDS][WORD_SIZE];
    long long count;
};

struct series_list {
    struct series series[SERIES_MAX];
    size_t count;
};

/* What stands behind KEY=, up to the end of a value, into OUT if it is a plain word. Returns what follows; NULL: broken. */
static const char *read_value(const char *text, char out[WORD_SIZE])
{
    size_t length = strcspn(text, " \n");

    out[0] = '\0';
    if (*text == '"') {
        for (text++; *text != '"'; text++) {
            if (*text == '\\')
                text++;
            if (*text == '\0' || *text == '\n')
                return NULL;
        }
        return text + 1;
    }
    if (length < WORD_SIZE && strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") >= length) {
        memcpy(out, text, length);
        out[length] = '\0';
    }
    return text + length;
}

/* Takes LINE apart. Whether it is a decision. */
static bool read_decision(const char *line, struct series *series)
{
    const char *next = line;

    *series = (struct series){.count = 1};
    /* A message by itself, or behind what syslog puts before it, which ends with the first ": ". */
    if (strncmp(next, MARK, strlen(MARK)) != 0) {
        next = strstr(line, ": ");
        if (next == NULL || strncmp(next + 2, MARK, strlen(MARK)) != 0)
            return false;
    }
    next = strstr(next, "): ");
    if (next == NULL)
        return false;
    next += 3;
    while (*next != '\0' && *next != '\n') {
        size_t length = strcspn(next, "= \n");
        char value[WORD_SIZE];
        const char *key = next;

        if (next[length] != '=')
            return false;
        next = read_value(next + length + 1, value);
        if (next == NULL)
            return false;
        for (size_t i = 0; i < WORDS; i++)
            if (strncmp(words[i], key, length) == 0 && words[i][length] == '\0' && series->words[i][0] == '\0')
                strcpy(series->words[i], value);
        next += strspn(next, " ");
    }
    return series->words[WORD_RESULT][0] != '\0' && series->words[WORD_REASON][0] != '\0';
}

static int compare(const void *left, const void *right)
{
    return memcmp(((const struct series *)left)->words, ((const struct series *)right)->words,
                  sizeof((const struct series *)left)->words);
}

static void add(struct series_list *list, const struct series *decision)
{
    size_t i = 0;

    while (i < list->count && compare(&list->series[i], decision) != 0)
        i++;
    if (i == SERIES_MAX)
        return;
    if (i == list->count) {
        list->series[i] = *decision;
        list->count++;
    } else
        list->series[i].count++;
}

static void print(FILE *out, const struct series_list *list)
{
    fputs("# TYPE pam_mfa_logins counter\n# HELP pam_mfa_logins Logins in the log, by how they ended.\n", out);
    for (size_t i = 0; i < list->count; i++) {
        fputs("pam_mfa_logins_total{", out);
        for (size_t word = 0; word < WORDS; word++)
            fprintf(out, "%s%s=\"%s\"", word > 0 ? "," : "", words[word], list->series[i].words[word]);
        fprintf(out, "} %lld\n", list->series[i].count);
    }
}

int metrics_logins(FILE *log, FILE *out, struct fault *fault)
{
    struct series_list *list = calloc(1, sizeof *list);
    char *line = NULL;
    size_t size = 0;
    int result = 0;

    if (list == NULL)
        return fault_set(fault, "out of memory");
    while (getline(&line, &size, log) >= 0) {
        struct series decision;

        if (read_decision(line, &decision))
            add(list, &decision);
    }
    if (ferror(log) != 0)
        result = fault_set(fault, "the log cannot be read: %m");
    qsort(list->series, list->count, sizeof *list->series, compare);
    if (result == 0)
        print(out, list);
    free(line);
    free(list);
    return result;
}
