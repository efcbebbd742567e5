/* SPDX-License-Identifier: BSD-2-Clause */
/* The record that an enrolment answers with: the only one that ever holds secrets. */
#ifndef MFA_ADMIN_ENROLMENT_RECORD_H
#define MFA_ADMIN_ENROLMENT_RECORD_H

#include "config/svm.h"
#include "enrol/enrolment.h"
#include "records/record.h"

extern const struct record_field enrolment_record_fields[];

/* Fills RECORD, which is empty, with what everybody may see of PROFILE in SVM. record_free it. */
void enrolment_record(struct record *record, const struct svm *svm, const struct profile *profile);

/*
 * Adds the new emergency codes of ENROLMENT to RECORD and, unless URI is NULL because the key is not new, the key, its key
 * URI and the code of the time step at NOW (Unix seconds).
 */
void enrolment_record_secrets(struct record *record, const struct enrolment *enrolment, const char *uri, long long now);

#endif
