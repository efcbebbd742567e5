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
    QR_ANSI, /* coloured blanks, for terminals without those characters */
    QR_BEST  /* the first of the two that the terminal can show */
};

/* Where it is drawn. */
struct qr_place {
    bool colour;
    bool utf8;
    int columns, rows; /* 0: any */
};

/*
 * Draws TEXT on OUT with a quiet zone of four modules. With colour it is black on white, so that the code is the right
 * way round on dark and light terminals alike; without, nothing but characters is written, and light modules are the
 * drawn ones. One row of PLACE stays free, for the prompt below. -1 with a fault and nothing drawn if PLACE is too small
 * or cannot show STYLE, or if the code cannot be made.
 */
__attribute__((warn_unused_result)) int qr_draw(FILE *out, const char *text, enum qr_style style,
                                                const struct qr_place *place, struct fault *fault);

#endif
