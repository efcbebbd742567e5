/* SPDX-License-Identifier: BSD-2-Clause */
/* What an administrator of a Debian system has told dpkg-statoverride(1) about owner and mode of a program. */
#ifndef MFA_ADMIN_OVERRIDE_H
#define MFA_ADMIN_OVERRIDE_H

#include "admin/node.h"
#include "base/found.h"

/* A rule for one program; `group` is in `gid`. */
struct override {
    gid_t gid;
    struct node_rule rule;
};

/*
 * What dpkg has for the absolute PATH in its FILE (normally OVERRIDE_FILE). FOUND: *OVERRIDE says so, in place of what we
 * would ask for. FOUND_NOTHING: nothing that we could set: it is not listed, or its owner is not root.
 */
enum found override_find(const char *file, const char *path, struct override *override);

#define OVERRIDE_FILE "/var/lib/dpkg/statoverride"

#endif
