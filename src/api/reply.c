/* SPDX-License-Identifier: BSD-2-Clause */
#include "api/reply.h"

#include "base/crypto.h"
#include "records/json.h"

#include <stdarg.h>
#include <stdlib.h>

static const struct {
    int status;
    const char *code;
} codes[] = {
    [REPLY_EXISTS] = {409, "1"},
    [REPLY_INVALID] = {400, "2"},
    [REPLY_UNKNOWN_PATH] = {404, "3"},
    [REPLY_NOT_THERE] = {404, "4"},
    [REPLY_DENIED] = {403, "6"},
    [REPLY_METHOD] = {405, "405"},
    [REPLY_UNEXPECTED] = {400, "262179"},
    [REPLY_TOTP_NOT_USED] = {400, "144834561"},
    [REPLY_TOTP_ADMIN] = {403, "144834564"},
    [REPLY_TOTP_ENABLED] = {400, "144834565"},
    [REPLY_TOTP_NOT_THERE] = {404, "144834566"},
    [REPLY_FAILED] = {500, "500"},
    [REPLY_UNAVAILABLE] = {503, "503"},
};

int reply_open(struct reply *reply, struct answer *answer)
{
    *reply = (struct reply){.answer = answer};
    *answer = (struct answer){.status = 200};
    reply->out = open_memstream(&reply->text, &reply->length);
    return reply->out == NULL ? -1 : 0;
}

int reply_error(struct reply *reply, enum reply_code code, const char *target, const char *format, ...)
{
    struct answer *answer = reply->answer;
    char message[700];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    answer->status = codes[code].status;
    snprintf(answer->code, sizeof answer->code, "%s", codes[code].code);
    answer->secret = answer->hal = false;
    answer->location[0] = '\0';
    rewind(reply->out);
    fprintf(reply->out, reply->is_vault ? "{\n  \"errors\": [\n    " : "{\n  \"error\": {\n    \"message\": ");
    json_string(reply->out, message);
    if (!reply->is_vault) {
        fprintf(reply->out, ",\n    \"code\": \"%s\",\n", codes[code].code);
        if (target != NULL) {
            fputs("    \"target\": ", reply->out);
            json_string(reply->out, target);
            fputs(",\n", reply->out);
        }
    }
    fputs(reply->is_vault ? "\n  ]\n}\n" : "    \"arguments\": []\n  }\n}\n", reply->out);
    return -1;
}

int reply_fault(struct reply *reply, const struct fault *fault)
{
    bool passes = fault->class == FAULT_BUSY || fault->class == FAULT_UNAVAILABLE;

    return reply_error(reply, passes ? REPLY_UNAVAILABLE : REPLY_FAILED, NULL, "%s", fault->text);
}

void reply_empty(struct reply *reply, int status)
{
    reply->answer->status = status;
    rewind(reply->out);
    if (status != 204)
        fputs("{\n}\n", reply->out);
}

size_t reply_length(const struct reply *reply)
{
    long at = ftell(reply->out);

    return at < 0 ? 0 : (size_t)at;
}

int reply_close(struct reply *reply)
{
    long length = ftell(reply->out); /* an error may have taken the place of a longer text */
    bool failed = length < 0 || ferror(reply->out) != 0;

    if (fclose(reply->out) != 0 || failed || length > LIMIT_REPLY) {
        if (reply->text != NULL)
            crypto_wipe(reply->text, reply->length);
        free(reply->text);
        return -1;
    }
    reply->answer->body = reply->text;
    reply->answer->length = (size_t)length;
    return 0;
}
