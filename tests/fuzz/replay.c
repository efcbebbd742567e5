/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The pam_mfa authors */
/*
 * replay [COUNT FILE...]
 *
 * Runs a fuzz target without a fuzzer: over each file named (none: its corpus in the source, 100 ways), and over each of
 * these with bytes changed, cut and doubled in COUNT ways that a fixed seed decides. Prints one TAP line for each file.
 */
#include <glob.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SIZE_MAX_READ 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t seed = 1;

static uint32_t next(uint32_t limit)
{
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(seed >> 33) % limit;
}

/* Changes DATA of SIZE bytes in one way; returns the new size. */
static size_t change(uint8_t *data, size_t size)
{
    size_t at, length;

    if (size == 0)
        return 0;
    at = next((uint32_t)size);
    length = 1 + next(16);
    if (length > size - at)
        length = size - at;
    switch (next(5)) {
    case 0: data[at] ^= (uint8_t)(1U << next(8)); break;
    case 1: data[at] = (uint8_t)next(256); break;
    case 2: return at;
    case 3:
        memmove(data + at, data + at + length, size - at - length);
        return size - length;
    case 4:
        if (size + length > SIZE_MAX_READ)
            return size;
        memmove(data + at + length, data + at, size - at);
        return size + length;
    }
    return size;
}

int main(int argc, char **argv)
{
    static uint8_t original[SIZE_MAX_READ], changed[SIZE_MAX_READ];
    int count = argc > 1 ? atoi(argv[1]) : 100, files = argc - 2;
    char **names = argv + 2;
    glob_t corpus;

    if (argc == 1) {
        alarm(300); /* a test of `make check`, none of which hangs */
        if (glob(CORPUS "/" TARGET "/*", 0, NULL, &corpus) != 0)
            return 1;
        files = (int)corpus.gl_pathc;
        names = corpus.gl_pathv;
    }
    printf("1..%d\n", files);
    for (int i = 0; i < files; i++) {
        FILE *file = fopen(names[i], "rb");
        size_t size = file != NULL ? fread(original, 1, sizeof original, file) : 0;

        if (file == NULL) {
            printf("not ok %d - %s cannot be read\n", i + 1, names[i]);
            return 1;
        }
        fclose(file);
        LLVMFuzzerTestOneInput(original, size);
        for (int run = 0; run < count; run++) {
            size_t length = size;

            memcpy(changed, original, size);
            for (uint32_t changes = 1 + next(4); changes > 0; changes--)
                length = change(changed, length);
            LLVMFuzzerTestOneInput(changed, length);
        }
        printf("ok %d - %s and %d changes of it\n", i + 1, names[i], count);
    }
    if (argc == 1)
        globfree(&corpus);
    return 0;
}
