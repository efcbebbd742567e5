/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mfa-stored: this host's way to the stores that several hosts share (fleets). This file reads the command line, gets the
 * socket, and gives away every right; broker.c does the rest.
 *
 * What MUST hold: it works as the user pam_mfa_store, without capabilities and outside the group pam_mfa: what it carries is
 * sealed with a key that it cannot read. What MUST NOT happen: a request served before that is so.
 */
#include "broker/broker.h"

#include "base/listener.h"
#include "base/text.h"

#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

#define USER PAM_MFA_BROKER_ACCOUNT
#define GROUP PAM_MFA_ACCOUNT
#define CONF_PATH PAM_MFA_CONF_DIR "/pam_mfa.conf"
#define FILES 2048 /* descriptors */
#define BACKLOG 1024

enum { OPTION_CONFIG = 256, OPTION_STATE_DIR, OPTION_HELP, OPTION_VERSION };

static const struct option long_options[] = {
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"state-dir", required_argument, NULL, OPTION_STATE_DIR},
    {"version", no_argument, NULL, OPTION_VERSION},
    {"help", no_argument, NULL, OPTION_HELP},
    {0},
};

struct settings {
    const char *config;
    const char *directory;
};

static void usage(FILE *out)
{
    fputs("usage: mfa-stored [--config PATH] [--state-dir PATH]\n"
          "Speaks to the stores that several hosts share, for the programs of this host.\n"
          "\n"
          "  --config PATH     another pam_mfa.conf\n"
          "  --state-dir PATH  where it remembers how far the stores had come (default: " PAM_MFA_BROKER_DIR ")\n"
          "  --version         show the version\n"
          "  --help            show this text\n",
          out);
}

static int fail(const struct fault *fault)
{
    char text[sizeof fault->text];

    text_for_terminal(text, sizeof text, fault->text);
    fprintf(stderr, "mfa-stored: %s\n", text);
    syslog(LOG_ERR, "%s", text);
    return EXIT_FAILED;
}

static void log_line(int level, const char *line)
{
    syslog(level, "%s", line);
}

/* The directory for the guards' files: made by root for USER, if it is missing. */
static int make_directory(const char *path, uid_t uid, gid_t gid, struct fault *fault)
{
    struct stat status;

    if (mkdir(path, 0700) == 0 && chown(path, uid, gid) != 0)
        return fault_set(fault, "%s: cannot give it to " USER ": %s", path, strerror(errno));
    if (lstat(path, &status) != 0)
        return fault_set(fault, "%s: cannot make: %s", path, strerror(errno));
    if (!S_ISDIR(status.st_mode) || status.st_uid != uid || (status.st_mode & 022) != 0)
        return fault_set(fault, "%s: must be a directory of " USER "'s that nobody else can write to", path);
    return 0;
}

static int check_identity(gid_t group, struct fault *fault)
{
    gid_t groups[256];
    int count = getgroups(256, groups);

    if (getuid() == 0 || geteuid() == 0 || getgid() == 0 || getegid() == 0)
        return fault_set(fault, "this must not run as root, nor in root's group; see mfa-stored.service");
    for (int i = 0; i < count; i++)
        if (groups[i] == group)
            count = -1;
    if (count < 0 || getegid() == group || getgid() == group)
        return fault_set(fault, "this must not run in the group " GROUP ", which may read the key that seals what it carries");
    return 0;
}

/* From root to USER. Whoever started this as somebody else, such as systemd, is taken at their word if it is not too much. */
static int give_up_rights(const char *directory, gid_t group, struct fault *fault)
{
    const struct passwd *entry;

    if (geteuid() == 0) {
        entry = getpwnam(USER);
        if (entry == NULL || entry->pw_uid == 0 || entry->pw_gid == 0)
            return fault_set(fault, "there is no user " USER " with a group of its own; make it: useradd --system --user-group "
                             "--home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin " USER);
        if (make_directory(directory, entry->pw_uid, entry->pw_gid, fault) != 0)
            return -1;
        if (setgroups(0, NULL) != 0 || setresgid(entry->pw_gid, entry->pw_gid, entry->pw_gid) != 0 ||
            setresuid(entry->pw_uid, entry->pw_uid, entry->pw_uid) != 0)
            return fault_set(fault, "cannot become " USER ": %s", strerror(errno));
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0)
        return fault_set(fault, "cannot give up rights: %s", strerror(errno));
    return check_identity(group, fault);
}

static int find_group(gid_t *gid, struct fault *fault)
{
    const struct group *entry = getgrnam(GROUP);

    if (entry == NULL || entry->gr_gid == 0)
        return fault_set(fault, "there is no group " GROUP "; run: mfactl init");
    *gid = entry->gr_gid;
    return 0;
}

static int serve(const struct host *host, const struct settings *settings, struct fault *fault)
{
    struct broker broker = {.log = log_line};
    int fd = -1, signals, result = -1;
    enum found found;
    gid_t group = 0;

    if (host->fleets.count == 0)
        return fault_set(fault, "%s: has no fleets, so there is nothing to do", settings->config);
    if (find_group(&group, fault) != 0)
        return -1;
    found = listener_take(&fd, "mfa-stored.socket", fault);
    clearenv();
    if (found == FOUND_FAULT ||
        (found == FOUND_NOTHING && listener_make(&fd, host->store_socket, 0660, group, BACKLOG, fault) != 0) ||
        give_up_rights(settings->directory, group, fault) != 0)
        return -1;
    signals = listener_signals(fault);
    if (signals >= 0 && broker_open(&broker, host, group, settings->directory, fault) == 0) {
        syslog(LOG_INFO, "started");
        result = broker_run(&broker, fd, signals, fault);
    }
    if (signals >= 0)
        broker_close(&broker);
    return result;
}

int main(int argc, char **argv)
{
    const struct rlimit none = {0, 0}, files = {FILES, FILES};
    struct settings settings = {.config = CONF_PATH, .directory = PAM_MFA_BROKER_DIR};
    struct host host;
    struct fault fault;
    int option, result;

    umask(077);
    setrlimit(RLIMIT_CORE, &none);
    setrlimit(RLIMIT_NOFILE, &files);
    openlog("mfa-stored", LOG_PID, LOG_AUTHPRIV);
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        switch (option) {
        case OPTION_CONFIG: settings.config = optarg; break;
        case OPTION_STATE_DIR: settings.directory = optarg; break;
        case OPTION_HELP: usage(stdout); return EXIT_DONE;
        case OPTION_VERSION: puts("mfa-stored (pam_mfa) " PACKAGE_VERSION); return EXIT_DONE;
        default: usage(stderr); return EXIT_USAGE;
        }
    }
    if (optind < argc) {
        fputs("mfa-stored: there is something behind the options; see mfa-stored --help\n", stderr);
        return EXIT_USAGE;
    }
    if (host_read(settings.config, &host, &fault) != 0)
        return fail(&fault);
    result = serve(&host, &settings, &fault);
    host_free(&host);
    return result == 0 ? EXIT_DONE : fail(&fault);
}
