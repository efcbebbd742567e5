/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PAM_MFA_FOUND_H
#define PAM_MFA_FOUND_H

/* The result of what may find nothing: a fault is filled in only with FOUND_FAULT. */
enum found { FOUND_FAULT = -1, FOUND_NOTHING = 0, FOUND = 1 };

#endif
