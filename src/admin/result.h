/* SPDX-License-Identifier: BSD-2-Clause */
/* How an administrator's change ended: also the exit status of mfactl. The fault is filled unless it is done. */
#ifndef MFA_ADMIN_RESULT_H
#define MFA_ADMIN_RESULT_H

enum result {
    RESULT_DONE = 0,
    RESULT_FAILED,   /* the system, or something found broken */
    RESULT_INVALID,  /* what was asked for can never be done */
    RESULT_EXISTS,   /* what was to be made exists already */
    RESULT_NOT_THERE /* what was to be changed does not exist */
};

#endif
