/* SPDX-License-Identifier: BSD-2-Clause */
/* What MUST NOT happen: the secret key, or the password of a proxy, in a record. */
#include "admin/admin_duo.h"

#include "admin/admin_svm.h"
#include "admin/duo_edit.h"
#include "base/shell.h"
#include "config/duo_user.h"
#include "duo/duo_check.h"

#include <stdio.h>
#include <string.h>

const struct record_field admin_duo_fields[] = {
    {"owner.uuid", VALUE_STRING, .flags = RECORD_KEY | RECORD_EARLY},
    {"owner.name", VALUE_STRING, .flags = RECORD_KEY | RECORD_EARLY | RECORD_LISTED},
    {"api_host", VALUE_STRING, .flags = RECORD_LISTED},
    {"auto_push", VALUE_BOOLEAN, .flags = 0},
    {"ca_file", VALUE_STRING, .flags = 0},
    {"comment", VALUE_STRING, .flags = 0},
    {"fail_mode", VALUE_STRING, .flags = RECORD_LISTED, .words = duo_fail_mode_words},
    {"fingerprint", VALUE_STRING, .flags = 0},
    {"http_proxy", VALUE_STRING, .flags = 0},
    {"integration_key", VALUE_STRING, .flags = 0},
    {"is_enabled", VALUE_BOOLEAN, .flags = RECORD_LISTED},
    {"max_prompts", VALUE_INTEGER, .min = 1, .max = DUO_PROMPTS_MAX},
    {"mount_accessor", VALUE_STRING, .flags = 0},
    {"push_info", VALUE_STRING, .flags = 0}, /* or true, or false */
    {"status", VALUE_STRING, .flags = RECORD_COSTLY},
    {"timeout", VALUE_INTEGER, .min = 1, .max = DUO_TIMEOUT_MAX},
    {"username_format", VALUE_STRING, .flags = 0},
    {0},
};

const char *const admin_duo_settings[] = {
    "api_host", "auto_push", "ca_file", "comment", "fail_mode", "http_proxy", "integration_key", "is_enabled",
    "max_prompts", "mount_accessor", "push_info", "secret_key", "timeout", "username_format", NULL,
};

static const char *const required[] = {"api_host", "integration_key", "secret_key", NULL};

/* The table of the group `duo`, whose settings have the names of the record's fields. */
static const struct conf_field *settings_table(void)
{
    return setting_find(duo_profile_fields, "duo")->fields;
}

static enum result apply(struct duo_edit *edit, const struct setting *settings, size_t count, struct fault *fault)
{
    if (setting_set_all(settings_table(), &edit->profile, settings, count, fault) != 0)
        return RESULT_INVALID;
    /* What could only fail at a login. Of a profile that is changed elsewhere, what was there before is left alone. */
    for (size_t i = 0; i < count; i++)
        if ((strcmp(settings[i].name, "ca_file") == 0 && duo_check_ca_file(edit->profile.ca_file, fault) != 0) ||
            (strcmp(settings[i].name, "username_format") == 0 &&
             duo_user_check_format(edit->profile.username_format, fault) != 0))
            return RESULT_INVALID;
    return duo_edit_write(edit, fault);
}

enum result admin_duo_create(const struct host *host, const char *svm, const struct setting *settings, size_t count,
                             struct fault *fault)
{
    struct duo_edit edit;
    enum result result;

    for (size_t i = 0; required[i] != NULL; i++) {
        bool given = false;

        for (size_t j = 0; j < count; j++)
            given = given || strcmp(settings[j].name, required[i]) == 0;
        if (!given) {
            fault_set_field(fault, required[i], "%s is missing", required[i]);
            return RESULT_INVALID;
        }
    }
    result = duo_edit_begin(&edit, host, svm, fault);
    if (result == RESULT_DONE && edit.found == FOUND) {
        fault_set(fault, "SVM \"%.64s\" has a Duo profile already; change it with: mfactl duo modify --svm %s", svm,
                  shell_word(svm).text);
        result = RESULT_EXISTS;
    }
    if (result == RESULT_DONE)
        result = apply(&edit, settings, count, fault);
    duo_edit_end(&edit);
    return result;
}

