/* SPDX-License-Identifier: BSD-2-Clause */
/* Enrolment: making, renewing and removing a TOTP profile, always of the person who asks. */
#ifndef PAM_MFA_ENROLMENT_H
#define PAM_MFA_ENROLMENT_H

#include "base/base32.h"
#include "config/svm.h"
#include "enrol/permit.h"
#include "enrol/redeem.h"

#define ENROLMENT_URI_SIZE 2048

/* A profile in the making. Holds secrets in plain: enrolment_wipe() it. */
struct enrolment {
    bool replaces;           /* whether there is a profile already */
    struct profile replaced; /* then that one */
    bool keeps_key;          /* of which the key stays */
    bool sealed;
    struct profile profile;
    struct secrets secrets;
    emergency_code codes[PROFILE_CODES_MAX]; /* secrets.code_count of them */
    long long last_step; /* used up by the confirmation; 0: none */
};

/*
 * Makes a new key and emergency codes by SVM's policy, to replace PRESENT (NULL: there is no profile). COMMENT is what
 * the profile will say. Nothing is stored.
 */
__attribute__((warn_unused_result)) int enrolment_new(const struct svm *svm, const struct account *account,
                                                      const struct profile *present, const char *comment, long long now,
                                                      struct enrolment *enrolment, struct fault *fault);

/* Makes new emergency codes for PRESENT, of which everything else stays. Nothing is stored. */
__attribute__((warn_unused_result)) int enrolment_new_codes(const struct store *store, const struct svm *svm,
                                                            const struct profile *present, struct enrolment *enrolment,
                                                            struct fault *fault);

/*
 * Whether RESPONSE is a code of the new key at NOW; then that code is used up. 1 yes, 0 no, -1 fault.
 */
__attribute__((warn_unused_result)) int enrolment_confirm(struct enrolment *enrolment, unsigned int window,
                                                          const char *response, long long now, struct fault *fault);

/* Seals ENROLMENT's profile, which then says all that it will once it is stored. */
__attribute__((warn_unused_result)) int enrolment_seal(const struct store *store, struct enrolment *enrolment,
                                                       struct fault *fault);

/*
 * Seals, unless that has been done, and stores, for OWNER. A new key needs PERMIT, one for OWNER in the profile's SVM; with the key that is there it may
 * be NULL. -1 of class conflict: the profile is no longer the one that ENROLMENT was to replace, and
 * nothing has changed.
 */
__attribute__((warn_unused_result)) int enrolment_save(const struct store *store, const struct store_owner *owner,
                                                       const struct permit *permit, struct enrolment *enrolment,
                                                       struct fault *fault);

/* Removes OWNER's profile, if it is still PRESENT; -1 of class conflict: it is not. */
__attribute__((warn_unused_result)) int enrolment_remove(const struct store *store, const struct store_owner *owner,
                                                         const struct profile *present, struct fault *fault);

/* The new key in base32, as authenticator apps take it. */
void enrolment_key(const struct enrolment *enrolment, char out[BASE32_SIZE(PROFILE_KEY_MAX)]);

/* The issuer that apps show for SVM's codes unless told otherwise: svm.conf's; else SVM's name, the host's for `cluster`. */
void enrolment_issuer(const struct svm *svm, char out[NAME_SIZE]);

/*
 * The account that apps show unless told otherwise: user@host. Apps replace an entry by one of the same issuer and
 * account, and a person may have an account of one name on many hosts.
 */
void enrolment_label(const struct account *account, char out[NAME_SIZE]);

/*
 * The key URI (otpauth://totp/ISSUER:LABEL?...) of the new key, as authenticator apps read it from a QR code. What every
 * app takes for granted (SHA1, 6 digits, 30 seconds) is not in it, so that the QR code fits a terminal of 24 rows. -1 with
 * a fault if issuer or label hold a colon, which separates them, are empty, or are too long.
 */
__attribute__((warn_unused_result)) int enrolment_uri(const struct enrolment *enrolment, const char *issuer,
                                                      const char *label, char out[ENROLMENT_URI_SIZE],
                                                      struct fault *fault);

void enrolment_wipe(struct enrolment *enrolment);

#endif
