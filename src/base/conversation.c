/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/conversation.h"

#include "base/crypto.h"

#include <stdlib.h>
#include <string.h>

int conversation_prompt(const struct conversation *conversation, const char *text, bool echo, char **response)
{
    *response = NULL;
    return conversation->prompt(conversation->context, text, echo, response);
}

int conversation_inform(const struct conversation *conversation, const char *text)
{
    return conversation->inform(conversation->context, text);
}

void conversation_forget(char **response)
{
    if (*response != NULL)
        crypto_wipe(*response, strlen(*response));
    free(*response);
    *response = NULL;
}
