/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The pam_mfa authors */
/* Module arguments (separated by newlines), and the text sshd describes a connection with. */
#include "fuzz.h"
#include "config/host.h"
#include "module/options.h"

#define ARGUMENTS_MAX 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct host host = {.default_svm = ""};
    struct host_rule rule = {.svm = "vs0", .local_address = "10.20.0.0/16"};
    struct host_login login = {.user = "alice"};
    char *text = fuzz_text(data, size), *rest = text, address[64];
    const char *arguments[ARGUMENTS_MAX], *argument, *svm;
    struct options options;
    struct fault fault = {.text = ""};
    int count = 0, matched;

    if (host_local_address(text, address) == 0) {
        MUST(strlen(address) < sizeof address && strpbrk(address, " /\n") == NULL);
        login.local_address = address;
    } else
        MUST(address[0] == '\0');
    host.svm_rules = (struct conf_array){&rule, 1};
    svm = host_svm(&host, &login, &matched, &fault);
    MUST(svm == NULL || login.local_address != NULL);
    if (strncmp(address, "10.20.", 6) == 0 && strspn(address, "0123456789.") == strlen(address))
        MUST(svm != NULL);

    while (count < ARGUMENTS_MAX && (argument = strsep(&rest, "\n")) != NULL)
        arguments[count++] = argument;
    if (options_parse(count, arguments, &options, &fault) == 0) {
        MUST(options.conf[0] == '/');
        MUST(options.svm == NULL || name_is_valid(options.svm));
    } else
        MUST(fault.text[0] != '\0');
    free(text);
    return 0;
}
