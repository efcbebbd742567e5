/* SPDX-License-Identifier: BSD-2-Clause */
/* What a host shows to the store, and whom it believes: certificate, key and authority, read as a whole and anew. */
#ifndef PAM_MFA_IDENTITY_H
#define PAM_MFA_IDENTITY_H

#include "base/file.h"
#include "config/host.h"

#include <sys/stat.h>

struct identity {
    struct file_data ca, certificate, key;
    struct stat seen[3];    /* of the three files, as they were read */
    long long from, until;  /* Unix seconds: when the certificate is good */
};

/*
 * Reads FLEET's files into IDENTITY, which must be empty or have been read. 1 they are new and belong together; 0 nothing has
 * changed; -1 fault, and IDENTITY is as it was: one who renews them may be half-way.
 */
__attribute__((warn_unused_result)) int identity_read(struct identity *identity, const struct host_fleet *fleet,
                                                      struct fault *fault);

/* -1: at NOW the certificate is not good yet, or no longer. */
__attribute__((warn_unused_result)) int identity_check(const struct identity *identity, const struct host_fleet *fleet,
                                                       long long now, struct fault *fault);
void identity_free(struct identity *identity);

#endif
