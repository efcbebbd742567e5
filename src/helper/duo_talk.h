/* SPDX-License-Identifier: BSD-2-Clause */
/* The talk with Duo on one side and the person on the other, from the first question to the verdict. */
#ifndef PAM_MFA_DUO_TALK_H
#define PAM_MFA_DUO_TALK_H

#include "helper/duo_api.h"
#include "wire/duo_line.h"
#include "wire/duo_verdict.h"

/* Conducts the login that API's request describes. The person is reached through CHANNEL. */
enum duo_reason duo_talk_login(struct duo_api *api, struct duo_channel *channel);

/* Tries the keys and the clock. API's fault becomes a sentence about either outcome. */
enum duo_reason duo_talk_check(struct duo_api *api);

#endif
