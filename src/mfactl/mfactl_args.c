/* SPDX-License-Identifier: BSD-2-Clause */
/* What MUST NOT happen: an argument that is misspelt, or given twice, passing in silence. */
#include "mfactl/mfactl.h"

#include <stdio.h>
#include <string.h>

static const struct option_known common[] = {{"config", "PATH", OPTION_ONCE}, {0}};

void args_option_name(const char *setting, char out[64])
{
    snprintf(out, 64, "%s", setting);
    for (char *c = out; *c != '\0'; c++)
        if (*c == '_' || *c == '.')
            *c = '-';
}

/* Secrets are never arguments, which everybody can read. */
static bool is_secret(const char *setting)
{
    return strcmp(setting, "secret_key") == 0;
}

static const struct option_known *find_in(const struct option_known *options, const char *name)
{
    for (; options->name != NULL; options++)
        if (strcmp(options->name, name) == 0)
            return options;
    return NULL;
}

static const char *find_setting(const struct command *command, const char *name)
{
    for (size_t i = 0; command->settings != NULL && command->settings[i] != NULL; i++) {
        char option[64];

        args_option_name(command->settings[i], option);
        if (strcmp(option, name) == 0 && !is_secret(command->settings[i]))
            return command->settings[i];
    }
    return NULL;
}

/* Takes the option in ARGV[*INDEX], and its value. */
static int parse_option(const struct command *command, int argc, char *const *argv, int *index, struct args *args,
                        struct fault *fault)
{
    static const struct option_known setting = {"", "VALUE", OPTION_ONCE};
    const char *text = argv[*index] + 2, *equals = strchr(text, '='), *value = "";
    const struct option_known *option;
    const char *name;
    char word[64];

    snprintf(word, sizeof word, "%.*s", equals == NULL ? (int)strlen(text) : (int)(equals - text), text);
    option = find_in(common, word);
    if (option == NULL)
        option = find_in(command->options, word);
    name = option != NULL ? option->name : find_setting(command, word);
    if (name == NULL)
        return fault_set(fault, "unknown option --%s; see: mfactl --help", word);
    if (option == NULL)
        option = &setting;
    if (option->value == NULL && equals != NULL)
        return fault_set(fault, "--%s takes no value", word);
    if (option->value != NULL) {
        if (equals == NULL && *index + 1 >= argc)
            return fault_set(fault, "--%s needs a value", word);
        value = equals != NULL ? equals + 1 : argv[++*index];
    }
    if (option->use != OPTION_REPEATABLE && args_value(args, name) != NULL)
        return fault_set(fault, "--%s is given twice", word);
    if (args->count == ARGS_MAX)
        return fault_set(fault, "more than %d options", ARGS_MAX);
    args->given[args->count].name = name;
    args->given[args->count++].value = value;
    return 0;
}

bool args_is_help(const char *argument)
{
    return strcmp(argument, "-h") == 0 || strcmp(argument, "--help") == 0;
}

int args_parse(const struct command *command, int argc, char *const *argv, struct args *args, struct fault *fault)
{
    *args = (struct args){0};
    for (int i = 0; i < argc; i++) {
        if (args_is_help(argv[i])) {
            args->help = true;
            return 0;
        }
        if (strncmp(argv[i], "--", 2) == 0 && argv[i][2] != '\0') {
            if (parse_option(command, argc, argv, &i, args, fault) != 0)
                return -1;
        } else if (command->operand == NULL || args->operand != NULL)
            return fault_set(fault, "\"%.64s\" is one argument too many; see: mfactl --help", argv[i]);
        else
            args->operand = argv[i];
    }
    if (command->operand != NULL && args->operand == NULL)
        return fault_set(fault, "%s is missing; see: mfactl --help", command->operand);
    for (const struct option_known *option = command->options; option->name != NULL; option++)
        if (option->use == OPTION_REQUIRED && args_value(args, option->name) == NULL)
            return fault_set(fault, "--%s is missing; see: mfactl --help", option->name);
    return 0;
}

const char *args_value(const struct args *args, const char *name)
{
    for (size_t i = 0; i < args->count; i++)
        if (strcmp(args->given[i].name, name) == 0)
            return args->given[i].value;
    return NULL;
}

size_t args_settings(const struct command *command, const struct args *args, struct setting out[ARGS_MAX])
{
    size_t count = 0;

    for (size_t i = 0; command->settings != NULL && command->settings[i] != NULL; i++) {
        const char *value = args_value(args, command->settings[i]);

        if (value != NULL)
            out[count++] = (struct setting){command->settings[i], value};
    }
    return count;
}
