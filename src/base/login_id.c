/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/login_id.h"

#include <stdio.h>

void login_id(char out[LOGIN_ID_SIZE])
{
    unsigned int id = (unsigned int)-1;
    FILE *file = fopen("/proc/self/loginuid", "re");

    if (file != NULL && fscanf(file, "%10u", &id) != 1)
        id = (unsigned int)-1;
    if (file != NULL)
        fclose(file);
    out[0] = '\0';
    if (id != (unsigned int)-1)
        snprintf(out, LOGIN_ID_SIZE, "%u", id);
}
