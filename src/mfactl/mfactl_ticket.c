/* SPDX-License-Identifier: BSD-2-Clause */
/* What MUST NOT happen: a ticket anywhere but on standard output. */
#include "mfactl/mfactl.h"

#include "admin/admin_totp.h"
#include "base/crypto.h"
#include "base/shell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* `90m`, `12h`, `7d` in seconds; -1: none of those, or out of range. */
static long long parse_duration(const char *text)
{
    static const struct {
        char unit;
        long long seconds;
    } units[] = {{'m', 60}, {'h', 3600}, {'d', 24 * 3600}};
    const size_t digits = strspn(text, "0123456789");
    long long number;

    if (digits < 1 || digits > 6 || text[digits] == '\0' || text[digits + 1] != '\0')
        return -1;
    number = strtoll(text, NULL, 10);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (text[digits] == units[i].unit && number > 0 && number * units[i].seconds <= TICKET_VALID_MAX)
            return number * units[i].seconds;
    return -1;
}

enum result run_totp_ticket(struct job *job, struct fault *fault)
{
    const char *user = args_value(&job->args, "user"), *valid = args_value(&job->args, "valid");
    const char *svm = args_value(&job->args, "svm") != NULL ? args_value(&job->args, "svm") : "cluster";
    const long long seconds = parse_duration(valid != NULL ? valid : "7d");
    char ticket[TICKET_SIZE];
    enum result result;

    if (args_value(&job->args, "withdraw") != NULL)
        return admin_totp_withdraw(&job->host, svm, user, fault);
    if (seconds < 0) {
        fault_set(fault, "--valid is \"%.64s\", expected a time such as 90m, 12h or 7d, up to 90d", valid);
        return RESULT_INVALID;
    }
    result = admin_totp_ticket(&job->host, svm, user, (long long)time(NULL), seconds, ticket, fault);
    if (result == RESULT_DONE)
        printf("For %s, once, with: mfa-enroll --ticket --svm %s\n%s\n", user, shell_word(svm).text, ticket);
    crypto_wipe(ticket, sizeof ticket);
    return result;
}
