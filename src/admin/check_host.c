/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/check_host.h"

#include "admin/check_file.h"
#include "admin/place.h"
#include "base/shell.h"

#include <stdio.h>
#include <string.h>

static void check_rule(const struct host *host, const char *conf_path, size_t index, struct report *report)
{
    const struct host_rule *rule = (const struct host_rule *)host->svm_rules.items + index;
    char place[DIR_PATH_SIZE + 16], setting[64];
    int covering = host_covering_rule(host, index);

    snprintf(setting, sizeof setting, "svm_rules.[%zu].svm", index);
    check_file_place(conf_path, setting, place, sizeof place);
    if (!svm_exists(host, rule->svm))
        report_found(report, "unknown_svm",
                     "%s: svm_rules, rule %zu, names SVM \"%s\", which does not exist, so logins that "
                     "match it are refused; remove the rule, or run: mfactl svm create %s", place, index + 1, rule->svm,
                     shell_word(rule->svm).text);
    if (covering >= 0)
        report_found(report, "rule_never_matches",
                     "%s: svm_rules, rule %zu, can never match: rule %d before it takes every such login; "
                     "move it up, or remove it", place, index + 1, covering + 1);
    /* What whoever knew of fnmatch's escapes wrote, before they were switched off. */
    if (strstr(rule->user, "\\\\") != NULL)
        report_found(report, "rule_never_matches",
                     "%s: svm_rules, rule %zu, can never match: its user has two backslashes in a row, and "
                     "no name has; a backslash in a pattern is one, and in this file is written as two; look at it",
                     place, index + 1);
}

void check_rules(const struct host *host, const char *conf_path, struct report *report)
{
    const char *fallback = host->default_svm;
    char place[DIR_PATH_SIZE + 16];

    if (fallback[0] != '\0' && !svm_exists(host, fallback)) {
        check_file_place(conf_path, "default_svm", place, sizeof place);
        report_found(report, "unknown_svm",
                     "%s: default_svm names SVM \"%s\", which does not exist; change the name, or run: mfactl %s%s",
                     place, fallback, strcmp(fallback, "cluster") == 0 ? "init" : "svm create ",
                     strcmp(fallback, "cluster") == 0 ? "" : shell_word(fallback).text);
    }
    for (size_t i = 0; i < host->svm_rules.count; i++)
        check_rule(host, conf_path, i, report);
}
