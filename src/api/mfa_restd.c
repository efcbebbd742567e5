/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mfa-restd: the REST API on a Unix socket. This file reads the command line and gets the socket; the rest of
 * api/, and gateway/, do the rest.
 *
 * What MUST hold: who may connect is everybody on the host, and who they are the kernel says; nothing of the environment
 * but what systemd hands over (LISTEN_PID, LISTEN_FDS) has a say, and the rest of it is gone before the first request.
 */
#include "admin/service_account.h"
#include "api/route.h"
#include "base/listener.h"
#include "base/text.h"
#include "gateway/server.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

#define SOCKET_PATH "/run/pam_mfa/api.sock"
#define CONF_PATH PAM_MFA_CONF_DIR "/pam_mfa.conf"
#define FILES 512 /* descriptors that this program may have */
#define SEE_HELP "See mfa-restd --help.\n"

struct settings {
    const char *config;
    const char *socket;
};

enum { OPTION_CONFIG = 256, OPTION_SOCKET, OPTION_VERSION };

static const struct option long_options[] = {
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"socket", required_argument, NULL, OPTION_SOCKET},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPTION_VERSION},
    {0},
};

static void usage(FILE *out)
{
    fputs("usage: mfa-restd [--socket PATH] [--config PATH]\n"
          "Answers REST requests about Duo and TOTP profiles on a Unix socket.\n"
          "\n"
          "  --socket PATH    the socket to make (default: " SOCKET_PATH ");\n"
          "                   with systemd's socket activation: none, it is handed over\n"
          "  --config PATH    another pam_mfa.conf\n"
          "  --help, -h       show this text\n"
          "  --version        show the version\n",
          out);
}

static int fail(const struct fault *fault)
{
    char text[sizeof fault->text];

    text_for_terminal(text, sizeof text, fault->text);
    fprintf(stderr, "mfa-restd: %s\n", text);
    syslog(LOG_ERR, "%s", text);
    return EXIT_FAILED;
}

static void log_line(const char *line)
{
    syslog(LOG_NOTICE, "%s", line);
}

static int serve(const struct settings *settings, struct fault *fault)
{
    const struct rlimit none = {0, 0}, files = {FILES, FILES};
    struct service service = {.meet = route_meet, .answer = route_answer, .report = route_report, .log = log_line};
    struct service_account account;
    int fd = -1, signals, result;
    enum found found;

    if (geteuid() != 0)
        return fault_set(fault, "this must be run as root: it becomes whoever calls");
    setrlimit(RLIMIT_CORE, &none);
    setrlimit(RLIMIT_NOFILE, &files);
    prctl(PR_SET_DUMPABLE, 0);
    found = service_account_find(&account, fault);
    if (found == FOUND_NOTHING)
        fault_set(fault, "there is no group " SERVICE_ACCOUNT "; run: mfactl init");
    if (found != FOUND)
        return -1;
    service.store = account.gid;
    found = listener_take(&fd, "mfa-restd.socket", fault);
    clearenv();
    if (found == FOUND_FAULT || (found == FOUND_NOTHING && listener_make(&fd, settings->socket, 0666, (gid_t)-1,
                                                                         LIMIT_BACKLOG, fault) != 0))
        return -1;
    signals = listener_signals(fault);
    if (signals < 0)
        return -1;
    route_init(settings->config);
    syslog(LOG_INFO, "started");
    result = server_run(&service, fd, signals, fault);
    if (found == FOUND_NOTHING)
        unlink(settings->socket);
    return result;
}

int main(int argc, char **argv)
{
    struct settings settings = {.config = CONF_PATH, .socket = SOCKET_PATH};
    struct fault fault;
    char word[80];
    int option;

    umask(077);
    openlog("mfa-restd", LOG_PID, LOG_AUTHPRIV);
    while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
        switch (option) {
        case OPTION_CONFIG: settings.config = optarg; break;
        case OPTION_SOCKET: settings.socket = optarg; break;
        case OPTION_VERSION: puts("mfa-restd (pam_mfa) " PACKAGE_VERSION); return EXIT_DONE;
        case 'h': usage(stdout); return EXIT_DONE;
        default: fputs(SEE_HELP, stderr); return EXIT_USAGE; /* getopt_long has said what is wrong */
        }
    }
    if (optind < argc) {
        text_for_terminal(word, sizeof word, argv[optind]);
        fprintf(stderr, "mfa-restd: unexpected argument \"%s\"\n" SEE_HELP, word);
        return EXIT_USAGE;
    }
    return serve(&settings, &fault) == 0 ? EXIT_DONE : fail(&fault);
}
