/* SPDX-License-Identifier: BSD-2-Clause */
/* TOTP profiles, as an administrator sees, switches and removes them. Only their users make them. */
#ifndef MFA_ADMIN_TOTP_H
#define MFA_ADMIN_TOTP_H

#include "admin/result.h"
#include "admin/setting.h"
#include "admin/show.h"
#include "enrol/ticket.h"

/* Of a TOTP profile's record. */
extern const struct record_field admin_totp_fields[];

/* The settings that an administrator may give, ended by NULL: `enabled`, `comment`. */
extern const char *const admin_totp_settings[];

__attribute__((warn_unused_result)) enum result admin_totp_modify(const struct host *host, const char *svm,
                                                                  const char *user, const struct setting *settings,
                                                                  size_t count, struct fault *fault);

/* Removes the profile, also a broken one, and one whose account is gone. */
__attribute__((warn_unused_result)) enum result admin_totp_delete(const struct host *host, const char *svm,
                                                                  const char *user, struct fault *fault);

/*
 * Makes a ticket (enrol/ticket.h) for the user, good for VALID seconds from NOW on, in OUT of TICKET_SIZE bytes, which the caller
 * wipes.
 */
__attribute__((warn_unused_result)) enum result admin_totp_ticket(const struct host *host, const char *svm,
                                                                  const char *user, long long now, long long valid,
                                                                  char *out, struct fault *fault);
/* Takes the user's ticket back. */
__attribute__((warn_unused_result)) enum result admin_totp_withdraw(const struct host *host, const char *svm,
                                                                    const char *user, struct fault *fault);

/*
 * Forgets the failures of the user, at NOW. If the state is unreadable it is made anew: *RENEWED, and then all codes up
 * to now and all emergency codes count as used up.
 */
__attribute__((warn_unused_result)) enum result admin_totp_unlock(const struct host *host, const char *svm,
                                                                  const char *user, long long now, bool *renewed,
                                                                  struct fault *fault);

/* Offers the record of every profile of every SVM, ordered by SVM and user. -1: fault. */
__attribute__((warn_unused_result)) int admin_totp_show(const struct show *show, struct fault *fault);

#endif
