/* SPDX-License-Identifier: BSD-2-Clause */
/* pam_mfa.conf: the settings of the host, and which SVM (tenant) a login belongs to. */
#ifndef PAM_MFA_HOST_H
#define PAM_MFA_HOST_H

#include "base/conf.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/name.h"

#define HOST_PATH_SIZE 256

struct host_rule {
    char svm[NAME_SIZE];
    char local_address[64]; /* address or address/prefix, IPv4 or IPv6; "": any */
    char service[65];       /* PAM service; "": any */
    char user[NAME_SIZE];   /* pattern of fnmatch(3) with FNM_NOESCAPE on the login name; "": any */
};

/* Stores that several hosts share, each spoken to by this host's mfa-stored. */
struct host_fleet {
    char name[65];
    struct conf_array endpoints; /* of char[HOST_ENDPOINT_SIZE]: https://HOST:PORT */
    char ca_file[HOST_PATH_SIZE];
    char cert_file[HOST_PATH_SIZE];
    char key_file[HOST_PATH_SIZE];
    int clock_skew_max; /* seconds */
    int timeout;        /* seconds */
};

#define HOST_ENDPOINT_SIZE 200

struct host {
    char default_svm[NAME_SIZE];  /* "": a login that no rule matches is refused */
    struct conf_array svm_rules;  /* of struct host_rule, first match wins */
    char state_dir[HOST_PATH_SIZE];
    char svm_dir[HOST_PATH_SIZE];
    char seal_key[HOST_PATH_SIZE];
    char duo_helper[HOST_PATH_SIZE];
    struct conf_array fleets; /* of struct host_fleet */
    char store_socket[HOST_PATH_SIZE];
    char seal_dir[HOST_PATH_SIZE]; /* keys of SVMs whose store is a fleet's */
};

/* The keys of pam_mfa.conf, for struct host. */
extern const struct conf_field host_fields[];

/* What a login is known by when its SVM is looked for. NULL: not known, and matches no rule that asks for it. */
struct host_login {
    const char *user;
    const char *service;
    const char *local_address;
};

/* Reads the file at the absolute PATH. FOUND_NOTHING counts as a fault here: a host without settings lets nobody in. */
__attribute__((warn_unused_result)) int host_read(const char *path, struct host *host, struct fault *fault);
void host_free(struct host *host);

/* The fleet NAME of HOST, borrowed; NULL: there is none. */
const struct host_fleet *host_fleet(const struct host *host, const char *name);

/*
 * The SVM of LOGIN, borrowed from HOST; NULL, with a fault, if none. *RULE becomes the index of the rule that matched,
 * or -1 for default_svm.
 */
__attribute__((warn_unused_result)) const char *host_svm(const struct host *host, const struct host_login *login,
                                                         int *rule, struct fault *fault);

/* Whether TEXT is an IPv4 or IPv6 address, and no network. */
bool host_is_address(const char *text);

/* The first rule before the one at INDEX that takes every login which that one could match; -1: none does. */
int host_covering_rule(const struct host *host, size_t index);

/*
 * The address the client connected to, out of sshd's SSH_CONNECTION ("client port server port"), into OUT.
 * 0 done; -1 VALUE is NULL or has another form, and OUT is "".
 */
__attribute__((warn_unused_result)) int host_local_address(const char *value, char out[64]);

#endif
