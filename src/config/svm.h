/* SPDX-License-Identifier: BSD-2-Clause */
/* svm.conf: an SVM's identity, the factors its logins meet, and its TOTP policy. */
#ifndef PAM_MFA_SVM_H
#define PAM_MFA_SVM_H

#include "base/conf.h"
#include "base/crypto.h"
#include "base/fault.h"
#include "base/network.h"
#include "config/host.h"
#include "totp/otp.h"

#define SVM_COMMENT_SIZE 257
#define SVM_FACTORS_MAX 2

/* Where an SVM's enrolments are. */
enum svm_store { SVM_STORE_FILES = 0, SVM_STORE_FLEET, SVM_STORE_MOVING /* nowhere: all is denied meanwhile */ };

/* What a login meets when the fleet's store cannot be reached. */
enum svm_offline { SVM_OFFLINE_DENY = 0, SVM_OFFLINE_NEXT_FACTOR, SVM_OFFLINE_LOCAL_CODES };

enum factor { FACTOR_TOTP = 0, FACTOR_DUO };

/* The words for enum factor, ended by NULL, indexed by value. */
extern const char *const factor_words[];

/* Of `scope`, indexed by value: the host's own SVM, and all others. */
extern const char *const svm_scope_words[];

/* Who may make a TOTP profile of their own. */
enum self_enrolment {
    SELF_AFTER_DUO = 0, /* whom Duo covers, once Duo has approved; everybody else */
    SELF_OPEN,
    SELF_CLOSED
};

/* The words for enum self_enrolment, ended by NULL, indexed by value. */
extern const char *const self_enrolment_words[];

/* What new TOTP profiles look like, and (window alone) how logins check them. */
struct totp_policy {
    char issuer[NAME_SIZE]; /* shown by authenticator apps; "": see enrolment_issuer() */
    int algorithm;   /* enum crypto_digest */
    int digits;      /* 6 or 8 */
    int period;      /* seconds, 15 to 120 */
    int window;      /* steps accepted on either side of the present one, 0 to 10 */
    int key_bytes;   /* 16 (RFC 4226, R6) to 64 */
    int emergency_codes; /* 0 to 10 */
    /* Who must have one: see duty.h. Of char[GROUP_NAME_SIZE]. */
    struct conf_array required_groups, exempt_groups;
    char enrol_by[11]; /* YYYY-MM-DD; "": nobody passes without a code */
};

/* Logins from these addresses meet other factors than the rest. */
struct svm_network {
    struct conf_array addresses;    /* of char[NETWORK_TEXT_SIZE], as in the file */
    struct conf_array factor_names; /* of char[8], as in the file */
    enum factor factors[SVM_FACTORS_MAX];
    size_t factor_count; /* 0: nothing is asked */
};

struct svm {
    char name[NAME_SIZE];
    char uuid[37];
    int scope; /* 0 cluster, 1 svm */
    char comment[SVM_COMMENT_SIZE];
    struct conf_array factor_names; /* of char[8], as in the file */
    enum factor factors[SVM_FACTORS_MAX]; /* tried in this order */
    size_t factor_count;
    struct conf_array networks; /* of struct svm_network, first match wins */
    int self_enrolment; /* enum self_enrolment */
    struct totp_policy totp;
    int store;      /* enum svm_store */
    char fleet[65]; /* of the host's fleets; "": none */
    int offline;    /* enum svm_offline */
};

extern const struct conf_field svm_fields[];

/* An SVM as `mfactl init` or `mfactl svm create` makes it: NAME, no uuid yet, every default. */
void svm_defaults(struct svm *svm, const char *name);

/* Reads SVM NAME below HOST's svm_dir. An SVM that does not exist, or whose file names another one, is a fault. */
__attribute__((warn_unused_result)) int svm_read(const struct host *host, const char *name, struct svm *svm,
                                                 struct fault *fault);
void svm_free(struct svm *svm);

/*
 * The first network of SVM that holds the remote host RHOST, borrowed; NULL: none, or RHOST (NULL, "", a name) is no
 * address: then nothing is known of where the login comes from.
 */
const struct svm_network *svm_network(const struct svm *svm, const char *rhost);

/* Whether logins to SVM can meet FACTOR, from wherever. */
bool svm_has_factor(const struct svm *svm, enum factor factor);

/* The first of SVM's networks that is (nearly) everywhere and where nothing is asked; in *INDEX and *ADDRESS. */
bool svm_open_network(const struct svm *svm, size_t *index, const char **address);

/* Reads TEXT, the content of the svm.conf at PATH (for messages), which must be NAME's. Free with svm_free in any case. */
__attribute__((warn_unused_result)) int svm_parse(const char *path, const char *name, const char *text, size_t length,
                                                  struct svm *svm, struct fault *fault);

#endif
