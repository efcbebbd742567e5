/* SPDX-License-Identifier: BSD-2-Clause */
/* What MUST NOT happen: a name that a stranger chose ending the word, or starting a command. */
#include "base/shell.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Not isalnum(): that asks the host program's locale. `~` starts a home directory, `=` an assignment. */
static bool is_plain(const char *word)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./:@%+,";

    return word[0] != '\0' && strspn(word, plain) == strlen(word);
}

/* Appends PIECE; returns whether it fits. */
static bool add(struct shell_word *out, size_t *used, const char *piece, size_t length)
{
    if (*used + length >= sizeof out->text)
        return false;
    memcpy(out->text + *used, piece, length);
    *used += length;
    out->text[*used] = '\0';
    return true;
}

struct shell_word shell_word(const char *word)
{
    bool plain = is_plain(word), fits;
    struct shell_word out = {""};
    size_t used = 0;

    if (plain)
        fits = add(&out, &used, word, strlen(word));
    else {
        fits = add(&out, &used, "'", 1);
        for (const char *c = word; fits && *c != '\0'; c++)
            fits = *c == '\'' ? add(&out, &used, "'\\''", 4) : add(&out, &used, c, 1);
        fits = fits && add(&out, &used, "'", 1);
    }
    if (!fits)
        strcpy(out.text, "''");
    return out;
}