enum result admin_duo_modify(const struct host *host, const char *svm, const struct setting *settings, size_t count,
                             struct fault *fault)
{
    struct duo_edit edit;
    enum result result = duo_edit_begin_existing(&edit, host, svm, fault);

    if (result == RESULT_DONE)
        result = apply(&edit, settings, count, fault);
    duo_edit_end(&edit);
    return result;
}

enum result admin_duo_delete(const struct host *host, const char *svm, struct fault *fault)
{
    struct duo_edit edit;
    enum result result = duo_edit_begin_existing(&edit, host, svm, fault);

    /* A broken profile can be removed too; that it is broken is no reason to keep it. */
    if (result == RESULT_FAILED && edit.place.dir.fd >= 0)
        result = RESULT_DONE;
    if (result == RESULT_DONE && file_remove(&edit.place.dir, "duo.conf", fault) != 0)
        result = RESULT_FAILED;
    duo_edit_end(&edit);
    return result;
}

/* The proxy without the password for it. */
static void set_proxy(struct record *record, const char *proxy)
{
    const char *start = strstr(proxy, "//"), *at = strrchr(proxy, '@'), *colon;
    char shown[300];

    start = start == NULL ? proxy : start + 2;
    colon = strchr(start, ':');
    if (at == NULL || colon == NULL || colon > at)
        record_set_string(record, "http_proxy", proxy);
    else {
        snprintf(shown, sizeof shown, "%.*s:***%s", (int)(colon - proxy), proxy, at);
        record_set_string(record, "http_proxy", shown);
    }
}

static void fill(struct record *record, const struct duo_profile *profile)
{
    char fingerprint[65];

    for (size_t i = 0; admin_duo_fields[i].name != NULL; i++)
        if (setting_get(settings_table(), profile, admin_duo_fields[i].name, &record->values[i]) != 0)
            record->incomplete = true;
    set_proxy(record, profile->http_proxy);
    if (crypto_sha256_hex(profile->secret_key, strlen(profile->secret_key), fingerprint) == 0)
        record_set_string(record, "fingerprint", fingerprint);
    else
        record->incomplete = true;
}

/* "OK", or a short reason. */
static void fill_status(struct record *record, const struct host *host, const struct svm *svm)
{
    struct fault words;

    switch (duo_check(host, svm->name, &words)) {
    case DUO_CHECK_OK: record_set_string(record, "status", "OK"); break;
    case DUO_CHECK_NO_PROFILE: break; /* removed meanwhile */
    case DUO_CHECK_FAILED: record_set_string(record, "status", words.text); break;
    }
}

static int show_svm(const struct show *show, const struct svm *svm, const void *context, struct fault *fault)
{
    struct record record = {.fields = admin_duo_fields};
    struct duo_profile profile;
    enum found found = FOUND_NOTHING;
    struct fault broken;
    int result = 0;

    (void)context;
    admin_set_owner(&record, svm);
    if (!query_excludes(show->run->query, &record))
        found = duo_profile_read_own(show->host, svm->name, &profile, &broken);
    switch (found) {
    case FOUND_NOTHING: break;
    case FOUND_FAULT:
        report_line(show->problems, "%s", broken.text);
        result = query_offer(show->run, &record, fault);
        break;
    case FOUND:
        fill(&record, &profile);
        duo_profile_free(&profile);
        if (query_needs(show->run->query, "status"))
            fill_status(&record, show->host, svm);
        result = query_offer(show->run, &record, fault);
        break;
    }
    record_free(&record);
    return result;
}

int admin_duo_show(const struct show *show, struct fault *fault)
{
    return admin_for_each_svm(show, show_svm, NULL, fault);
}

enum result admin_duo_check(const struct host *host, const char *svm, struct fault *fault)
{
    struct svm read;
    enum result result = admin_svm_read(host, svm, &read, fault);

    if (result != RESULT_DONE)
        return result;
    svm_free(&read);
    switch (duo_check(host, svm, fault)) {
    case DUO_CHECK_OK: return RESULT_DONE;
    case DUO_CHECK_NO_PROFILE: return RESULT_NOT_THERE;
    case DUO_CHECK_FAILED: break;
    }
    return RESULT_FAILED;
}
