/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The pam_mfa authors */
/* What Duo's service, or whoever passes for it, sends. */
#include "duo_reply.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    struct duo_preauth preauth;
    struct duo_status status;
    struct duo_failure failure;
    long long time;

    if (duo_reply_preauth(text, size, &preauth) == 0) {
        MUST(preauth.device_count <= DUO_DEVICES_MAX && preauth.factor_count <= DUO_FACTORS_MAX);
        MUST(strlen(preauth.status_msg) < DUO_TEXT_SIZE && strlen(preauth.enroll_url) < DUO_TEXT_SIZE);
        MUST((preauth.txid[0] == '\0') == (preauth.verification_code[0] == '\0'));
    }
    if (duo_reply_status(text, size, &status) == 0)
        MUST(strlen(status.txid) < DUO_ID_SIZE && strlen(status.status) < sizeof status.status);
    if (duo_reply_time(text, size, &time) != 0)
        time = 0;
    duo_reply_failure(text, size, &failure);
    MUST(strlen(failure.message) < DUO_TEXT_SIZE);
    free(text);
    return 0;
}
