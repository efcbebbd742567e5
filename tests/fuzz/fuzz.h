/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The pam_mfa authors */
/* What the fuzz targets share. Each is one file, fuzz_NAME.c, with one function that libFuzzer or replay.c calls. */
#ifndef PAM_MFA_FUZZ_H
#define PAM_MFA_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold for every input. */
#define MUST(condition) ((condition) ? (void)0 : abort())

/* DATA as a string: a copy with a NUL behind it, for the caller to free. It may hold NULs before. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    MUST(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

#endif
