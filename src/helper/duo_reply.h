/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Duo's replies, taken apart. The only face to Jansson. Whatever bytes come, the result is one of the structs below,
 * bounded, or "no reply of this kind". Texts are as Duo sent them: not fit for a terminal.
 */
#ifndef PAM_MFA_DUO_REPLY_H
#define PAM_MFA_DUO_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#define DUO_TEXT_SIZE 513      /* of a message */
#define DUO_PROMPT_SIZE 3073   /* of a ready menu */
#define DUO_ID_SIZE 129        /* of a device, a transaction, a factor */
#define DUO_DEVICES_MAX 16
#define DUO_FACTORS_MAX 48

/* What `result` says. Zero is what cannot be used. */
enum duo_result {
    DUO_RESULT_NONE = 0, /* missing, or no string */
    DUO_RESULT_UNKNOWN,  /* a word that this version does not know */
    DUO_RESULT_AUTH,
    DUO_RESULT_ALLOW,
    DUO_RESULT_DENY,
    DUO_RESULT_ENROLL,
    DUO_RESULT_WAITING
};

struct duo_device {
    char id[DUO_ID_SIZE];
    char name[65]; /* for people; "": none given */
    bool push, phone, sms;
};

/* An option of a ready menu: what is typed, and what it stands for. */
struct duo_factor {
    char key[9];
    char value[DUO_ID_SIZE];
};

struct duo_preauth {
    enum duo_result result;
    char status_msg[DUO_TEXT_SIZE];
    char enroll_url[DUO_TEXT_SIZE];
    struct duo_device devices[DUO_DEVICES_MAX];
    size_t device_count;
    char prompt[DUO_PROMPT_SIZE]; /* "": no ready menu */
    struct duo_factor factors[DUO_FACTORS_MAX];
    size_t factor_count;
    char txid[DUO_ID_SIZE]; /* both or neither: a verified push */
    char verification_code[9];
};

/* The reply to auth or auth_status. */
struct duo_status {
    enum duo_result result;
    char txid[DUO_ID_SIZE]; /* of auth: ask auth_status about it; "": the result is final */
    char status[33];
    char status_msg[DUO_TEXT_SIZE];
};

struct duo_failure {
    long code; /* 0: none that makes sense */
    char message[DUO_TEXT_SIZE];
};

/* Each: 0 done, -1 DATA of LENGTH bytes is no successful reply of that kind. */
__attribute__((warn_unused_result)) int duo_reply_preauth(const char *data, size_t length, struct duo_preauth *preauth);
__attribute__((warn_unused_result)) int duo_reply_status(const char *data, size_t length, struct duo_status *status);
__attribute__((warn_unused_result)) int duo_reply_time(const char *data, size_t length, long long *time);

/* Reads a reply that says FAIL, as far as it can be read. */
void duo_reply_failure(const char *data, size_t length, struct duo_failure *failure);

#endif
