/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/show.h"

void show_problem(const struct show *show, const struct fault *fault)
{
    report_line(show->problems, "%s", fault->text);
    if (show->unavailable != NULL && show->unavailable->text[0] == '\0' &&
        (fault->class == FAULT_BUSY || fault->class == FAULT_UNAVAILABLE))
        *show->unavailable = *fault;
}
