/* SPDX-License-Identifier: BSD-2-Clause */
/* What the module asks of the helper: everything it needs to know, keys included, and nothing that it could look up. */
#ifndef PAM_MFA_DUO_REQUEST_H
#define PAM_MFA_DUO_REQUEST_H

#include "base/fault.h"
#include "base/name.h"
#include "wire/duo_limit.h"
#include "wire/duo_line.h"

#define DUO_PUSHINFO_SIZE 4001 /* fits a line even if every byte is encoded; Duo takes 20,000 */

enum duo_purpose { DUO_LOGIN = 0, DUO_CHECK };

struct duo_request {
    int purpose; /* enum duo_purpose */
    char api_host[254];
    char integration_key[65];
    char secret_key[129];
    int fail_mode; /* enum duo_fail_mode: Duo is told, and may word its messages by it; it decides nothing there */
    char http_proxy[257];
    char ca_file[DUO_PATH_SIZE];
    int timeout; /* seconds */
    /* For DUO_LOGIN. */
    int auto_push; /* 0 or 1 */
    int max_prompts;
    int echo; /* 0 or 1: show what is typed at a prompt */
    char username[DUO_USERNAME_SIZE];
    char login_name[NAME_SIZE]; /* for texts: what the person calls themselves here */
    char ipaddr[64];            /* of the client; "": unknown */
    char hostname[65];          /* of this host; "": unknown */
    char pushinfo[DUO_PUSHINFO_SIZE]; /* URL-encoded pairs; "": none */
};

/* Sends REQUEST. */
__attribute__((warn_unused_result)) enum duo_line_result duo_request_send(const struct duo_request *request,
                                                                          struct duo_channel *channel,
                                                                          const struct deadline *deadline);

/*
 * Receives a request. Every field must come exactly once. -1: something else came; FAULT says what, without quoting a
 * value.
 */
__attribute__((warn_unused_result)) int duo_request_receive(struct duo_request *request, struct duo_channel *channel,
                                                            const struct deadline *deadline, struct fault *fault);

void duo_request_wipe(struct duo_request *request);

#endif
