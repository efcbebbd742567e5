/* SPDX-License-Identifier: BSD-2-Clause */
/* Stores that several hosts share: how they are, halting them, beginning them anew, their keys and roles. */
#ifndef MFA_ADMIN_STORES_H
#define MFA_ADMIN_STORES_H

#include "admin/result.h"
#include "base/report.h"
#include "config/svm.h"

/* REPORT hears how each fleet of HOST is: its nodes, its epoch, its clock, this host's certificate. */
__attribute__((warn_unused_result)) enum result admin_store_status(const struct host *host, struct report *report,
                                                                   struct fault *fault);

/* The settings of SVM, for svm_free, and its fleet, borrowed from HOST. */
__attribute__((warn_unused_result)) enum result admin_store_fleet(const struct host *host, const char *svm,
                                                                  struct svm *settings, const struct host_fleet **fleet,
                                                                  struct fault *fault);

/* Halts SVM with the reason WHY; with WHY "" lets it go on. */
__attribute__((warn_unused_result)) enum result admin_store_halt(const struct host *host, const char *svm, const char *why,
                                                                 struct fault *fault);

/*
 * Begins FLEET (NULL: the only one) anew, after it was restored from a backup: NOW is when, in Unix seconds. Of what is kept
 * from before, all codes up to now and all emergency codes are used up. The fleet's SVMs on this host are halted until
 * somebody has seen to what was removed since.
 */
__attribute__((warn_unused_result)) enum result admin_store_accept(const struct host *host, const char *name, long long now,
                                                                   struct report *report, struct fault *fault);

/* REPORT hears the commands of etcdctl that let the host with the certificate's name NAME log in to SVM, or enrol there. */
__attribute__((warn_unused_result)) enum result admin_store_roles(const char *svm, const char *name, bool enrols,
                                                                  struct report *report, struct fault *fault);

/* Makes a new key for SVM's fleet on this host, in front of those that it has; with RETIRE takes away all but the first. */
__attribute__((warn_unused_result)) enum result admin_store_key(const struct host *host, const char *svm, bool retire,
                                                                struct report *report, struct fault *fault);

/* Seals every profile of SVM that is sealed with an older key with the newest one. Can be repeated. */
__attribute__((warn_unused_result)) enum result admin_store_reseal(const struct host *host, const char *svm,
                                                                   struct report *report, struct fault *fault);

/* How to move an SVM's enrolments. */
struct admin_migration {
    enum svm_store to; /* files or fleet */
    bool dry_run;      /* only tells what would be done */
    bool newest;       /* of two enrolments of one user, the one that was made last stays; else neither is touched */
    long long now;     /* Unix seconds */
};

/*
 * Moves all that is kept of SVM, whose settings must say `store = "moving"`, from this host's files to its fleet or back. What
 * was moved already stays; files are renamed and never deleted, the fleet's records stay. So it can be repeated.
 */
__attribute__((warn_unused_result)) enum result admin_store_migrate(const struct host *host, const char *svm,
                                                                    const struct admin_migration *migration,
                                                                    struct report *report, struct fault *fault);

#endif
