/* SPDX-License-Identifier: BSD-2-Clause */
/* What MUST NOT happen: an application that returns nothing, or success without a response, passing for an answer. */
#include "module/pam_conversation.h"

#include <stdlib.h>

/* Sends one message; *RESPONSE becomes what came back, NULL if nothing did. 0, or as a struct conversation's prompt. */
static int converse(const struct pam_conversation *context, int style, const char *text, char **response)
{
    const struct pam_message message = {.msg_style = style, .msg = text};
    const struct pam_message *messages[] = {&message};
    struct pam_response *responses = NULL;
    int code;

    *response = NULL;
    code = context->conv->conv(1, messages, &responses, context->conv->appdata_ptr);
    if (code != PAM_SUCCESS) {
        free(responses);
        return code == PAM_CONV_AGAIN ? CONVERSATION_LATER : -1;
    }
    if (responses != NULL)
        *response = responses->resp;
    free(responses);
    return 0;
}

static int prompt(void *context, const char *text, bool echo, char **response)
{
    int result = converse(context, echo ? PAM_PROMPT_ECHO_ON : PAM_PROMPT_ECHO_OFF, text, response);

    return result == 0 && *response == NULL ? -1 : result;
}

static int inform(void *context, const char *text)
{
    const struct pam_conversation *conversation = context;
    char *response = NULL;
    int result;

    if (conversation->silent)
        return 0;
    result = converse(conversation, PAM_TEXT_INFO, text, &response);
    conversation_forget(&response);
    return result;
}

int pam_conversation_open(pam_handle_t *pamh, int flags, struct pam_conversation *context,
                          struct conversation *conversation)
{
    const void *item = NULL;

    if (pam_get_item(pamh, PAM_CONV, &item) != PAM_SUCCESS || item == NULL ||
        ((const struct pam_conv *)item)->conv == NULL)
        return -1;
    *context = (struct pam_conversation){.conv = item, .silent = ((unsigned int)flags & PAM_SILENT) != 0};
    *conversation = (struct conversation){.prompt = prompt, .inform = inform, .context = context};
    return 0;
}
