/* SPDX-License-Identifier: BSD-2-Clause */
/* The auth stack of a PAM service, as libpam reads it (pam.conf(5)): includes followed, in the order of asking. */
#ifndef MFA_ADMIN_PAM_STACK_H
#define MFA_ADMIN_PAM_STACK_H

#include "base/report.h"

#include <stdbool.h>
#include <stddef.h>

/* What libpam does after a module. More than 0: that many modules are passed over. */
enum pam_action { PAM_DO_IGNORE = 0, PAM_DO_BAD = -1, PAM_DO_DIE = -2, PAM_DO_OK = -3, PAM_DO_DONE = -4, PAM_DO_RESET = -5 };

/* The answers of modules that matter here. */
enum pam_answer { PAM_SAYS_SUCCESS, PAM_SAYS_AUTH_ERR, PAM_SAYS_MAXTRIES, PAM_SAYS_AUTHINFO_UNAVAIL, PAM_SAYS_SERVICE_ERR,
                  PAM_SAYS_CONV_ERR, PAM_ANSWERS };

struct pam_entry {
    char place[300]; /* `/etc/pam.d/sshd:3` */
    char control[128]; /* as written */
    char module[256];
    char arguments[512]; /* NUL-terminated each, one behind the other, ended by an empty one */
    int actions[PAM_ANSWERS]; /* enum pam_action, or a number of modules */
    size_t level;             /* index of the substack that it is in */
};

struct pam_stack {
    struct pam_entry *entries;
    size_t count;
    struct pam_level {
        size_t parent, first, end; /* of its entries; END is behind the last */
    } *levels;                     /* the first is the whole stack; its parent is itself */
    size_t level_count;
};

/*
 * Reads the stack of SERVICE, a file in DIRECTORY. REPORT hears of what libpam would stumble over, and of pam_mfa.so in
 * another stack than auth. Free with pam_stack_free in either case. -1: there is no such file, or no memory.
 */
__attribute__((warn_unused_result)) int pam_stack_read(struct pam_stack *stack, const char *directory,
                                                       const char *service, struct report *report);
void pam_stack_free(struct pam_stack *stack);

/* Whether the module of ENTRY is the file NAME, in whichever directory. */
bool pam_entry_is(const struct pam_entry *entry, const char *name);

/* Whether the entry at INDEX, once it succeeds, keeps the later one at TARGET from being asked. */
bool pam_stack_passes(const struct pam_stack *stack, size_t index, size_t target);

#endif
