/* SPDX-License-Identifier: BSD-2-Clause */
/* The module's arguments in a PAM service file. */
#ifndef PAM_MFA_OPTIONS_H
#define PAM_MFA_OPTIONS_H

#include "base/fault.h"

#include <stdbool.h>

struct options {
    const char *conf; /* absolute path of pam_mfa.conf; borrowed */
    const char *svm;  /* NULL: the rules of pam_mfa.conf decide; borrowed */
    bool nullok;      /* let users through who have nothing to be asked for */
    bool echo;        /* show the code while it is typed */
    bool debug;       /* log the steps to a decision */
};

/* The known arguments, ended by NULL; those that take a value end in '='. */
extern const char *const options_known[];

/* Reads ARGV, which OPTIONS then borrows from. An unknown, malformed or repeated argument is a fault: -1. */
__attribute__((warn_unused_result)) int options_parse(int argc, const char *const *argv, struct options *options,
                                                      struct fault *fault);

#endif
