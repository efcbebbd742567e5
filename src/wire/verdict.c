/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire/verdict.h"

const char *verdict_word(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_DENIED: return "denied";
    case VERDICT_ERROR: return "error";
    case VERDICT_NO_ANSWER: return "no_answer";
    case VERDICT_THROTTLED: return "throttled";
    case VERDICT_INCOMPLETE: return "incomplete";
    case VERDICT_UNAVAILABLE: return "unavailable";
    case VERDICT_IGNORED: return "ignored";
    case VERDICT_ACCEPTED: return "accepted";
    }
    return "invalid";
}
