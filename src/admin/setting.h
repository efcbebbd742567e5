/* SPDX-License-Identifier: BSD-2-Clause */
/* The settings of a configuration file by their dotted names (`totp.digits`), as text and as values of records. */
#ifndef MFA_ADMIN_SETTING_H
#define MFA_ADMIN_SETTING_H

#include "base/conf.h"
#include "records/value.h"

/* One change that somebody asks for. Lists are written `a,b`, maps `key=value,key=value`. */
struct setting {
    const char *name; /* in the table of the file */
    const char *value;
};

/* The field NAME of the table FIELDS, or NULL. */
const struct conf_field *setting_find(const struct conf_field *fields, const char *name);

/* Puts TEXT into the field NAME of STRUCTURE. A value that the file's reader would refuse is a fault. */
__attribute__((warn_unused_result)) int setting_set(const struct conf_field *fields, void *structure, const char *name,
                                                    const char *text, struct fault *fault);

/* Likewise each of COUNT settings. */
__attribute__((warn_unused_result)) int setting_set_all(const struct conf_field *fields, void *structure,
                                                        const struct setting *settings, size_t count,
                                                        struct fault *fault);

/* The field NAME of STRUCTURE as VALUE (unset before). -1: out of memory. A list of groups has no value. */
__attribute__((warn_unused_result)) int setting_get(const struct conf_field *fields, const void *structure,
                                                    const char *name, struct value *value);

#endif
