/* SPDX-License-Identifier: BSD-2-Clause */
/* duo.conf: an SVM's account at Duo, who is challenged, and under which name. Holds the secret key. */
#ifndef PAM_MFA_DUO_PROFILE_H
#define PAM_MFA_DUO_PROFILE_H

#include "base/conf.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/name.h"
#include "config/host.h"
#include "wire/duo_limit.h"

/* The words for enum duo_fail_mode, ended by NULL, indexed by value. */
extern const char *const duo_fail_mode_words[];

struct duo_group {
    char name[65];
    struct conf_array excluded_users; /* of char[NAME_SIZE] */
    char comment[257];
};

/* A person, and the login names (aliases) they have here. */
struct duo_entity {
    char name[257];
    struct conf_array aliases;  /* of char[NAME_SIZE] */
    struct conf_array metadata; /* of struct conf_pair */
};

struct duo_profile {
    bool is_enabled;
    char api_host[254]; /* name or address, with :port if it is not 443 */
    char integration_key[65];
    char secret_key[129];
    int fail_mode; /* enum duo_fail_mode */
    bool auto_push;
    int max_prompts;
    struct conf_switch push_info; /* text: URL-encoded pairs that are added to ours */
    char http_proxy[257];         /* "host:port" or "http://user:password@host:port"; "": none */
    char username_format[257];    /* "": the login name */
    char mount_accessor[257];     /* of Vault's API, whose clients want it back; no login depends on it */
    char comment[257];
    char ca_file[DUO_PATH_SIZE]; /* certificates to trust in place of the system's; "": the system's */
    int timeout;                  /* seconds, for everything that is not waiting for the person at a prompt */
    struct conf_array groups;     /* of struct duo_group; none: everybody is challenged */
    struct conf_array entities;   /* of struct duo_entity */
};

/* The keys of duo.conf, for struct duo_profile. */
extern const struct conf_field duo_profile_fields[];

/* The profile that a new duo.conf starts from: every default, no keys. */
void duo_profile_defaults(struct duo_profile *profile);

/*
 * Reads the Duo profile that SVM's logins meet: its own, or the cluster's if it has none. FOUND_NOTHING: neither has
 * one. *OWNER becomes the SVM it was found at: SVM itself or a static "cluster". Free with duo_profile_free in any case.
 */
__attribute__((warn_unused_result)) enum found duo_profile_read(const struct host *host, const char *svm,
                                                                struct duo_profile *profile, const char **owner,
                                                                struct fault *fault);

/* Reads SVM's own profile and no other. */
__attribute__((warn_unused_result)) enum found duo_profile_read_own(const struct host *host, const char *svm,
                                                                    struct duo_profile *profile, struct fault *fault);

/* Wipes the secret key and frees the lists. */
void duo_profile_free(struct duo_profile *profile);

#endif
