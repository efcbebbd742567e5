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
#include "base/text.h"
#include "gateway/server.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

#define SOCKET_PATH "/run/pam_mfa/api.sock"
#define CONF_PATH PAM_MFA_CONF_DIR "/pam_mfa.conf"
#define LISTEN_FD 3 /* the first that systemd hands over */
#define FILES 512   /* descriptors that this program may have */
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

/* The number in the environment variable NAME; -1: none. */
static long number_of(const char *name)
{
    const char *text = getenv(name);
    char *end;
    long number;

    if (text == NULL || text[0] < '0' || text[0] > '9')
        return -1;
    number = strtol(text, &end, 10);
    return *end == '\0' ? number : -1;
}

/* The socket that systemd has made. FOUND_NOTHING: this was started in another way. */
static enum found take_socket(int *fd, struct fault *fault)
{
    int listens = 0, domain = 0;
    socklen_t length = sizeof listens;

    if (number_of("LISTEN_PID") != (long)getpid())
        return FOUND_NOTHING;
    if (number_of("LISTEN_FDS") != 1) {
        fault_set(fault, "systemd hands over %ld sockets, expected one; see mfa-restd.socket", number_of("LISTEN_FDS"));
        return FOUND_FAULT;
    }
    if (getsockopt(LISTEN_FD, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) != 0 || listens != 1 ||
        getsockopt(LISTEN_FD, SOL_SOCKET, SO_DOMAIN, &domain, &length) != 0 || domain != AF_UNIX ||
        fcntl(LISTEN_FD, F_SETFD, FD_CLOEXEC) != 0 || fcntl(LISTEN_FD, F_SETFL, O_NONBLOCK) != 0) {
        fault_set(fault, "what systemd hands over is no listening Unix socket; see mfa-restd.socket");
        return FOUND_FAULT;
    }
    *fd = LISTEN_FD;
    return FOUND;
}

/* Whether somebody answers at ADDRESS already. */
static bool is_answered(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool answered = fd >= 0 && (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 || errno == EAGAIN);

    if (fd >= 0)
        close(fd);
    return answered;
}

/* Makes the directory that holds the socket, if it is missing: root's, and open to all. */
static int make_parent(const char *path, struct fault *fault)
{
    char parent[sizeof((struct sockaddr_un *)0)->sun_path];
    char *slash;
    struct stat status;

    snprintf(parent, sizeof parent, "%s", path);
    slash = strrchr(parent, '/');
    if (slash == parent)
        return 0;
    *slash = '\0';
    if (mkdir(parent, 0755) == 0)
        return chmod(parent, 0755) == 0 ? 0 : fault_set(fault, "%s: cannot open to all: %s", parent, strerror(errno));
    if (errno != EEXIST || lstat(parent, &status) != 0)
        return fault_set(fault, "%s: cannot make: %s", parent, strerror(errno));
    if (!S_ISDIR(status.st_mode) || status.st_uid != 0 || (status.st_mode & 022) != 0)
        return fault_set(fault, "%s: must be a directory of root's that nobody else can write to", parent);
    return 0;
}

static int make_socket(const char *path, int *fd, struct fault *fault)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat status;

    if (path[0] != '/' || strlen(path) >= sizeof address.sun_path)
        return fault_set(fault, "the socket's path must be absolute and have at most %zu bytes",
                         sizeof address.sun_path - 1);
    strcpy(address.sun_path, path);
    if (make_parent(path, fault) != 0)
        return -1;
    if (lstat(path, &status) == 0) {
        if (!S_ISSOCK(status.st_mode))
            return fault_set(fault, "%s: is there already, and no socket", path);
        if (is_answered(&address))
            return fault_set(fault, "%s: another program answers there", path);
        unlink(path);
    }
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd < 0 || bind(*fd, (struct sockaddr *)&address, sizeof address) != 0 || chmod(path, 0666) != 0 ||
        listen(*fd, LIMIT_BACKLOG) != 0)
        return fault_set(fault, "%s: cannot listen: %s", path, strerror(errno));
    return 0;
}

/* Signals that end this program, as a descriptor. */
static int take_signals(struct fault *fault)
{
    sigset_t signals;
    int fd;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
    fd = sigprocmask(SIG_BLOCK, &signals, NULL) == 0 ? signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK) : -1;
    return fd >= 0 ? fd : fault_set(fault, "cannot take signals: %s", strerror(errno));
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
    found = take_socket(&fd, fault);
    clearenv();
    if (found == FOUND_FAULT || (found == FOUND_NOTHING && make_socket(settings->socket, &fd, fault) != 0))
        return -1;
    signals = take_signals(fault);
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
