/* SPDX-License-Identifier: BSD-2-Clause */
/* What MUST NOT happen: text in a file that the module's own reader has not accepted first. */
#include "admin/place.h"

#include "base/array.h"
#include "base/crypto.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum found place_open(struct place *place, const struct host *host, const char *svm, struct fault *fault)
{
    enum found found;

    *place = (struct place)PLACE_CLOSED;
    if (!name_is_valid(svm))
        return FOUND_NOTHING;
    found = dir_open(&place->svms, NULL, host->svm_dir, 0, fault);
    if (found != FOUND) {
        if (found == FOUND_NOTHING)
            fault_set(fault, "%s: does not exist; run: mfactl init", host->svm_dir);
        return FOUND_FAULT;
    }
    place->lock = directory_lock(&place->svms, LOCK_SVMS, fault);
    if (place->lock < 0)
        return FOUND_FAULT;
    found = dir_open(&place->dir, &place->svms, svm, 0, fault);
    if (found == FOUND && faccessat(place->dir.fd, "svm.conf", F_OK, AT_SYMLINK_NOFOLLOW) != 0)
        found = FOUND_NOTHING;
    return found;
}

void place_close(struct place *place)
{
    if (place->lock >= 0)
        close(place->lock);
    place->lock = -1;
    dir_close(&place->dir);
    dir_close(&place->svms);
}

int place_write(const struct place *place, const char *name, mode_t mode, const struct conf_field *fields,
                const void *structure, place_prove *prove, const void *context, struct fault *fault)
{
    char path[DIR_PATH_SIZE + 32], *text, *whole;
    size_t length = 0;
    int result = -1;

    snprintf(path, sizeof path, "%s%s%s", place->dir.path, place->dir.fd < 0 ? "" : "/", name);
    text = conf_text(fields, structure, &length);
    whole = text == NULL ? NULL : malloc(sizeof PLACE_HEADER + length);
    if (whole == NULL)
        fault_set(fault, "%s: out of memory", path);
    else {
        memcpy(whole, PLACE_HEADER, sizeof PLACE_HEADER - 1);
        memcpy(whole + sizeof PLACE_HEADER - 1, text, length + 1);
        if (prove(context, path, whole, length + sizeof PLACE_HEADER - 1, fault) == 0)
            result = place->dir.fd < 0 ? 0
                                       : file_replace(&place->dir, name, 0, mode, whole,
                                                      length + sizeof PLACE_HEADER - 1, fault);
        crypto_wipe(whole, length + sizeof PLACE_HEADER);
    }
    if (text != NULL)
        crypto_wipe(text, length);
    free(text);
    free(whole);
    return result;
}

bool svm_exists(const struct host *host, const char *svm)
{
    char path[HOST_PATH_SIZE + NAME_SIZE + 16];

    snprintf(path, sizeof path, "%s/%.200s/svm.conf", host->svm_dir, svm);
    return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int add_name(struct svm_names *names, const char *name)
{
    void *larger = array_grow(names->names, names->count, NAME_SIZE);

    if (larger == NULL)
        return -1;
    names->names = larger;
    snprintf(names->names[names->count++], NAME_SIZE, "%.200s", name);
    return 0;
}

int svm_names_read(const struct host *host, struct svm_names *names, struct fault *fault)
{
    DIR *svms = opendir(host->svm_dir);
    struct dirent *entry;
    int result = 0;

    *names = (struct svm_names){0};
    if (svms == NULL)
        return fault_set(fault, "%s: cannot list: %s; run as root, on a new host first: mfactl init", host->svm_dir,
                         strerror(errno));
    while (result == 0 && (entry = readdir(svms)) != NULL) {
        char path[NAME_SIZE + 16];

        if (!name_is_valid(entry->d_name))
            continue;
        snprintf(path, sizeof path, "%.200s/svm.conf", entry->d_name);
        if (faccessat(dirfd(svms), path, F_OK, AT_SYMLINK_NOFOLLOW) == 0 && add_name(names, entry->d_name) != 0)
            result = fault_set(fault, "out of memory");
    }
    closedir(svms);
    if (result != 0)
        svm_names_free(names);
    else if (names->count > 0)
        qsort(names->names, names->count, NAME_SIZE, compare_names);
    return result;
}

void svm_names_free(struct svm_names *names)
{
    free(names->names);
    *names = (struct svm_names){0};
}
