/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file has a line for each path: owner, group, mode in octal, path, with a blank between; an owner or group by number
 * has `#` before it.
 */
#include "admin/override.h"

#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LINE_SIZE 4600 /* PATH_MAX and the rest */

static bool find_group(const char *name, gid_t *gid)
{
    char buffer[16384], *end;
    struct group entry, *found = NULL;

    if (name[0] == '#') {
        *gid = (gid_t)strtoul(name + 1, &end, 10);
        return name[1] != '\0' && *end == '\0';
    }
    if (getgrnam_r(name, &entry, buffer, sizeof buffer, &found) != 0 || found == NULL)
        return false;
    *gid = found->gr_gid;
    return true;
}

/* Takes LINE apart, and says whether it is one about PATH that can be followed. */
static bool read_line(char *line, const char *path, struct override *override)
{
    char *rest = NULL, *end;
    const char *owner = strtok_r(line, " \n", &rest), *group = strtok_r(NULL, " \n", &rest);
    const char *digits = strtok_r(NULL, " \n", &rest), *name = strtok_r(NULL, "\n", &rest);
    unsigned long mode;

    if (name == NULL || strcmp(name, path) != 0 || (strcmp(owner, "root") != 0 && strcmp(owner, "#0") != 0) ||
        !find_group(group, &override->gid))
        return false;
    mode = strtoul(digits, &end, 8);
    if (*end != '\0' || mode > 07777)
        return false;
    override->rule = (struct node_rule){.type = S_IFREG, .mode = (mode_t)mode, .forbidden = 07777 & ~(mode_t)mode,
                                        .needed = (mode_t)mode, .need = "it is not as dpkg-statoverride has it",
                                        .group = &override->gid};
    return true;
}

enum found override_find(const char *file, const char *path, struct override *override)
{
    enum found found = FOUND_NOTHING;
    char line[LINE_SIZE];
    FILE *list = fopen(file, "re");

    if (list == NULL)
        return FOUND_NOTHING;
    while (found == FOUND_NOTHING && fgets(line, sizeof line, list) != NULL)
        if (read_line(line, path, override))
            found = FOUND;
    fclose(list);
    return found;
}
