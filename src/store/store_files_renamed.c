/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: a profile that belongs to the user id under any other name is found, whether it can be read or not. A
 * directory that cannot be listed to its end is a fault, and never "there is none".
 */
#include "store/store_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether FILE is called as a profile is, in the present form or an earlier version's, and then whose. */
static bool is_profile(const char *file, char user[NAME_SIZE])
{
    const char *dot = strrchr(file, '.');

    if (dot == NULL || (size_t)(dot - file) >= NAME_SIZE || (strcmp(dot, RECORD_SUFFIX) != 0 && strcmp(dot, ".totp") != 0))
        return false;
    memcpy(user, file, (size_t)(dot - file));
    user[dot - file] = '\0';
    return name_is_valid(user);
}

/* Whether FILE holds a profile that is kept for OWNER's user id under another name, which goes into NAME. */
static enum found is_renamed(const struct files *files, const struct store_owner *owner, const char *file,
                             char name[NAME_SIZE], struct fault *fault)
{
    const struct store_owner other = {name, owner->uid};
    struct store_entry entry;
    struct stat status;
    struct fault ignored;

    if (!is_profile(file, name) || strcmp(name, owner->name) == 0)
        return FOUND_NOTHING;
    if (fstatat(files->dir.fd, file, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT)
            return FOUND_NOTHING;
        fault_set(fault, "%s/%s: cannot fstatat: %s", files->dir.path, file, strerror(errno));
        return FOUND_FAULT;
    }
    if (status.st_uid != owner->uid)
        return FOUND_NOTHING;
    /* What cannot be read may be one. */
    return store_read(&files->store, &other, &entry, &ignored) == 0 && !entry.enrolled ? FOUND_NOTHING : FOUND;
}

enum found files_find_renamed(const struct store *store, const struct store_owner *owner, char name[NAME_SIZE],
                              struct fault *fault)
{
    const struct files *files = (const struct files *)store;
    int fd = openat(files->dir.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
    enum found found = FOUND_NOTHING;
    struct dirent *entry = NULL;

    if (entries != NULL) {
        while (found == FOUND_NOTHING && (errno = 0, entry = readdir(entries)) != NULL)
            found = is_renamed(files, owner, entry->d_name, name, fault);
    }
    if (found == FOUND_NOTHING && entry == NULL && (entries == NULL || errno != 0)) {
        fault_set(fault, "%s: cannot list: %s", files->dir.path, strerror(errno));
        found = FOUND_FAULT;
    }
    if (entries != NULL)
        closedir(entries);
    else if (fd >= 0)
        close(fd);
    if (found != FOUND)
        name[0] = '\0';
    return found;
}
