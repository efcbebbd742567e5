/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PAM module: what PAM knows about a login goes in, a PAM code comes out.
 *
 * What MUST hold: PAM_SUCCESS only for VERDICT_ACCEPTED, PAM_IGNORE only for VERDICT_IGNORED.
 * What MUST NOT happen: any trace of the call in the host program. No exit, no signal or environment change, no
 * openlog, no output, no static state that changes, no descriptor left open.
 */
#include "base/text.h"
#include "module/login.h"
#include "module/options.h"
#include "module/pam_conversation.h"

#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#define FAIL_DELAY_US 2000000

#define EXPORT __attribute__((visibility("default")))

EXPORT int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv);
EXPORT int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv);

static void write_syslog(void *context, enum log_level level, const char *line)
{
    int priority = LOG_ERR;

    switch (level) {
    case LOG_LEVEL_DEBUG: priority = LOG_DEBUG; break;
    case LOG_LEVEL_INFO: priority = LOG_INFO; break;
    case LOG_LEVEL_WARNING: priority = LOG_WARNING; break;
    case LOG_LEVEL_ERROR: priority = LOG_ERR; break;
    }
    pam_syslog(context, priority, "%s", line);
}

static long long now(void)
{
    return (long long)time(NULL);
}

/* Text item ITEM of PAMH, or NULL. */
static const char *item_text(pam_handle_t *pamh, int item)
{
    const void *value = NULL;

    return pam_get_item(pamh, item, &value) == PAM_SUCCESS ? value : NULL;
}

/*
 * SSH: through sshd. It takes PAM_MAXTRIES for a reason to withdraw keyboard-interactive; where nothing else is left the
 * list of methods that it sends is empty, which ssh takes for any method, and asks for passwords that nobody looks at.
 */
static int pam_code(enum verdict verdict, bool ssh)
{
    switch (verdict) {
    case VERDICT_DENIED: return PAM_AUTH_ERR;
    case VERDICT_ERROR: return PAM_SERVICE_ERR;
    case VERDICT_NO_ANSWER: return PAM_CONV_ERR;
    case VERDICT_INCOMPLETE: return PAM_INCOMPLETE;
    case VERDICT_THROTTLED: return ssh ? PAM_AUTH_ERR : PAM_MAXTRIES;
    case VERDICT_UNAVAILABLE: return PAM_AUTHINFO_UNAVAIL;
    case VERDICT_IGNORED: return PAM_IGNORE;
    case VERDICT_ACCEPTED: return PAM_SUCCESS;
    }
    return PAM_SERVICE_ERR;
}

static int forward_password(void *pamh, const char *password)
{
    return pam_set_item(pamh, PAM_AUTHTOK, password) == PAM_SUCCESS ? 0 : -1;
}

/* As other modules do, and at random lengths: what a refusal has cost (a file written, or none) does not show in its time. */
static int finish(pam_handle_t *pamh, int code)
{
    if (code != PAM_SUCCESS && code != PAM_IGNORE && code != PAM_INCOMPLETE)
        (void)pam_fail_delay(pamh, FAIL_DELAY_US);
    return code;
}

int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    struct log log = {.write = write_syslog, .context = pamh};
    struct pam_conversation context;
    struct conversation application, conversation;
    struct login_request request = {0};
    struct options options;
    struct fault fault;
    struct login *login;
    enum verdict verdict;
    int code;

    if (options_parse(argc, argv, &options, &fault) != 0) {
        char line[1024] = "result=error reason=configuration";

        text_add_field(line, sizeof line, "detail", fault.text);
        log_event(&log, LOG_LEVEL_ERROR, "%s", line);
        return PAM_SERVICE_ERR;
    }
    log.debug = options.debug;
    code = pam_conversation_open(pamh, flags, &context, &application) == 0 ? pam_get_user(pamh, &request.user, NULL)
                                                                           : PAM_CONV_ERR;
    if (code == PAM_CONV_AGAIN || code == PAM_INCOMPLETE)
        return PAM_INCOMPLETE;
    if (code != PAM_SUCCESS || request.user == NULL) {
        log_event(&log, LOG_LEVEL_ERROR, "result=no_answer reason=conversation detail=\"no user name to be had\"");
        return PAM_CONV_ERR;
    }
    request.service = item_text(pamh, PAM_SERVICE);
    request.rhost = item_text(pamh, PAM_RHOST);
    request.password = item_text(pamh, PAM_AUTHTOK);
    request.ssh_connection = pam_getenv(pamh, "SSH_CONNECTION");

    login = calloc(1, sizeof *login); /* too large for the stack of a host with threads */
    if (login == NULL) {
        log_event(&log, LOG_LEVEL_ERROR, "result=error reason=memory");
        return PAM_SERVICE_ERR;
    }
    login->options = &options;
    login->request = &request;
    login->heard = (struct heard){.conversation = &application, .password = request.password};
    conversation = heard_conversation(&login->heard);
    login->conversation = &conversation;
    login->log = &log;
    login->now = now;
    login->forward = forward_password;
    login->forward_context = pamh;
    verdict = login_run(login);
    free(login);
    return finish(pamh, pam_code(verdict, request.ssh_connection != NULL));
}

/* There are no credentials to set; the answer only must not spoil what the other modules say. */
int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    (void)pamh;
    (void)flags;
    (void)argc;
    (void)argv;
    return PAM_SUCCESS;
}
