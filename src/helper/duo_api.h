/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls of Duo's Auth API: signed, within the one deadline, with what is to be done about a wrong clock and about
 * "too many requests". Failures come out as a reason.
 */
#ifndef PAM_MFA_DUO_API_H
#define PAM_MFA_DUO_API_H

#include "helper/duo_http.h"
#include "helper/duo_sign.h"
#include "wire/duo_request.h"
#include "wire/duo_verdict.h"

struct duo_api {
    const struct duo_request *request; /* borrowed */
    struct duo_http *http;             /* borrowed */
    struct deadline deadline;
    bool (*cancelled)(void *context); /* whether the module is gone; asked while waiting */
    void *context;
    bool auth_sent;    /* an authentication request has left this host, in this login */
    bool offset_known; /* Duo's clock was asked for */
    long long offset;  /* what to add to our clock, seconds */
    struct fault fault;
    struct duo_http_reply reply; /* to the last call */
    char params[DUO_PARAMS_SIZE];
};

enum duo_call { DUO_CALL_PING, DUO_CALL_CHECK, DUO_CALL_PREAUTH, DUO_CALL_AUTH, DUO_CALL_AUTH_STATUS };

/*
 * Makes CALL with PARAMS. True: `reply` holds a body with HTTP status 200. False: *REASON says what is wrong, and
 * `fault` explains. DUO_CALL_AUTH is sent at most once; from then on a loss is DUO_LOST and never DUO_UNREACHABLE.
 */
__attribute__((warn_unused_result)) bool duo_api_call(struct duo_api *api, enum duo_call call,
                                                      const struct duo_param *params, size_t count,
                                                      enum duo_reason *reason);

/* Waits for MILLISECONDS or until the deadline or the end of the module, whichever comes first. */
void duo_api_wait(struct duo_api *api, long long milliseconds);

/* Asks Duo for its time, unsigned. */
__attribute__((warn_unused_result)) bool duo_api_clock(struct duo_api *api, enum duo_reason *reason);

#endif
