/* SPDX-License-Identifier: BSD-2-Clause */
/* Problems with a path: of its directories, or of the program it names. */
#ifndef MFA_ADMIN_CHECK_PATH_H
#define MFA_ADMIN_CHECK_PATH_H

#include "admin/node.h"
#include "base/report.h"

#include <stdbool.h>
#include <sys/types.h>

/* The directories above the absolute PATH: whoever can write to one of them can put another file there. */
void check_parents(const char *path, struct report *report);

/*
 * The program at PATH: a regular file of root's that nobody else can write to, executable. With SET, a rule by which it has
 * set-user-ID or set-group-ID; else without any such bit. Returns whether there is one; that there is none is not reported.
 */
bool check_program(const char *path, const struct node_rule *set, struct report *report);

#endif
