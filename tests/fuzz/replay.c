/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The pam_mfa authors */
/*
 * Runs a fuzz target over its corpus, without libFuzzer: every file in CORPUS/TARGET, each also cut short at its first
 * 64 bytes, or the files given.
 */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>

#define INPUT_MAX (1024 * 1024)

static int replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(INPUT_MAX);
    size_t size;

    if (file == NULL || data == NULL) {
        printf("# cannot read %s\n", path);
        return -1;
    }
    size = fread(data, 1, INPUT_MAX, file);
    fclose(file);
    LLVMFuzzerTestOneInput(data, size);
    for (size_t cut = 0; cut < size && cut < 64; cut++) {
        uint8_t *copy = malloc(cut + 1); /* its own, so that a sanitizer sees a read behind its end */

        if (copy == NULL)
            break;
        memcpy(copy, data, cut);
        LLVMFuzzerTestOneInput(copy, cut);
        free(copy);
    }
    free(data);
    return 0;
}

int main(int argc, char **argv)
{
    DIR *directory;
    struct dirent *entry;
    char path[4096];
    int count = 0, failed = 0;

    for (int i = 1; i < argc; i++)
        failed |= replay(argv[i]);
    if (argc > 1)
        return failed != 0;
    directory = opendir(CORPUS "/" TARGET);
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s/%s", CORPUS, TARGET, entry->d_name);
        failed |= replay(path);
        count++;
    }
    if (directory != NULL)
        closedir(directory);
    printf("1..1\n%sok 1 - fuzz target %s survives its corpus, %d files\n", failed != 0 || count == 0 ? "not " : "",
           TARGET, count);
    return failed != 0 || count == 0;
}
