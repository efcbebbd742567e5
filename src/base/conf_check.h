/* SPDX-License-Identifier: BSD-2-Clause */
/* What of a file in libconfig's format must not come before libconfig: see conf_check.c. */
#ifndef PAM_MFA_CONF_CHECK_H
#define PAM_MFA_CONF_CHECK_H

#include "base/fault.h"

#include <stddef.h>

/* Whether every version of libconfig reads TEXT of LENGTH bytes, the content of file PATH (for messages), as the same. */
__attribute__((warn_unused_result)) int conf_check(const char *path, const char *text, size_t length,
                                                   struct fault *fault);

#endif
