/* SPDX-License-Identifier: BSD-2-Clause */
/* Duo profiles, and the groups and entities in them, as an administrator makes, changes and removes them. */
#ifndef MFA_ADMIN_DUO_H
#define MFA_ADMIN_DUO_H

#include "admin/result.h"
#include "admin/setting.h"
#include "admin/show.h"

/* Of a Duo profile's record. The secret key is in none: `fingerprint` is its SHA-256. */
extern const struct record_field admin_duo_fields[];

/* The settings that an administrator may give, ended by NULL: names of the record's fields, and `secret_key`. */
extern const char *const admin_duo_settings[];

/* Makes the profile of SVM. Without api_host, integration_key and secret_key there is none to be made. */
__attribute__((warn_unused_result)) enum result admin_duo_create(const struct host *host, const char *svm,
                                                                 const struct setting *settings, size_t count,
                                                                 struct fault *fault);
__attribute__((warn_unused_result)) enum result admin_duo_modify(const struct host *host, const char *svm,
                                                                 const struct setting *settings, size_t count,
                                                                 struct fault *fault);
/* With it go its groups and entities. */
__attribute__((warn_unused_result)) enum result admin_duo_delete(const struct host *host, const char *svm,
                                                                 struct fault *fault);

/* Offers the record of every SVM that has a profile of its own. Asks Duo where `status` is wanted. -1: fault. */
__attribute__((warn_unused_result)) int admin_duo_show(const struct show *show, struct fault *fault);

/* Asks Duo whether the account that logins to SVM meet is in order. FAULT becomes one sentence in every case. */
__attribute__((warn_unused_result)) enum result admin_duo_check(const struct host *host, const char *svm,
                                                                struct fault *fault);

/* What a profile has lists of: things with a name. */
enum duo_list { DUO_GROUPS, DUO_ENTITIES };

extern const struct record_field *const admin_duo_list_fields[];
/* The settings that an administrator may give, each ended by NULL. */
extern const char *const admin_duo_group_settings[];
extern const char *const admin_duo_entity_settings[];

__attribute__((warn_unused_result)) enum result admin_duo_list_create(const struct host *host, const char *svm,
                                                                      enum duo_list list, const char *name,
                                                                      const struct setting *settings, size_t count,
                                                                      struct fault *fault);
__attribute__((warn_unused_result)) enum result admin_duo_list_modify(const struct host *host, const char *svm,
                                                                      enum duo_list list, const char *name,
                                                                      const struct setting *settings, size_t count,
                                                                      struct fault *fault);
__attribute__((warn_unused_result)) enum result admin_duo_list_delete(const struct host *host, const char *svm,
                                                                      enum duo_list list, const char *name,
                                                                      struct fault *fault);
__attribute__((warn_unused_result)) int admin_duo_list_show(const struct show *show, enum duo_list list,
                                                            struct fault *fault);

#endif
