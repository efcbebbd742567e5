/* SPDX-License-Identifier: BSD-2-Clause */
/* A QR code drawn in text. */
#ifndef PAM_MFA_QR_H
#define PAM_MFA_QR_H

#include "base/fault.h"

#include <stdbool.h>
#include <stdio.h>

enum qr_style {
    QR_NONE = 0,
    QR_UTF8, /* half blocks, two modules a character */
    QR_ANSI  /* coloured blanks, for terminals without those characters */
};

/*
 * Draws TEXT on OUT with a quiet zone of four modules. COLOUR sets black on white, so that the code is the right way
 * round on dark and light terminals alike; without it nothing but characters is written, and light modules are the
 * drawn ones. COLUMNS is the width there is (0: any). -1 with a fault if the code is wider, or cannot be made.
 */
__attribute__((warn_unused_result)) int qr_draw(FILE *out, const char *text, enum qr_style style, bool colour,
                                                int columns, struct fault *fault);

#endif
