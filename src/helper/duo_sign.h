/* SPDX-License-Identifier: BSD-2-Clause */
/* Duo's signature of a request: HMAC-SHA512 over its canonical form, sent in HTTP's Basic scheme. */
#ifndef PAM_MFA_DUO_SIGN_H
#define PAM_MFA_DUO_SIGN_H

#include <stddef.h>

#define DUO_PARAMS_MAX 16
#define DUO_PARAMS_SIZE (24 * 1024) /* encoded */
#define DUO_DATE_SIZE 40
#define DUO_AUTHORIZATION_SIZE 320

struct duo_param {
    const char *name, *value; /* borrowed */
};

/*
 * PARAMS encoded, sorted and joined: what is signed, and what is sent. OUT has room for DUO_PARAMS_SIZE. -1: they do
 * not fit, or are more than DUO_PARAMS_MAX.
 */
__attribute__((warn_unused_result)) int duo_sign_params(const struct duo_param *params, size_t count, char *out);

/* The five lines that are signed, into OUT of SIZE bytes. HOST may carry a port, which is not part of them. */
__attribute__((warn_unused_result)) int duo_sign_canon(const char *date, const char *method, const char *host,
                                                       const char *path, const char *params, char *out, size_t size);

/* The value of the Authorization header for CANON. */
__attribute__((warn_unused_result)) int duo_sign_authorization(const char *integration_key, const char *secret_key,
                                                               const char *canon, char out[DUO_AUTHORIZATION_SIZE]);

/* TIME (Unix seconds) as RFC 2822 writes it, in UTC and in English whatever the locale. -1: a time beyond all dates. */
__attribute__((warn_unused_result)) int duo_sign_date(long long time, char out[DUO_DATE_SIZE]);

/* The reverse, for a date as HTTP's headers have it (RFC 9110, 5.6.7: IMF-fixdate). -1: something else. */
long long duo_sign_time(const char *date);

#endif
