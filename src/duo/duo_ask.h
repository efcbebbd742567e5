/* SPDX-License-Identifier: BSD-2-Clause */
/* What every request to the helper takes over from duo.conf. */
#ifndef PAM_MFA_DUO_ASK_H
#define PAM_MFA_DUO_ASK_H

#include "config/duo_profile.h"
#include "wire/duo_request.h"

/* Makes REQUEST one for PURPOSE with the account part of PROFILE; all else in it is empty. */
void duo_ask_init(struct duo_request *request, enum duo_purpose purpose, const struct duo_profile *profile);

#endif
