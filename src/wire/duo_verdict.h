/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a talk with Duo ended. The reason is what counts: each stands for one verdict, so that no reason for a refusal
 * can come with an acceptance. Zero is an error.
 */
#ifndef PAM_MFA_DUO_VERDICT_H
#define PAM_MFA_DUO_VERDICT_H

#include "base/fault.h"
#include "wire/duo_line.h"
#include "wire/verdict.h"

enum duo_reason {
    DUO_BAD_REPLY = 0,     /* Duo said something that makes no sense, or too much */
    DUO_HELPER,            /* the helper could not do its work, or did not */
    DUO_CONFIGURATION,     /* what root wrote cannot be used */
    DUO_CERTIFICATE,       /* whoever answers is not shown to be Duo */
    DUO_BAD_KEYS,          /* 401 */
    DUO_REFUSED,           /* another 4xx */
    DUO_STATE,             /* the push could not be counted */
    DUO_UNREACHABLE,       /* no reply, and no authentication request was sent */
    DUO_RATE_LIMITED,      /* 429 to the end, and no authentication request was sent */
    DUO_LOST,              /* the connection or the service failed after an authentication request was sent */
    DUO_TIMED_OUT,         /* nobody answered the push or call in time */
    DUO_UNKNOWN_RESULT,    /* a result that this version does not know */
    DUO_DENIED_BY_POLICY,  /* preauth: deny */
    DUO_NOT_ENROLLED,      /* preauth: enroll */
    DUO_FRAUD,             /* the person reported the push */
    DUO_LOCKED_OUT,
    DUO_PROMPTS_USED_UP,
    DUO_NO_ANSWER,         /* the person gave none */
    DUO_ALLOWED_BY_POLICY, /* preauth: allow */
    DUO_BYPASS,            /* auth: allow with status bypass */
    DUO_PUSH,              /* approved */
    DUO_PHONE,
    DUO_PASSCODE,
    DUO_CHECKED            /* the end of a check that found nothing wrong; never of a login */
};

struct duo_verdict {
    enum duo_reason reason;
    struct fault detail; /* an explanation, foreign text in parts; "" if the reason says it all */
};

/* REASON as one word for the log: static text. */
const char *duo_reason_word(enum duo_reason reason);

/* The verdict on a login that REASON stands for. */
enum verdict duo_reason_verdict(enum duo_reason reason);

/* Sends VERDICT as the helper's last line. */
__attribute__((warn_unused_result)) enum duo_line_result duo_verdict_send(const struct duo_verdict *verdict,
                                                                          struct duo_channel *channel,
                                                                          const struct deadline *deadline);

/* Reads LINE. -1: it is no verdict, or its word and reason do not belong together. */
__attribute__((warn_unused_result)) int duo_verdict_read(struct duo_verdict *verdict, const struct duo_line *line);

#endif
