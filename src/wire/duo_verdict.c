/* SPDX-License-Identifier: BSD-2-Clause */
/* What MUST hold: exactly the five reasons at the end of the enumeration, before DUO_CHECKED, accept a login. */
#include "wire/duo_verdict.h"

#include <stdio.h>
#include <string.h>

const char *duo_reason_word(enum duo_reason reason)
{
    switch (reason) {
    case DUO_BAD_REPLY: return "duo_bad_reply";
    case DUO_HELPER: return "duo_helper";
    case DUO_CONFIGURATION: return "configuration";
    case DUO_CERTIFICATE: return "duo_certificate";
    case DUO_BAD_KEYS: return "duo_bad_keys";
    case DUO_REFUSED: return "duo_refused_request";
    case DUO_STATE: return "state";
    case DUO_UNREACHABLE: return "duo_unreachable";
    case DUO_RATE_LIMITED: return "duo_rate_limited";
    case DUO_LOST: return "duo_lost";
    case DUO_TIMED_OUT: return "duo_timed_out";
    case DUO_UNKNOWN_RESULT: return "duo_unknown_result";
    case DUO_DENIED_BY_POLICY: return "denied_by_policy";
    case DUO_NOT_ENROLLED: return "not_enrolled";
    case DUO_FRAUD: return "fraud_reported";
    case DUO_LOCKED_OUT: return "locked_out";
    case DUO_PROMPTS_USED_UP: return "prompts_used_up";
    case DUO_NO_ANSWER: return "no_answer";
    case DUO_ALLOWED_BY_POLICY: return "allowed_by_policy";
    case DUO_BYPASS: return "bypass";
    case DUO_PUSH: return "push";
    case DUO_PHONE: return "phone";
    case DUO_PASSCODE: return "passcode";
    case DUO_CHECKED: return "checked";
    }
    return "invalid";
}

enum verdict duo_reason_verdict(enum duo_reason reason)
{
    switch (reason) {
    case DUO_BAD_REPLY:
    case DUO_HELPER:
    case DUO_CONFIGURATION:
    case DUO_CERTIFICATE:
    case DUO_BAD_KEYS:
    case DUO_REFUSED:
    case DUO_STATE:
    case DUO_CHECKED: return VERDICT_ERROR;
    case DUO_UNREACHABLE:
    case DUO_RATE_LIMITED: return VERDICT_UNAVAILABLE;
    case DUO_LOST:
    case DUO_TIMED_OUT:
    case DUO_UNKNOWN_RESULT:
    case DUO_DENIED_BY_POLICY:
    case DUO_NOT_ENROLLED:
    case DUO_FRAUD:
    case DUO_LOCKED_OUT: return VERDICT_DENIED;
    case DUO_PROMPTS_USED_UP: return VERDICT_THROTTLED;
    case DUO_NO_ANSWER: return VERDICT_NO_ANSWER;
    case DUO_ALLOWED_BY_POLICY:
    case DUO_BYPASS:
    case DUO_PUSH:
    case DUO_PHONE:
    case DUO_PASSCODE: return VERDICT_ACCEPTED;
    }
    return VERDICT_ERROR;
}

enum duo_line_result duo_verdict_send(const struct duo_verdict *verdict, struct duo_channel *channel,
                                      const struct deadline *deadline)
{
    const char *const values[] = {verdict_word(duo_reason_verdict(verdict->reason)), duo_reason_word(verdict->reason),
                                  verdict->detail.text};

    return duo_line_send(channel, deadline, "verdict", values, 3);
}

int duo_verdict_read(struct duo_verdict *verdict, const struct duo_line *line)
{
    *verdict = (struct duo_verdict){0};
    if (!duo_line_is(line, "verdict", 3))
        return -1;
    for (int reason = DUO_BAD_REPLY; reason <= DUO_CHECKED; reason++) {
        if (strcmp(line->values[1], duo_reason_word((enum duo_reason)reason)) != 0)
            continue;
        if (strcmp(line->values[0], verdict_word(duo_reason_verdict((enum duo_reason)reason))) != 0)
            return -1;
        verdict->reason = (enum duo_reason)reason;
        snprintf(verdict->detail.text, sizeof verdict->detail.text, "%s", line->values[2]);
        return 0;
    }
    return -1;
}
