/* SPDX-License-Identifier: BSD-2-Clause */
/* mfa-enroll from the inside: a session (who, in which SVM), what it shows, and the commands. */
#ifndef MFA_TOOLS_ENROLL_H
#define MFA_TOOLS_ENROLL_H

#include "config/host.h"
#include "config/svm.h"
#include "enrol/enrolment.h"
#include "enroll/qr.h"
#include "enroll/terminal.h"
#include "store/store.h"

#include <stdio.h>

enum exit_status { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_ENROLLED = 3, EXIT_REFUSED = 4 };

struct settings {
    const char *config;
    const char *svm;     /* NULL: the one that the host's rules give */
    const char *comment; /* NULL: not given */
    const char *issuer;
    const char *label;
    enum qr_style qr;
    struct terminal terminal;
    bool no_confirm;
    bool replace;
    bool ticket;
    bool json;
};

/* Everything a command works on. */
struct session {
    const struct settings *settings;
    FILE *talk; /* where texts and prompts go: with --json not standard output, which then is the record's */
    struct account account;
    struct host host;
    struct svm svm;
    struct store *store; /* NULL: not open */
    struct profile profile;
    bool enrolled; /* whether `profile` is one */
};

/* Unix seconds. */
long long enroll_now(void);

/* Finds out who runs the program and opens their SVM's store. Close it in either case. */
__attribute__((warn_unused_result)) int enroll_open(struct session *session, struct fault *fault);
void enroll_close(struct session *session);

/* Says FAULT on standard error. Returns EXIT_FAILED, so that a command can end with it. */
enum exit_status enroll_fail(const struct fault *fault);

/* Says TEXT on standard error; the log keeps REASON, a word of ours. Returns EXIT_REFUSED. */
enum exit_status enroll_refuse(const char *reason, const char *text);

/* STATUS if all that was printed got through, else EXIT_FAILED: codes that nobody saw are lost. */
enum exit_status enroll_finish(enum exit_status status);

/*
 * Writes what has become of COMMAND to the log: who, in which SVM, how it ended. The first call alone counts, so that a
 * change is in the log as soon as it is made.
 */
void enroll_log(const struct session *session, const char *command, enum exit_status status);

/* Asks for a code of the present profile. EXIT_DONE: the person has one. */
__attribute__((warn_unused_result)) enum exit_status enroll_authorise(const struct session *session);

/* Says so. Returns EXIT_FAILED. */
enum exit_status enroll_not_enrolled(const struct session *session);

/* Shows the new key as text and as URI. */
void enroll_show_key(const struct session *session, const struct enrolment *enrolment, const char *uri);

/* Shows it as a QR code, the last thing before a prompt. Whether one was drawn; if not, it has been said why. */
bool enroll_show_qr(const struct session *session, const char *uri);

/*
 * Shows what was made: as the JSON record, or the emergency codes as text. URI is that of the new key, NULL if the key is
 * not new.
 */
__attribute__((warn_unused_result)) enum exit_status enroll_show_result(const struct session *session,
                                                                        const struct enrolment *enrolment,
                                                                        const char *uri);

/* The commands. */
enum exit_status enroll_create(const struct session *session);
enum exit_status enroll_status(const struct session *session);
enum exit_status enroll_codes(const struct session *session);
enum exit_status enroll_delete(const struct session *session);

#endif
