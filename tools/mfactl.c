/* SPDX-License-Identifier: BSD-2-Clause */
/* mfactl: the administrator's tool. This file takes apart the command line; the work is the library's. */
#include "check.h"
#include "init.h"
#include "text.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_EXISTS = 3, EXIT_NOT_THERE = 4 };

#define CONF_PATH PAM_MFA_CONF_DIR "/pam_mfa.conf"
#define ENROLL_PATH PAM_MFA_BIN_DIR "/mfa-enroll"

static void print_line(void *context, const char *text)
{
    char line[2048];

    text_for_terminal(line, sizeof line, text);
    fprintf(context, "%s\n", line);
}

int main(int argc, char **argv)
{
    struct report report = {.line = print_line, .context = stdout};
    const char *conf = CONF_PATH;
    struct fault fault;

    umask(077);
    signal(SIGCHLD, SIG_DFL);
    if (argc == 4 && strcmp(argv[2], "--config") == 0)
        conf = argv[3];
    else if (argc != 2)
        argv[1] = NULL;
    if (argv[1] != NULL && strcmp(argv[1], "init") == 0) {
        if (init_run(conf, ENROLL_PATH, &report, &fault) == 0) {
            printf("%s\n", report.count == 0 ? "nothing to do" : "done");
            return EXIT_DONE;
        }
        print_line(stderr, fault.text);
        return EXIT_FAILED;
    }
    if (argv[1] != NULL && strcmp(argv[1], "check") == 0) {
        check_run(conf, ENROLL_PATH, &report);
        return report.count == 0 ? EXIT_DONE : EXIT_FAILED;
    }
    fprintf(stderr, "usage: mfactl init|check [--config PATH]\n");
    return EXIT_USAGE;
}
