/* SPDX-License-Identifier: BSD-2-Clause */
/* What MUST NOT happen: a group, or a source of groups, that is not there passing for one that the account is not in. */
#include "config/member.h"

#include "config/group_sources.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_MAX (16 * 1024 * 1024)
#define GROUPS_MAX 65536

int membership_open(struct membership *membership, const struct account *account, struct fault *fault)
{
    *membership = (struct membership){.account = account};
    for (int size = 64; size <= GROUPS_MAX; size *= 4) {
        gid_t *larger = reallocarray(membership->groups, (size_t)size, sizeof *larger);

        if (larger == NULL)
            break;
        membership->groups = larger;
        membership->count = size;
        if (getgrouplist(account->name, account->gid, membership->groups, &membership->count) >= 0)
            return 0;
    }
    membership_close(membership);
    return fault_set(fault, "the groups of \"%.64s\" are not to be had from the group database", account->name);
}

void membership_close(struct membership *membership)
{
    free(membership->groups);
    *membership = (struct membership){.groups = NULL};
}

enum found membership_in(const struct membership *membership, const char *group, bool *exists, struct fault *fault)
{
    struct group entry, *result = NULL;
    enum found found = FOUND_NOTHING;
    char *buffer = NULL;
    int error = ERANGE;

    for (size_t size = 16384; error == ERANGE && size <= BUFFER_MAX; size *= 4) {
        free(buffer);
        buffer = malloc(size);
        error = buffer != NULL ? getgrnam_r(group, &entry, buffer, size, &result) : ENOMEM;
    }
    *exists = result != NULL;
    if (result != NULL) {
        for (int i = 0; i < membership->count; i++)
            if (membership->groups[i] == entry.gr_gid)
                found = FOUND;
        for (char **member = entry.gr_mem; *member != NULL; member++)
            if (strcmp(*member, membership->account->name) == 0)
                found = FOUND;
    } else if (error != 0 && error != ENOENT && error != ESRCH) {
        fault_set(fault, "the group database does not answer for group \"%.64s\": %s", group, strerror(error));
        found = FOUND_FAULT;
    }
    free(buffer);
    return found;
}

enum found membership_in_any(const struct account *account, const struct conf_array *names, const char *setting,
                             struct fault *fault)
{
    const char (*groups)[GROUP_NAME_SIZE] = names->items;
    enum found found = FOUND_NOTHING;
    struct membership membership;
    const char *missing = NULL;

    if (names->count == 0)
        return FOUND_NOTHING;
    if (membership_open(&membership, account, fault) != 0)
        return FOUND_FAULT;
    for (size_t i = 0; found == FOUND_NOTHING && i < names->count; i++) {
        bool exists = false;

        found = membership_in(&membership, groups[i], &exists, fault);
        if (!exists)
            missing = groups[i];
    }
    membership_close(&membership);
    /* A source that is down takes its members out of every group. */
    if (found == FOUND_NOTHING && missing == NULL && group_sources_answer(account, fault) != 0)
        return FOUND_FAULT;
    if (found == FOUND_NOTHING && missing != NULL) {
        fault_set(fault, "%s has group \"%.64s\", which does not exist, so it is unknown who is in it; make the group, or "
                  "take it off the list", setting, missing);
        return FOUND_FAULT;
    }
    return found;
}
