/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the broker has to write for nobody who waits: a failure for an attempt that was cut off, and the halt of an SVM whose
 * store went back. It is tried for ten minutes.
 */
#ifndef PAM_MFA_DUTY_H
#define PAM_MFA_DUTY_H

#include "broker/fleet.h"
#include "base/name.h"
#include "wire/fleet_value.h"

#include <sys/types.h>

/*
 * The attempt of USER in SVM, whose response was looked at AT (Unix seconds), has had no end that anybody saw: it counts as a
 * failure. COMMIT (NULL: none) is the id of the state that it may have written all the same: if that is there, it does not.
 */
void duty_count(struct fleet *fleet, const char *svm, const char *user, long long at,
                const unsigned char commit[FLEET_ATTEMPT_BYTES]);

/* Nothing of SVM is to be accepted, on any host, until an administrator says so. */
void duty_halt(struct fleet *fleet, const char *svm, const char *why);

/* Starts what is due. Returns milliseconds until there is more to do; -1: nothing is. */
long long duties_run(struct broker *broker);
bool duties_left(const struct broker *broker);
void duties_free(struct broker *broker);

#endif
