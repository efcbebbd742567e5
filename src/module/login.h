/* SPDX-License-Identifier: BSD-2-Clause */
/* A login: from what PAM says of it to the verdict. */
#ifndef PAM_MFA_LOGIN_H
#define PAM_MFA_LOGIN_H

#include "base/conversation.h"
#include "base/fault.h"
#include "config/account.h"
#include "config/host.h"
#include "config/svm.h"
#include "module/heard.h"
#include "module/log.h"
#include "module/options.h"
#include "store/store.h"
#include "wire/verdict.h"

/* Who logs in, from where, through what. Foreign text, all of it. */
struct login_request {
    const char *user;
    const char *service;
    const char *rhost;          /* NULL or "": local */
    const char *ssh_connection; /* as sshd sets it in the PAM environment; NULL: not sshd */
    const char *password;       /* as a module before this one has it; NULL: none */
};

struct login {
    const struct options *options;
    const struct login_request *request;
    const struct conversation *conversation; /* by way of `heard` */
    const struct log *log;
    long long (*now)(void); /* Unix seconds */
    /* Hands PASSWORD to the modules behind this one. 0 done, -1 failed. */
    int (*forward)(void *context, const char *password);
    void *forward_context;
    struct heard heard;

    /* Found on the way. */
    struct host host;
    struct svm svm;
    struct account account;
    char owner[NAME_SIZE]; /* whose enrolment counts: see account_owner */
};

/* Whose enrolment LOGIN's is. */
static inline struct store_owner login_owner(const struct login *login)
{
    return (struct store_owner){login->owner, login->account.uid};
}

/* What a factor has to say about a login. */
enum factor_answer {
    FACTOR_ABSENT = 0,  /* nothing here to ask this user for */
    FACTOR_DISABLED,    /* there is something, and an administrator has switched it off */
    FACTOR_UNAVAILABLE, /* the service that decides cannot be reached */
    FACTOR_DECIDED      /* the verdict is final */
};

struct outcome {
    enum verdict verdict;
    const char *factor; /* for the log: static text, or NULL */
    const char *reason; /* for the log: one word, static text */
    struct fault fault; /* for the log: the explanation; "" if the reason says it all */
    bool warn;          /* accepted, and yet worth a warning */
};

/* Runs the login and writes its line to the log. */
__attribute__((warn_unused_result)) enum verdict login_run(struct login *login);

#endif
