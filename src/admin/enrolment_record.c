/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/enrolment_record.h"

const struct record_field enrolment_record_fields[] = {
    {"owner.uuid", VALUE_STRING, .flags = RECORD_KEY},
    {"owner.name", VALUE_STRING, .flags = RECORD_KEY},
    {"account.name", VALUE_STRING, .flags = RECORD_KEY},
    {"comment", VALUE_STRING, .flags = 0},
    {"enabled", VALUE_BOOLEAN, .flags = 0},
    {"scope", VALUE_STRING, .flags = 0},
    {"sha_fingerprint", VALUE_STRING, .flags = 0},
    {"secret_key", VALUE_STRING, .flags = 0},
    {"install_url", VALUE_STRING, .flags = 0},
    {"verification_code", VALUE_STRING, .flags = 0},
    {"emergency_codes", VALUE_STRINGS, .flags = 0},
    {0},
};

void enrolment_record(struct record *record, const struct svm *svm, const struct profile *profile)
{
    *record = (struct record){.fields = enrolment_record_fields};
    record_set_string(record, "owner.uuid", svm->uuid);
    record_set_string(record, "owner.name", svm->name);
    record_set_string(record, "account.name", profile->user);
    record_set_string(record, "comment", profile->comment);
    record_set_boolean(record, "enabled", profile->enabled);
    record_set_string(record, "scope", svm_scope_words[svm->scope]);
    record_set_string(record, "sha_fingerprint", profile->sha_fingerprint);
}

void enrolment_record_secrets(struct record *record, const struct enrolment *enrolment, const char *uri, long long now)
{
    const struct otp otp = profile_otp(&enrolment->profile, &enrolment->secrets);
    char key[BASE32_SIZE(PROFILE_KEY_MAX)], code[OTP_CODE_SIZE] = "";

    if (uri != NULL) {
        enrolment_key(enrolment, key);
        record_set_string(record, "secret_key", key);
        record_set_string(record, "install_url", uri);
        if (otp_code(&otp, otp_step(&otp, now), code) == 0)
            record_set_string(record, "verification_code", code);
        crypto_wipe(key, sizeof key);
        crypto_wipe(code, sizeof code);
    }
    for (size_t i = 0; i < enrolment->secrets.code_count; i++)
        record_add_string(record, "emergency_codes", enrolment->codes[i]);
}
