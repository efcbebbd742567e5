/* SPDX-License-Identifier: BSD-2-Clause */
/* What MUST NOT happen: an argument that is misspelt passing as if it were not there. */
#include "module/options.h"

#include "base/name.h"

#include <stddef.h>
#include <string.h>

const char *const options_known[] = {"conf=", "svm=", "nullok", "echo", "try_first_pass", "use_first_pass",
                                     "forward_pass", "debug", NULL};

enum { CONF, SVM, NULLOK, ECHO, TRY_FIRST_PASS, USE_FIRST_PASS, FORWARD_PASS, DEBUG };

/* The index of ARGUMENT in options_known, and behind its '=' if it has one, the value. -1: unknown. */
static int find(const char *argument, const char **value)
{
    for (int i = 0; options_known[i] != NULL; i++) {
        size_t length = strlen(options_known[i]);
        bool takes_value = options_known[i][length - 1] == '=';

        if (takes_value ? strncmp(argument, options_known[i], length) == 0 : strcmp(argument, options_known[i]) == 0) {
            *value = argument + length;
            return i;
        }
    }
    return -1;
}

int options_parse(int argc, const char *const *argv, struct options *options, struct fault *fault)
{
    unsigned int seen = 0;

    *options = (struct options){.conf = PAM_MFA_CONF_DIR "/pam_mfa.conf"};
    for (int i = 0; i < argc; i++) {
        const char *value = NULL;
        int which = find(argv[i], &value);

        if (which < 0)
            return fault_set(fault, "unknown module argument \"%.64s\"; known are: conf=PATH svm=NAME nullok echo "
                             "try_first_pass use_first_pass forward_pass debug",
                             argv[i]);
        if ((seen >> which & 1) != 0)
            return fault_set(fault, "module argument \"%.64s\" is given twice", options_known[which]);
        seen |= 1U << which;
        switch (which) {
        case CONF:
            if (value[0] != '/')
                return fault_set(fault, "module argument conf= is \"%.64s\", expected an absolute path", value);
            options->conf = value;
            break;
        case SVM:
            if (!name_is_valid(value))
                return fault_set(fault, "module argument svm= is \"%.64s\", expected the name of an SVM", value);
            options->svm = value;
            break;
        case NULLOK: options->nullok = true; break;
        case ECHO: options->echo = true; break;
        case TRY_FIRST_PASS: options->first_pass = FIRST_PASS_TRY; break;
        case USE_FIRST_PASS: options->first_pass = FIRST_PASS_USE; break;
        case FORWARD_PASS: options->forward_pass = true; break;
        case DEBUG: options->debug = true; break;
        }
    }
    if ((seen >> TRY_FIRST_PASS & 1) != 0 && (seen >> USE_FIRST_PASS & 1) != 0)
        return fault_set(fault, "module arguments try_first_pass and use_first_pass exclude each other");
    if (options->echo && options->forward_pass)
        return fault_set(fault, "module arguments echo and forward_pass together would show the password");
    return 0;
}
