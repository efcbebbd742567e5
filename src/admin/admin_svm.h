/* SPDX-License-Identifier: BSD-2-Clause */
/* SVMs, as an administrator makes, changes and removes them. Every change is one step among administrators. */
#ifndef MFA_ADMIN_SVM_H
#define MFA_ADMIN_SVM_H

#include "admin/directory.h"
#include "admin/result.h"
#include "admin/service_account.h"
#include "admin/setting.h"
#include "admin/show.h"
#include "config/host.h"
#include "config/svm.h"

/* Of an SVM's record. */
extern const struct record_field admin_svm_fields[];

/* The settings that an administrator may give, ended by NULL: names of the record's fields. */
extern const char *const admin_svm_settings[];

/*
 * Makes the SVM NAME with its state directory, with COUNT SETTINGS in place of the defaults; without a `uuid`, a random
 * one. REPORT (or NULL) hears of what was made. Of an SVM that exists, owner and mode of directories and files are set right, and nothing else.
 */
__attribute__((warn_unused_result)) enum result admin_svm_create(const struct host *host, const char *name,
                                                                 const struct setting *settings, size_t count,
                                                                 const struct service_account *account,
                                                                 struct report *report, struct fault *fault);

__attribute__((warn_unused_result)) enum result admin_svm_modify(const struct host *host, const char *name,
                                                                 const struct setting *settings, size_t count,
                                                                 struct fault *fault);

/*
 * Lets CHANGE change the settings of the SVM NAME, and writes them if it says that they have CHANGED. With DRY they are only
 * proven, and a SVM that is not there counts as a new one.
 */
typedef enum result admin_svm_change(void *context, struct svm *svm, bool *changed, struct fault *fault);
__attribute__((warn_unused_result)) enum result admin_svm_edit(const struct host *host, const char *name, bool dry,
                                                               admin_svm_change *change, void *context,
                                                               struct fault *fault);

/* Removes the SVM with all it has. Without FORCE only if nobody is enrolled and pam_mfa.conf does not name it. */
__attribute__((warn_unused_result)) enum result admin_svm_delete(const struct host *host, const char *name, bool force,
                                                                 struct fault *fault);

/* Offers every SVM's record. -1: fault. */
__attribute__((warn_unused_result)) int admin_svm_show(const struct show *show, struct fault *fault);

/*
 * Calls SHOW_ONE with every SVM that can be read, ordered by name; those that cannot are problems. SHOW_ONE returns
 * what query_offer does. -1: fault.
 */
typedef int admin_show_one(const struct show *show, const struct svm *svm, const void *context, struct fault *fault);
__attribute__((warn_unused_result)) int admin_for_each_svm(const struct show *show, admin_show_one *show_one,
                                                           const void *context, struct fault *fault);

/* Reads SVM NAME, with a result that tells whether there is one. Free with svm_free if done. */
__attribute__((warn_unused_result)) enum result admin_svm_read(const struct host *host, const char *name,
                                                               struct svm *svm, struct fault *fault);

/* Fills in the record's owner.uuid and owner.name. */
void admin_set_owner(struct record *record, const struct svm *svm);

#endif
