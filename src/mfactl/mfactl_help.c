/* SPDX-License-Identifier: BSD-2-Clause */
/* What mfactl says of its own commands: they and their options come from the table, so there is no second list. */
#include "mfactl/mfactl.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* Adds ` [--NAME VALUE]`, on a new line if this one is full; without brackets if it is required. */
static void print_option(FILE *out, const char *name, const char *value, bool required, int *column)
{
    int length = (int)strlen(name) + (value != NULL ? (int)strlen(value) + 1 : 0) + 5;

    if (*column + length > 79) {
        fprintf(out, "\n       ");
        *column = 7;
    }
    *column += fprintf(out, required ? " --%s%s%s" : " [--%s%s%s]", name, value != NULL ? " " : "",
                       value != NULL ? value : "");
}

static void print_command(FILE *out, const struct command *command)
{
    int column = fprintf(out, "mfactl");

    for (size_t i = 0; command->words[i] != NULL; i++)
        column += fprintf(out, " %s", command->words[i]);
    if (command->operand != NULL)
        column += fprintf(out, " %s", command->operand);
    for (const struct option_known *option = command->options; option->name != NULL; option++)
        print_option(out, option->name, option->value, option->use == OPTION_REQUIRED, &column);
    for (size_t i = 0; command->settings != NULL && command->settings[i] != NULL; i++) {
        char name[64];

        args_option_name(command->settings[i], name);
        if (strcmp(name, "secret-key") != 0)
            print_option(out, name, "VALUE", false, &column);
    }
    fprintf(out, "\n");
}

/* Whether COMMAND starts with the first COUNT of WORDS. */
static bool starts_with(const struct command *command, char *const *words, int count)
{
    for (int i = 0; i < count; i++)
        if (command->words[i] == NULL || strcmp(command->words[i], words[i]) != 0)
            return false;
    return true;
}

/* How many of ARGV are words of commands: those up to the first that no command has there. */
static int common_words(int argc, char *const *argv)
{
    int count = 0;

    for (const struct command *command = commands; command->run != NULL; command++) {
        int words = 0;

        while (words < argc && command->words[words] != NULL && strcmp(command->words[words], argv[words]) == 0)
            words++;
        if (words > count)
            count = words;
    }
    return count;
}

void help_print(int argc, char *const *argv)
{
    int count = common_words(argc, argv);

    for (const struct command *command = commands; command->run != NULL; command++)
        if (starts_with(command, argv, count))
            print_command(stdout, command);
    printf("All take --config PATH, for another file than " CONF_PATH ". See mfactl(8).\n");
}

void help_no_command(int argc, char *const *argv)
{
    int count = common_words(argc, argv);
    const char *last = "";
    char shown[64];

    text_for_terminal(shown, sizeof shown, argc > count ? argv[count] : "");
    fprintf(stderr, "mfactl: ");
    if (argc > count)
        fprintf(stderr, "no command \"%s\"; expected", shown);
    else
        fprintf(stderr, "no command; expected");
    for (int i = 0; i < count; i++)
        fprintf(stderr, " %s", argv[i]);
    /* Commands of one first word follow each other. */
    for (const struct command *command = commands; command->run != NULL; command++)
        if (starts_with(command, argv, count) && strcmp(command->words[count], last) != 0) {
            fprintf(stderr, "%s%s", last[0] == '\0' ? " " : " | ", command->words[count]);
            last = command->words[count];
        }
    fprintf(stderr, "\nmfactl: for more, see mfactl --help and mfactl(8)\n");
}
