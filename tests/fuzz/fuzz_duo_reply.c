/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as each of Duo's replies, and what the helper makes of them. */
#include "helper/duo_menu.h"
#include "helper/duo_reply.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const inputs[] = {"", "1", "2", "push", "push2", "phone", "sms", "123456", "99"};
    static struct duo_preauth preauth;
    static struct duo_menu menu;
    static char text[DUO_MENU_SIZE];
    const char *reply = (const char *)data;
    struct duo_status status;
    struct duo_failure failure;
    const struct duo_option *option;
    long long time;

    if (duo_reply_preauth(reply, size, &preauth) == 0) {
        assert(preauth.result != DUO_RESULT_NONE && preauth.result != DUO_RESULT_WAITING);
        assert((preauth.txid[0] != '\0') == (preauth.verification_code[0] != '\0'));
        duo_menu_make(&menu, &preauth);
        duo_menu_text(&menu, "user", text);
        assert(strlen(text) < sizeof text);
        for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++)
            if (duo_menu_pick(&menu, inputs[i], &option) == DUO_PICK_OPTION)
                assert(option->value[0] != '\0' && strlen(option->value) < DUO_ID_SIZE);
    } else
        assert(preauth.result == DUO_RESULT_NONE);
    if (duo_reply_status(reply, size, &status) == 0)
        assert(status.result != DUO_RESULT_NONE || status.txid[0] != '\0');
    else
        assert(status.result == DUO_RESULT_NONE && status.txid[0] == '\0');
    if (duo_reply_time(reply, size, &time) == 0)
        assert(time > 0);
    duo_reply_failure(reply, size, &failure);
    assert(failure.code >= 0 && strlen(failure.message) < sizeof failure.message);
    return 0;
}
