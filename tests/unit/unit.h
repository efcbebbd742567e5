/* SPDX-License-Identifier: BSD-2-Clause */
/* What every unit test starts with: cmocka, and what cmocka wants included before it. */
#ifndef PAM_MFA_UNIT_H
#define PAM_MFA_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* A test that hangs fails; emulated on a busy machine, none takes longer than this. */
__attribute__((constructor)) static void unit_must_end(void)
{
    alarm(300);
}

#endif
