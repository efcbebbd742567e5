/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a run ends: what standard error says of it, what the log keeps, and the exit status.
 *
 * What MUST hold: every change, and every attempt at one that came to an end, is one line in the log.
 * What MUST NOT happen: a code or a key in it.
 */
#include "enroll/enroll.h"

#include "base/login_id.h"
#include "base/text.h"

#include <string.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <syslog.h>
#include <unistd.h>

/* Why this run failed, for its line in the log, and whether that has been written. */
static struct fault why;
static bool logged;

/* Why this program runs with no group but its user's, and what helps. */
static const char *without_rights(void)
{
    struct statvfs status;

    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
        return "this session was started with no_new_privs, under which no program gets rights, so it cannot reach your "
               "profile; enrol in a session without (of systemd: NoNewPrivileges=no)";
    if (statvfs("/proc/self/exe", &status) == 0 && (status.f_flag & ST_NOSUID) != 0)
        return "this program is on a file system that is mounted nosuid, so it cannot reach your profile; an administrator "
               "finds what to do with: mfactl check";
    return "this program is not set-group-ID, so it cannot reach your profile; an administrator can mend that with: "
           "mfactl init";
}

enum exit_status enroll_fail(const struct fault *fault)
{
    char text[sizeof fault->text];

    why = *fault;
    text_for_terminal(text, sizeof text, fault->text);
    fprintf(stderr, "mfa-enroll: %s\n", text);
    if (getegid() == getgid() && geteuid() != 0)
        fprintf(stderr, "mfa-enroll: %s\n", without_rights());
    return EXIT_FAILED;
}

enum exit_status enroll_refuse(const char *reason, const char *text)
{
    fault_set(&why, "%s", reason);
    fprintf(stderr, "mfa-enroll: %s\n", text);
    return EXIT_REFUSED;
}

enum exit_status enroll_finish(enum exit_status status)
{
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return status;
    fault_set(&why, "not everything could be written to the standard output");
    fprintf(stderr, "mfa-enroll: %s\n", why.text);
    return EXIT_FAILED;
}

static const char *result_word(enum exit_status status)
{
    switch (status) {
    case EXIT_DONE: return "done";
    case EXIT_ENROLLED: return "exists";
    case EXIT_REFUSED: return "refused";
    case EXIT_FAILED:
    case EXIT_USAGE: break;
    }
    return "failed";
}

void enroll_log(const struct session *session, const char *command, enum exit_status status)
{
    char line[1024] = "", uid[16], login[LOGIN_ID_SIZE];

    if (logged)
        return;
    logged = true;
    snprintf(uid, sizeof uid, "%u", (unsigned)getuid());
    text_add_field(line, sizeof line, "svm", session->svm.name[0] != '\0' ? session->svm.name : NULL);
    text_add_field(line, sizeof line, "user", session->account.name[0] != '\0' ? session->account.name : NULL);
    text_add_field(line, sizeof line, "uid", uid);
    login_id(login);
    if (login[0] != '\0' && strcmp(login, uid) != 0)
        text_add_field(line, sizeof line, "login_uid", login);
    text_add_field(line, sizeof line, "command", command);
    text_add_field(line, sizeof line, "result", result_word(status));
    if (status != EXIT_DONE && why.text[0] != '\0')
        text_add_field(line, sizeof line, "reason", why.text);
    syslog(LOG_NOTICE, "%s", line);
}
