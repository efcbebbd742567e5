/* SPDX-License-Identifier: BSD-2-Clause */
/* An SVM's directory, locked for a change; and the names of all SVMs. */
#ifndef MFA_ADMIN_PLACE_H
#define MFA_ADMIN_PLACE_H

#include "admin/directory.h"
#include "base/conf.h"
#include "config/host.h"

#include <stdbool.h>

/* What a file that mfactl writes starts with. */
#define PLACE_HEADER "# Written by mfactl, which does not keep comments when it changes this file.\n"

struct place {
    struct dir svms;
    struct dir dir; /* the SVM's */
    int lock;       /* keeps other administrators away from all SVMs */
};

#define PLACE_CLOSED { .svms = DIR_CLOSED, .dir = DIR_CLOSED, .lock = -1 }

/* Locks, and opens the directory of SVM, if there is an SVM of that name. Close it in either case. */
__attribute__((warn_unused_result)) enum found place_open(struct place *place, const struct host *host,
                                                          const char *svm, struct fault *fault);
void place_close(struct place *place);

/*
 * Replaces (or makes) file NAME of the SVM by the text of STRUCTURE, after PROVE, the file's reader, has accepted it.
 * PROVE gets CONTEXT and the path it would be read from. With PLACE closed, nothing is replaced.
 */
typedef int place_prove(const void *context, const char *path, const char *text, size_t length, struct fault *fault);
__attribute__((warn_unused_result)) int place_write(const struct place *place, const char *name, mode_t mode,
                                                    const struct conf_field *fields, const void *structure,
                                                    place_prove *prove, const void *context, struct fault *fault);

/* Whether SVM has a svm.conf, right or wrong. */
bool svm_exists(const struct host *host, const char *svm);

/* The names of the SVMs that have a svm.conf, right or wrong, in order. */
struct svm_names {
    char (*names)[NAME_SIZE];
    size_t count;
};

__attribute__((warn_unused_result)) int svm_names_read(const struct host *host, struct svm_names *names,
                                                       struct fault *fault);
void svm_names_free(struct svm_names *names);

#endif
