/* SPDX-License-Identifier: BSD-2-Clause */
#include "helper/duo_menu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PASSCODE_MIN 6 /* digits: fewer are meant as an option's number */

/* The words people type, by kind; a number may follow. "voice" is what Duo's own menus call a phone call. */
static const struct {
    const char *word;
    enum duo_kind kind;
} words[] = {{"push", DUO_KIND_PUSH}, {"phone", DUO_KIND_PHONE}, {"voice", DUO_KIND_PHONE}, {"sms", DUO_KIND_SMS}};
#define WORD_COUNT (sizeof words / sizeof *words)

static void add(struct duo_menu *menu, enum duo_kind kind, const char *value, const char *label)
{
    struct duo_option *option = &menu->options[menu->count];

    if (menu->count == DUO_OPTIONS_MAX)
        return;
    *option = (struct duo_option){.kind = kind, .ordinal = 1, .value = value, .label = label};
    for (size_t i = 0; i < menu->count; i++)
        option->ordinal += menu->options[i].kind == kind;
    menu->count++;
    snprintf(option->key, sizeof option->key, "%zu", menu->count);
}

static int compare_keys(const void *a, const void *b)
{
    const struct duo_factor *const *left = a, *const *right = b;
    int order = atoi((*left)->key) - atoi((*right)->key);

    return order != 0 ? order : strcmp((*left)->key, (*right)->key);
}

/* A factor of a ready menu that is none of the known words is taken for a push: that is what must be counted. */
static enum duo_kind kind_of(const char *value)
{
    for (size_t i = 0; i < WORD_COUNT; i++)
        if (strncmp(value, words[i].word, strlen(words[i].word)) == 0)
            return words[i].kind;
    return DUO_KIND_PUSH;
}

/* In the order of their numbers: an object of JSON has none of its own. */
static void add_factors(struct duo_menu *menu, const struct duo_preauth *preauth)
{
    const struct duo_factor *sorted[DUO_FACTORS_MAX];

    for (size_t i = 0; i < preauth->factor_count; i++)
        sorted[i] = &preauth->factors[i];
    qsort(sorted, preauth->factor_count, sizeof *sorted, compare_keys);
    for (size_t i = 0; i < preauth->factor_count; i++) {
        add(menu, kind_of(sorted[i]->value), sorted[i]->value, "");
        strcpy(menu->options[menu->count - 1].key, sorted[i]->key);
    }
}

void duo_menu_make(struct duo_menu *menu, const struct duo_preauth *preauth)
{
    *menu = (struct duo_menu){.ready = preauth->prompt[0] != '\0', .text = preauth->prompt};
    if (menu->ready) {
        add_factors(menu, preauth);
        return;
    }
    for (size_t i = 0; i < preauth->device_count; i++) {
        const struct duo_device *device = &preauth->devices[i];

        if (device->push)
            add(menu, DUO_KIND_PUSH, device->id, device->name);
        if (device->phone)
            add(menu, DUO_KIND_PHONE, device->id, device->name);
        if (device->sms)
            add(menu, DUO_KIND_SMS, device->id, device->name);
    }
}

static const char *kind_text(enum duo_kind kind)
{
    switch (kind) {
    case DUO_KIND_PASSCODE: return "Passcode from";
    case DUO_KIND_PUSH: return "Duo Push to";
    case DUO_KIND_PHONE: return "Phone call to";
    case DUO_KIND_SMS: return "New passcodes by SMS to";
    }
    return "";
}

void duo_menu_text(const struct duo_menu *menu, const char *user, char out[DUO_MENU_SIZE])
{
    size_t used;

    if (menu->ready) {
        snprintf(out, DUO_MENU_SIZE, "%s", menu->text);
        return;
    }
    if (menu->count == 0) {
        snprintf(out, DUO_MENU_SIZE, "Duo passcode for %s: ", user);
        return;
    }
    snprintf(out, DUO_MENU_SIZE - 64, "Duo login for %s. Enter a passcode, or choose:\n", user);
    for (size_t i = 0; i < menu->count; i++) {
        const struct duo_option *option = &menu->options[i];

        used = strlen(out);
        snprintf(out + used, DUO_MENU_SIZE - 64 - used, " %s. %s %s\n", option->key, kind_text(option->kind),
                 option->label[0] != '\0' ? option->label : "your device");
    }
    used = strlen(out);
    snprintf(out + used, DUO_MENU_SIZE - used, "Passcode or option (1-%zu): ", menu->count);
}

/* The option that a name such as "push" or "sms2" stands for. */
static const struct duo_option *find_name(const struct duo_menu *menu, const char *input)
{
    for (size_t i = 0; i < WORD_COUNT; i++) {
        size_t length = strlen(words[i].word);
        int ordinal = 1;

        if (strncasecmp(input, words[i].word, length) != 0)
            continue;
        if (input[length] != '\0') {
            if (strspn(input + length, "0123456789") != strlen(input + length) || strlen(input + length) > 2)
                continue;
            ordinal = atoi(input + length);
        }
        for (size_t j = 0; j < menu->count; j++)
            if (menu->options[j].kind == words[i].kind && menu->options[j].ordinal == ordinal)
                return &menu->options[j];
    }
    return NULL;
}

/* No passcode begins so, and what Duo makes of it in a ready menu could ring somebody uncounted. */
static bool is_name(const char *input)
{
    for (size_t i = 0; i < WORD_COUNT; i++) {
        if (strncasecmp(input, words[i].word, strlen(words[i].word)) == 0)
            return true;
    }
    return false;
}

enum duo_pick duo_menu_pick(const struct duo_menu *menu, const char *input, const struct duo_option **option)
{
    *option = NULL;
    if (input[0] == '\0') {
        for (size_t i = 0; *option == NULL && i < menu->count; i++)
            if (strcmp(menu->options[i].key, "1") == 0)
                *option = &menu->options[i];
        if (*option == NULL && menu->count > 0)
            *option = &menu->options[0];
        return *option != NULL ? DUO_PICK_OPTION : DUO_PICK_EMPTY;
    }
    for (size_t i = 0; *option == NULL && i < menu->count; i++)
        if (strcmp(menu->options[i].key, input) == 0)
            *option = &menu->options[i];
    if (*option == NULL)
        *option = find_name(menu, input);
    if (*option != NULL)
        return DUO_PICK_OPTION;
    if (is_name(input) || (strlen(input) < PASSCODE_MIN && strspn(input, "0123456789") == strlen(input)))
        return DUO_PICK_NO_SUCH;
    return DUO_PICK_PASSCODE;
}

const struct duo_option *duo_menu_push(const struct duo_menu *menu)
{
    for (size_t i = 0; i < menu->count; i++)
        if (menu->options[i].kind == DUO_KIND_PUSH)
            return &menu->options[i];
    return NULL;
}
