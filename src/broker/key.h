/* SPDX-License-Identifier: BSD-2-Clause */
/* The keys of a fleet's store. Names hold no '/', so no key is another's. */
#ifndef PAM_MFA_KEY_H
#define PAM_MFA_KEY_H

#include "base/name.h"

#include <stdio.h>

#define KEY_PREFIX "/pam_mfa/1/"
#define KEY_META KEY_PREFIX "meta"
#define KEY_SIZE (sizeof KEY_PREFIX + 6 + 2 * NAME_SIZE)

/* KIND 'p', 's' or 'd': USER's profile, state, pushes; 'h': the halt of SVM, and USER has no say. */
static inline void key_of(char out[KEY_SIZE], char kind, const char *svm, const char *user)
{
    if (kind == 'h')
        snprintf(out, KEY_SIZE, KEY_PREFIX "halt/%s", svm);
    else
        snprintf(out, KEY_SIZE, KEY_PREFIX "%c/%s/%s", kind, svm, user);
}

#endif
