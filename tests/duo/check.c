/* SPDX-License-Identifier: BSD-2-Clause */
/* check SVM: what `mfactl duo check` asks the library for, in words. */
#include "duo/duo_check.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    struct host host;
    struct fault words = {.text = ""};
    enum duo_check_result result;

    if (argc != 2 || host_read("/etc/pam_mfa/pam_mfa.conf", &host, &words) != 0)
        return 2;
    result = duo_check(&host, argv[1], &words);
    printf("%s\n", words.text);
    host_free(&host);
    return result == DUO_CHECK_OK ? 0 : result == DUO_CHECK_NO_PROFILE ? 4 : 1;
}
