/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/account.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_MAX (1024 * 1024)

/* With NAME NULL, by UID. The one place that knows how getpwnam_r reports "none". */
static enum found look_up(const char *name, uid_t uid, struct account *account, struct fault *fault)
{
    struct passwd entry, *result = NULL;
    char *buffer = NULL;
    int error = ERANGE;
    enum found found = FOUND_FAULT;

    for (size_t size = 4096; error == ERANGE && size <= BUFFER_MAX; size *= 4) {
        free(buffer);
        buffer = malloc(size);
        if (buffer == NULL) {
            error = ENOMEM;
            break;
        }
        error = name != NULL ? getpwnam_r(name, &entry, buffer, size, &result)
                             : getpwuid_r(uid, &entry, buffer, size, &result);
    }
    /* POSIX lets an implementation report "no such name" as one of these errors, and some NSS modules do. */
    if (error == 0 || error == ENOENT || error == ESRCH)
        found = result != NULL ? FOUND : FOUND_NOTHING;
    else
        fault_set(fault, "the passwd database does not answer: %s", strerror(error));

    if (found == FOUND) {
        account->uid = entry.pw_uid;
        account->gid = entry.pw_gid;
        if (!name_is_valid(entry.pw_name)) {
            fault_set(fault, "the account's name cannot be part of a file's name: 1 to %d bytes, no '/', no control "
                      "characters, no '.' or '-' at the start", NAME_SIZE - 1);
            found = FOUND_FAULT;
        } else if (strlen(entry.pw_dir) >= sizeof account->home || strlen(entry.pw_shell) >= sizeof account->shell) {
            fault_set(fault, "the account's home directory or shell is longer than %d bytes", PATH_MAX - 1);
            found = FOUND_FAULT;
        } else {
            strcpy(account->name, entry.pw_name);
            strcpy(account->home, entry.pw_dir);
            strcpy(account->shell, entry.pw_shell);
            /* Users may have a say in it (chfn), so what does not fit must keep nobody out who needs none of it. */
            account->gecos[0] = '\0';
            if (entry.pw_gecos != NULL && strlen(entry.pw_gecos) < sizeof account->gecos)
                strcpy(account->gecos, entry.pw_gecos);
        }
    }
    free(buffer);
    return found;
}

enum found account_find(const char *name, struct account *account, struct fault *fault)
{
    /* No account can have such a name, so this is a typo or an attack, and no fault of the system. */
    if (!name_is_valid(name))
        return FOUND_NOTHING;
    return look_up(name, 0, account, fault);
}

enum found account_find_uid(uid_t uid, struct account *account, struct fault *fault)
{
    return look_up(NULL, uid, account, fault);
}

int account_owner(const struct account *account, char owner[NAME_SIZE], struct fault *fault)
{
    struct account *named = malloc(sizeof *named); /* too large for the stack of a host with threads */
    int result = -1;

    if (named == NULL)
        return fault_set(fault, "out of memory");
    switch (account_find_uid(account->uid, named, fault)) {
    case FOUND_FAULT: break;
    case FOUND_NOTHING:
        fault_set(fault, "the passwd database knows \"%.64s\" and does not know that account's user id %u, so it is unknown "
                  "whose enrolment counts", account->name, (unsigned)account->uid);
        break;
    case FOUND:
        result = named->uid == account->uid
                     ? 0
                     : fault_set(fault, "the passwd database answers for user id %u with another one, %u",
                                 (unsigned)account->uid, (unsigned)named->uid);
        strcpy(owner, named->name);
        break;
    }
    free(named);
    return result;
}

enum found account_find_owner(const char *name, struct account *account, struct fault *fault)
{
    char owner[NAME_SIZE];
    enum found found = account_find(name, account, fault);

    if (found != FOUND)
        return found;
    if (account_owner(account, owner, fault) != 0)
        return FOUND_FAULT;
    return account_find_uid(account->uid, account, fault);
}
