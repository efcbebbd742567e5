/* SPDX-License-Identifier: BSD-2-Clause */
/* Who logged in, for the log: whoever they became since by su or sudo. */
#ifndef PAM_MFA_LOGIN_ID_H
#define PAM_MFA_LOGIN_ID_H

#define LOGIN_ID_SIZE 16

/* The user id of this process's login, as the kernel keeps it (audit's loginuid), or "" where nothing does. */
void login_id(char out[LOGIN_ID_SIZE]);

#endif
