/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST NOT happen: an answer that a program gave in the person's place counted as the person's guess, or the
 * password sent on to a service.
 */
#include "module/heard.h"

#include "base/crypto.h"

#include <string.h>

/*
 * sshd answers so, in as many bytes as were typed, for whom it will not let in (fake_password in OpenSSH's auth-pam.c).
 * No person can: these are backspace, newline, carriage return and delete.
 */
static bool is_dummy(const char *answer)
{
    static const char junk[] = "\b\n\r\177INCORRECT";
    size_t i = 0;

    while (answer[i] != '\0' && answer[i] == junk[i % (sizeof junk - 1)])
        i++;
    return i > 0 && answer[i] == '\0';
}

static bool is_password(const char *answer, const char *password)
{
    size_t length = strlen(answer);

    return length > 0 && password != NULL && strlen(password) == length && crypto_equal(answer, password, length);
}

static int prompt(void *context, const char *text, bool echo, char **response)
{
    struct heard *heard = context;
    int result = conversation_prompt(heard->conversation, text, echo, response);

    if (result != 0) {
        heard->last = result == CONVERSATION_LATER ? HEARD_LATER : HEARD_NOTHING;
        return result;
    }
    heard->last = is_dummy(*response)                       ? HEARD_DUMMY
                  : is_password(*response, heard->password) ? HEARD_PASSWORD
                                                            : HEARD_ANSWER;
    if (heard->last == HEARD_ANSWER)
        return 0;
    conversation_forget(response);
    return -1;
}

static int inform(void *context, const char *text)
{
    const struct heard *heard = context;

    return conversation_inform(heard->conversation, text);
}

struct conversation heard_conversation(struct heard *heard)
{
    return (struct conversation){.prompt = prompt, .inform = inform, .context = heard};
}

void heard_explain(const struct heard *heard, uid_t uid, bool ssh, struct fault *fault)
{
    if (heard->last == HEARD_DUMMY && uid == 0)
        fault_set(fault, "sshd answered in root's place and will not let root in with a code, also behind a key: "
                  "PermitRootLogin in sshd_config must be \"yes\" for that");
    else if (heard->last == HEARD_DUMMY)
        fault_set(fault, "sshd answered in the user's place and will not let this user in, whatever is typed: see DenyUsers, "
                  "AllowUsers, DenyGroups and AllowGroups in sshd_config, and the user's login shell");
    else if (heard->last == HEARD_PASSWORD)
        fault_set(fault, "the answer is the password%s", ssh ? ": sshd gives it where PasswordAuthentication in sshd_config "
                  "is \"yes\", and it must be \"no\"" : "");
}
