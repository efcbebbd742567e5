/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * glibc's getgrouplist gathers the groups of all sources that answer, and passes over the others in silence: an LDAP server
 * that is down takes its members out of every group. So each is asked by the interface that glibc itself asks by ("NSS
 * Modules Interface" in its manual). Other C libraries have no sources.
 *
 * What MUST NOT happen: a source that has failed passing for one that knows of no groups.
 */
#include "config/group_sources.h"

#ifdef __GLIBC__

#include <dlfcn.h>
#include <errno.h>
#include <nss.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NSSWITCH "/etc/nsswitch.conf"
#define SOURCE_SIZE 64
#define LINE_SIZE 1024
#define BLANKS " \t"

typedef enum nss_status initgroups_dyn(const char *user, gid_t group, long *start, long *size, gid_t **groups,
                                       long limit, int *error);

/* The sources in LINE if it is DATABASE's, else NULL. */
static const char *sources_of(const char *line, const char *database)
{
    const size_t length = strlen(database);

    line += strspn(line, BLANKS);
    if (strncmp(line, database, length) != 0)
        return NULL;
    line += length + strspn(line + length, BLANKS);
    return *line == ':' ? line + 1 : NULL;
}

/* The line of nsswitch.conf that counts for a user's groups, into SOURCES; "" if there is none: libc asks files alone. */
static int read_sources(char sources[LINE_SIZE], struct fault *fault)
{
    bool own = false; /* a line `initgroups` goes before `group` */
    FILE *file = fopen(NSSWITCH, "re");
    char line[LINE_SIZE];
    int result = 0;

    sources[0] = '\0';
    if (file == NULL)
        return errno == ENOENT ? 0 : fault_set(fault, NSSWITCH ": cannot open: %s", strerror(errno));
    while (result == 0 && fgets(line, sizeof line, file) != NULL) {
        const char *groups = sources_of(line, "group"), *initgroups = sources_of(line, "initgroups");

        if (strlen(line) == sizeof line - 1)
            result = fault_set(fault, NSSWITCH ": has a line of over %zu bytes", sizeof line - 2);
        line[strcspn(line, "#")] = '\0';
        if (initgroups != NULL || (groups != NULL && !own))
            strcpy(sources, initgroups != NULL ? initgroups : groups);
        own = own || initgroups != NULL;
    }
    if (result == 0 && ferror(file))
        result = fault_set(fault, NSSWITCH ": cannot read: %s", strerror(errno));
    fclose(file);
    return result;
}

/* Whether LIBRARY is beside libc, where it is when it is installed. */
static bool is_installed(const char *library)
{
    char path[PATH_MAX + 2 * SOURCE_SIZE];
    const char *slash;
    Dl_info libc;

    if (dladdr((const void *)(size_t)getuid, &libc) == 0 || libc.dli_fname == NULL)
        return true;
    slash = strrchr(libc.dli_fname, '/');
    snprintf(path, sizeof path, "%.*s/%s", slash != NULL ? (int)(slash - libc.dli_fname) : 0, libc.dli_fname, library);
    return access(path, F_OK) == 0;
}

static int ask_function(initgroups_dyn *ask, const char *source, const struct account *account, struct fault *fault)
{
    long start = 0, size = 16;
    gid_t *groups = calloc((size_t)size, sizeof *groups);
    enum nss_status status = NSS_STATUS_TRYAGAIN;
    int error = ENOMEM;

    if (groups != NULL) {
        error = 0;
        status = ask(account->name, account->gid, &start, &size, &groups, -1, &error);
    }
    free(groups);
    /* systemd's says ESRCH where it has never heard of the user. */
    if (status == NSS_STATUS_SUCCESS || status == NSS_STATUS_NOTFOUND || error == ESRCH)
        return 0;
    return fault_set(fault, "the groups of \"%.64s\" are not known: source \"%s\" of the group database, see " NSSWITCH
                     ", does not answer: %s", account->name, source, error != 0 ? strerror(error) : "unavailable");
}

static int ask_source(const char *source, const struct account *account, struct fault *fault)
{
    char library[2 * SOURCE_SIZE], name[2 * SOURCE_SIZE];
    initgroups_dyn *ask = NULL;
    void *handle, *symbol;
    int result = 0;

    snprintf(library, sizeof library, "libnss_%s.so.2", source);
    snprintf(name, sizeof name, "_nss_%s_initgroups_dyn", source);
    handle = dlopen(library, RTLD_NOW | RTLD_LOCAL); /* libc has loaded it already */
    if (handle == NULL && !is_installed(library))
        return 0;
    if (handle == NULL)
        return fault_set(fault, "the groups of \"%.64s\" are not known: source \"%s\" of the group database cannot be "
                         "loaded", account->name, source);
    symbol = dlsym(handle, name);
    memcpy(&ask, &symbol, sizeof ask); /* ISO C has no cast for it */
    if (ask != NULL)
        result = ask_function(ask, source, account, fault);
    dlclose(handle);
    return result;
}

int group_sources_answer(const struct account *account, struct fault *fault)
{
    char line[LINE_SIZE], source[SOURCE_SIZE];
    const char *next = line;
    int result = read_sources(line, fault);

    while (result == 0) {
        size_t length;

        next += strspn(next, BLANKS "\r\n");
        /* What libc is told to do about a failure changes nothing here. */
        if (*next == '[') {
            next += strcspn(next, "]");
            next += *next == ']';
            continue;
        }
        length = strcspn(next, BLANKS "[\r\n");
        if (length == 0)
            break;
        if (length >= sizeof source)
            return fault_set(fault, NSSWITCH ": a source of groups has a name of over %zu bytes", sizeof source - 1);
        memcpy(source, next, length);
        source[length] = '\0';
        next += length;
        if (strcmp(source, "files") != 0)
            result = ask_source(source, account, fault);
    }
    return result;
}

#else

int group_sources_answer(const struct account *account, struct fault *fault)
{
    (void)account;
    (void)fault;
    return 0;
}

#endif
