/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: whom required_groups cover, by whichever name of the user id, does not pass by `nullok`; without `nullok` and outside of the time that
 * enrol_by gives, nobody passes.
 * What MUST NOT happen: a group that does not exist, or a database that does not answer, making anyone pass.
 */
#include "config/duty.h"

#include "config/member.h"

#include <stdlib.h>
#include <string.h>

#define DAY 86400

static int number(const char *text, size_t length)
{
    int value = 0;

    for (size_t i = 0; i < length; i++)
        value = value * 10 + (text[i] - '0');
    return value;
}

/* Days from 1970-01-01 to the given day of the Gregorian calendar. */
static long long days_from_epoch(int year, int month, int day)
{
    long long days = 0;
    int before = month <= 2 ? year - 1 : year, shifted = month <= 2 ? month + 9 : month - 3; /* from March on */

    days = 365LL * before + before / 4 - before / 100 + before / 400;
    return days + (153 * shifted + 2) / 5 + day - 1 - 719468;
}

long long duty_day_end(const char *text)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, day;
    bool leap;

    if (strlen(text) != 10 || strspn(text, "0123456789") != 4 || text[4] != '-' ||
        strspn(text + 5, "0123456789") != 2 || text[7] != '-' || strspn(text + 8, "0123456789") != 2)
        return -1;
    year = number(text, 4);
    month = number(text + 5, 2);
    day = number(text + 8, 2);
    leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > lengths[month - 1] + (leap && month == 2))
        return -1;
    return days_from_epoch(year, month, day) * DAY + DAY - 1;
}

enum found duty_is_exempt(const struct svm *svm, const struct account *account, struct fault *fault)
{
    return membership_in_any(account, &svm->totp.exempt_groups, "exempt_groups", fault);
}

/* Groups go by names, and an enrolment by the user id: so the name that has the enrolment counts as well. */
static enum found is_required(const struct svm *svm, const struct account *account, struct fault *fault)
{
    static const char setting[] = "required_groups";
    const struct conf_array *groups = &svm->totp.required_groups;
    enum found found = membership_in_any(account, groups, setting, fault);
    struct account *named;

    if (found != FOUND_NOTHING || groups->count == 0)
        return found;
    named = malloc(sizeof *named); /* too large for the stack of a host with threads */
    if (named == NULL) {
        fault_set(fault, "out of memory");
        return FOUND_FAULT;
    }
    found = account_find_uid(account->uid, named, fault);
    if (found == FOUND)
        found = strcmp(named->name, account->name) == 0 ? FOUND_NOTHING : membership_in_any(named, groups, setting, fault);
    free(named);
    return found;
}

int duty_of_unenrolled(const struct svm *svm, const struct account *account, bool nullok, long long now,
                       struct duty *duty, struct fault *fault)
{
    bool everybody = svm->totp.required_groups.count == 0, required = false;
    long long end = duty_day_end(svm->totp.enrol_by);

    *duty = (struct duty){.kind = DUTY_REFUSED};
    switch (is_required(svm, account, fault)) {
    case FOUND_FAULT: return -1;
    case FOUND: required = true; break;
    case FOUND_NOTHING: break;
    }
    if ((everybody || required) && end >= now)
        *duty = (struct duty){.kind = DUTY_UNTIL, .days_left = (int)((end - now) / DAY)};
    else if (required)
        duty->kind = DUTY_REQUIRED;
    else if (nullok)
        duty->kind = DUTY_NULLOK;
    return 0;
}
