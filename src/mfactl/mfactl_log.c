/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: every change that somebody asks for is in the system's log, with who asked and how it ended.
 * What MUST NOT happen: a secret in it: those are no arguments.
 */
#include "mfactl/mfactl.h"

#include "base/login_id.h"
#include "base/shell.h"
#include "base/text.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

static void add_who(char *line, size_t size)
{
    const char *sudo = getenv("SUDO_UID");
    char id[LOGIN_ID_SIZE];
    const struct passwd *entry;

    snprintf(id, sizeof id, "%u", (unsigned int)getuid());
    text_add_field(line, size, "uid", id);
    login_id(id);
    /* The environment is the caller's own word, and only asked where the kernel has none. */
    if (id[0] == '\0' && sudo != NULL && strlen(sudo) < sizeof id && strspn(sudo, "0123456789") == strlen(sudo))
        strcpy(id, sudo);
    if (id[0] == '\0')
        return;
    entry = getpwuid((uid_t)strtoul(id, NULL, 10));
    text_add_field(line, size, "login_uid", id);
    text_add_field(line, size, "login", entry != NULL ? entry->pw_name : NULL);
}

static void add_arguments(char *line, size_t size, const struct args *args)
{
    char text[1024];
    size_t used = 0;

    text[0] = '\0';
    if (args->operand != NULL)
        used += (size_t)snprintf(text, sizeof text, "%s", shell_word(args->operand).text);
    for (size_t i = 0; i < args->count && used < sizeof text; i++) {
        char option[64];

        args_option_name(args->given[i].name, option);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s--%s%s%s", used > 0 ? " " : "", option,
                                 args->given[i].value[0] != '\0' ? " " : "",
                                 args->given[i].value[0] != '\0' ? shell_word(args->given[i].value).text : "");
    }
    if (text[0] != '\0')
        text_add_field(line, size, "arguments", text);
}

void log_change(const struct job *job, enum result result, const struct fault *fault)
{
    static const char *const results[] = {[RESULT_DONE] = "done", [RESULT_FAILED] = "failed",
                                          [RESULT_INVALID] = "refused", [RESULT_EXISTS] = "exists",
                                          [RESULT_NOT_THERE] = "not_there"};
    char line[1600] = "", command[64] = "";

    for (size_t i = 0; job->command->words[i] != NULL; i++) {
        size_t used = strlen(command);

        snprintf(command + used, sizeof command - used, "%s%s", used > 0 ? " " : "", job->command->words[i]);
    }
    add_who(line, sizeof line);
    text_add_field(line, sizeof line, "command", command);
    add_arguments(line, sizeof line, &job->args);
    text_add_field(line, sizeof line, "result", results[result]);
    if (result != RESULT_DONE)
        text_add_field(line, sizeof line, "detail", fault->text);
    openlog("mfactl", LOG_PID, LOG_AUTHPRIV);
    syslog(result == RESULT_DONE ? LOG_NOTICE : LOG_WARNING, "%s", line);
    closelog();
}

void log_step(void *context, const char *text)
{
    char line[1024] = "";

    print_line(context, text);
    add_who(line, sizeof line);
    text_add_field(line, sizeof line, "step", text);
    openlog("mfactl", LOG_PID, LOG_AUTHPRIV);
    syslog(LOG_NOTICE, "%s", line);
    closelog();
}
