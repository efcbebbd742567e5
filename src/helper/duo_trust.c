/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST NOT happen: a path that leads out of the directory. (Whether a certificate there is to be believed is not
 * asked here: the directory is one of those that libcurl was built to believe.)
 */
#include "helper/duo_trust.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* As openssl-rehash(1) makes them: `5ed36f99.0`. */
static bool is_hashed(const char *name)
{
    return strspn(name, "0123456789abcdef") == 8 && name[8] == '.' && name[9] >= '0' && name[9] <= '9' && name[10] == '\0';
}

bool duo_trust_sample(const char *directory, char *out, size_t size)
{
    const struct dirent *entry;
    bool found = false;
    DIR *dir = opendir(directory);

    if (dir == NULL)
        return false;
    while (!found && (entry = readdir(dir)) != NULL) {
        int length = is_hashed(entry->d_name) ? snprintf(out, size, "%s/%s", directory, entry->d_name) : -1;

        found = length > 0 && (size_t)length < size && access(out, R_OK) == 0;
    }
    closedir(dir);
    return found;
}
