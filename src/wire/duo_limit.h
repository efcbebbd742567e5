/* SPDX-License-Identifier: BSD-2-Clause */
/* What both ends of the socket agree on about Duo's settings: the module's end, which reads duo.conf, and the helper's. */
#ifndef PAM_MFA_DUO_LIMIT_H
#define PAM_MFA_DUO_LIMIT_H

#define DUO_PROMPTS_MAX 3
#define DUO_TIMEOUT_MAX 600 /* seconds */
#define DUO_USERNAME_SIZE 513
#define DUO_PATH_SIZE 256

enum duo_fail_mode { DUO_FAIL_SAFE = 0, DUO_FAIL_SECURE };

#endif
