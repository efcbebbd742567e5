/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a file or directory of ours must be: too open, somebody changes what logins rest on; too tight, nobody enrols.
 * One rule says what is right, finds what is not, and mends it.
 */
#ifndef MFA_ADMIN_NODE_H
#define MFA_ADMIN_NODE_H

#include "base/fault.h"
#include "base/report.h"

#include <stdbool.h>
#include <sys/types.h>

struct node_rule {
    mode_t type;      /* S_IFREG or S_IFDIR */
    mode_t mode;      /* the right one */
    mode_t forbidden; /* bits of which none may be set: others could do harm */
    mode_t needed;    /* bits of which all must be set */
    const char *need; /* what does not work without them, to follow "or" */
    const gid_t *group; /* the one it must have, pam_mfa's; NULL: any */
};

extern const struct node_rule node_conf; /* a file that everybody may read: mfa-enroll does so as its user */
extern const struct node_rule node_secret; /* a file for root alone */
extern const struct node_rule node_directory; /* a directory that everybody may enter */

/* Of the seal key, an SVM's state directory, mfa-enroll and mfa-approve, all of which have the group GROUP. */
struct node_rule node_seal_key(const gid_t *group);
struct node_rule node_state_directory(const gid_t *group);
struct node_rule node_enroll(const gid_t *group);
struct node_rule node_approve(const gid_t *group);

/*
 * Whether the absolute PATH is as RULE says. REPORT (or NULL) hears, in one line with one command, of all that is wrong with its
 * type, owner, group, mode and links. What is not there is no problem here.
 */
bool node_check(const char *path, const struct node_rule *rule, struct report *report);

/*
 * Gives the file FD, which is at PATH, the mode and group of RULE, and tells REPORT (or NULL) if it had others. Another
 * type, a second link or another owner than root is a fault: somebody must look at what is in it.
 */
__attribute__((warn_unused_result)) int node_mend_open(int fd, const char *path, const struct node_rule *rule,
                                                       struct report *report, struct fault *fault);
/* Likewise by name in the directory DIRFD. What is not there is none. */
__attribute__((warn_unused_result)) int node_mend(int dirfd, const char *name, const char *path,
                                                  const struct node_rule *rule, struct report *report,
                                                  struct fault *fault);

#endif
