/* SPDX-License-Identifier: BSD-2-Clause */
/* What setrlimit takes as its first argument: a type of glibc's own, an int elsewhere, and compilers see the difference. */
#ifndef PAM_MFA_RLIMIT_H
#define PAM_MFA_RLIMIT_H

#include <sys/resource.h>

#ifdef __GLIBC__
typedef __rlimit_resource_t rlimit_resource;
#else
typedef int rlimit_resource;
#endif

#endif
