/* SPDX-License-Identifier: BSD-2-Clause */
#include "gateway/answer.h"

#include "base/crypto.h"

#include <stdio.h>
#include <stdlib.h>

void answer_free(struct answer *answer)
{
    if (answer->drop != NULL)
        answer->drop(answer->kept);
    if (answer->body != NULL)
        crypto_wipe(answer->body, answer->length);
    free(answer->body);
    *answer = (struct answer){0};
}

int answer_error(struct answer *answer, int status, const char *code, const char *message)
{
    char *body;
    int length = asprintf(&body, "{\n  \"error\": {\n    \"message\": \"%s\",\n    \"code\": \"%s\",\n"
                          "    \"arguments\": []\n  }\n}\n", message, code);

    *answer = (struct answer){.status = status};
    if (length < 0)
        return -1;
    snprintf(answer->code, sizeof answer->code, "%s", code);
    answer->body = body;
    answer->length = (size_t)length;
    return 0;
}
