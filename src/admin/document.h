/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All SVMs with their Duo profiles as one text in libconfig's format, for whoever keeps configuration elsewhere:
 *
 *   svms = ( { name = "vs0"; comment = "…"; factors = [ … ]; totp = { … };
 *              duo = { api_host = "…"; …; secret_key_file = "/root/vs0.key"; }; groups = ( … ); entities = ( … ); } );
 *
 * The keys are those of svm.conf and duo.conf, but for `owner`, of which name and uuid stand by themselves, and for
 * secrets, of which there are only the files that hold them.
 */
#ifndef MFA_ADMIN_DOCUMENT_H
#define MFA_ADMIN_DOCUMENT_H

#include "config/duo_profile.h"
#include "config/svm.h"

struct document_duo {
    struct duo_profile profile; /* first: fields of both have the same offsets */
    char secret_key_file[PATH_MAX];
    char http_proxy_file[PATH_MAX];
};

struct document_svm {
    struct svm svm; /* likewise */
    struct document_duo duo;
};

/* Something that the text says: FIELD, of the struct at BASE. */
struct document_given {
    const void *base;
    const struct conf_field *field;
};

struct document {
    struct conf_array svms; /* of struct document_svm */
    struct document_given *given;
    size_t given_count;
    bool incomplete; /* memory ran out */
    struct document_table *table;
};

/* Reads TEXT of LENGTH bytes, from PATH (for messages). Free with document_free in either case. */
__attribute__((warn_unused_result)) int document_read(struct document *document, const char *path, const char *text,
                                                      size_t length, struct fault *fault);
void document_free(struct document *document);

/* Whether the text gives the field NAME of the struct at BASE; NULL: it does not. */
const struct conf_field *document_has(const struct document *document, const void *base, const char *name);

/*
 * Puts what the text gives of the struct at BASE into TARGET, which is of the same type and loses what it had there; lists
 * of groups and files of secrets apart. The names of what differed before are appended to CHANGED, with commas between.
 */
__attribute__((warn_unused_result)) int document_move(const struct document *document, void *base, void *target,
                                                      char *changed, size_t size, struct fault *fault);

/* The text of what HOST has now, malloc'ed, without secrets. NULL: fault; a file that is broken is one. */
__attribute__((warn_unused_result)) char *document_write(const struct host *host, size_t *length, struct fault *fault);

#endif
