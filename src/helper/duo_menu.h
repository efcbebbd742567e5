/* SPDX-License-Identifier: BSD-2-Clause */
/* What a person can choose at Duo's prompt, and what they chose. No network, no conversation. */
#ifndef PAM_MFA_DUO_MENU_H
#define PAM_MFA_DUO_MENU_H

#include "helper/duo_reply.h"

#include <stdbool.h>

#define DUO_OPTIONS_MAX DUO_FACTORS_MAX /* three for each device, or Duo's own */
#define DUO_MENU_SIZE 4096

enum duo_kind { DUO_KIND_PASSCODE = 0, DUO_KIND_PUSH, DUO_KIND_PHONE, DUO_KIND_SMS };

struct duo_option {
    char key[9]; /* what is typed for it */
    enum duo_kind kind;
    int ordinal;       /* of its kind, from 1: push, push2, ... */
    const char *value; /* the device, or the factor of a ready menu; borrowed */
    const char *label; /* of the device; "": none. Borrowed. */
};

struct duo_menu {
    bool ready; /* Duo sent the text, and `value` goes back as it came */
    const char *text; /* of a ready menu; borrowed */
    struct duo_option options[DUO_OPTIONS_MAX];
    size_t count;
};

enum duo_pick {
    DUO_PICK_NO_SUCH = 0, /* a number that no option has */
    DUO_PICK_EMPTY,       /* nothing typed, and there is no option to stand for it */
    DUO_PICK_OPTION,
    DUO_PICK_PASSCODE
};

/* The options of PREAUTH, which MENU borrows from. */
void duo_menu_make(struct duo_menu *menu, const struct duo_preauth *preauth);

/* The prompt for MENU, for the person who is USER at Duo. */
void duo_menu_text(const struct duo_menu *menu, const char *user, char out[DUO_MENU_SIZE]);

/* What INPUT (any text) means: with DUO_PICK_OPTION, *OPTION is it. Nothing typed is option 1. */
enum duo_pick duo_menu_pick(const struct duo_menu *menu, const char *input, const struct duo_option **option);

/* The first push; NULL: there is none. */
const struct duo_option *duo_menu_push(const struct duo_menu *menu);

#endif
