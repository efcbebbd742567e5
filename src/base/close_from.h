/* SPDX-License-Identifier: BSD-2-Clause */
/* closefrom(3), for a C library that has none: musl. */
#ifndef PAM_MFA_CLOSE_FROM_H
#define PAM_MFA_CLOSE_FROM_H

#include <unistd.h>

#ifndef HAVE_CLOSEFROM
static void closefrom(int first)
{
    const long end = sysconf(_SC_OPEN_MAX);

    for (long fd = first; fd < end; fd++)
        close((int)fd);
}
#endif

#endif
