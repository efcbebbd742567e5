/* SPDX-License-Identifier: BSD-2-Clause */
/* What a push says about the login it is for, beside the user: shown by Duo's app. */
#ifndef PAM_MFA_DUO_PUSHINFO_H
#define PAM_MFA_DUO_PUSHINFO_H

#include "config/duo_profile.h"
#include "module/login.h"
#include "wire/duo_request.h"

/* Fills REQUEST's ipaddr and hostname, and its pushinfo as PROFILE's push_info says. */
void duo_pushinfo_fill(struct duo_request *request, const struct duo_profile *profile, const struct login *login);

#endif
