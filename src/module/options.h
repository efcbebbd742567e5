/* SPDX-License-Identifier: BSD-2-Clause */
/* The module's arguments in a PAM service file. */
#ifndef PAM_MFA_OPTIONS_H
#define PAM_MFA_OPTIONS_H

#include "base/fault.h"

#include <stdbool.h>

/* What is done with the password that a module before this one has asked for. */
enum first_pass {
    FIRST_PASS_IGNORE = 0,
    FIRST_PASS_TRY, /* it is the answer if it has a code's form */
    FIRST_PASS_USE  /* it is the answer: nothing is asked */
};

struct options {
    const char *conf; /* absolute path of pam_mfa.conf; borrowed */
    const char *svm;  /* NULL: the rules of pam_mfa.conf decide; borrowed */
    bool nullok;      /* let users through who have nothing to be asked for */
    bool echo;        /* show the code while it is typed */
    enum first_pass first_pass;
    bool forward_pass; /* the answer ends in the code; what is before it is the password, for the modules behind */
    bool debug;       /* log the steps to a decision */
};

/* The known arguments, ended by NULL; those that take a value end in '='. */
extern const char *const options_known[];

/* Reads ARGV, which OPTIONS then borrows from. An unknown, malformed or repeated argument is a fault: -1. */
__attribute__((warn_unused_result)) int options_parse(int argc, const char *const *argv, struct options *options,
                                                      struct fault *fault);

#endif
