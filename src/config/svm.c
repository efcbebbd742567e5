/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/svm.h"

#include "base/file.h"
#include "base/shell.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define SVM_SIZE_MAX (64 * 1024)

const char *const factor_words[] = {"totp", "duo", NULL};
const char *const self_enrolment_words[] = {"after_duo", "open", "closed", NULL};
const char *const svm_scope_words[] = {"cluster", "svm", NULL};
static const char *const store_words[] = {"files", "fleet", "moving", NULL};
static const char *const offline_words[] = {"deny", "next_factor", "local_codes", NULL};

static const char *expect_uuid(const char *value)
{
    for (size_t i = 0; i < 36; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash ? value[i] != '-' : !isxdigit((unsigned char)value[i]))
            return "a UUID such as 5f618c80-d90a-11ed-a6e6-0050568e8ef2";
    }
    return NULL;
}

static const char *expect_factor(const char *value)
{
    return strcmp(value, factor_words[FACTOR_TOTP]) == 0 || strcmp(value, factor_words[FACTOR_DUO]) == 0
               ? NULL
               : "\"totp\" or \"duo\"";
}

/* The key URI separates issuer and account by a colon. */
static const char *expect_issuer(const char *value)
{
    return strchr(value, ':') == NULL ? NULL : "an issuer without a colon";
}

#define FIELD(member) .offset = offsetof(struct svm, member), .size = sizeof(((struct svm *)0)->member)
static const struct conf_field owner_fields[] = {
    {.name = "name", .type = CONF_STRING, .required = true, FIELD(name), .min = 1, .max = NAME_SIZE - 1},
    {.name = "uuid", .type = CONF_STRING, .required = true, FIELD(uuid), .min = 36, .max = 36, .expect = expect_uuid},
    {.name = "scope", .type = CONF_WORD, .required = true, FIELD(scope), .words = svm_scope_words},
    {0},
};
static const struct conf_field totp_fields[] = {
    {.name = "issuer", .type = CONF_STRING, FIELD(totp.issuer), .expect = expect_issuer},
    {.name = "algorithm", .type = CONF_WORD, FIELD(totp.algorithm), .words = otp_algorithm_words},
    {.name = "digits", .type = CONF_INT, FIELD(totp.digits), .expect_number = otp_expect_digits},
    {.name = "period", .type = CONF_INT, FIELD(totp.period), .min = 15, .max = 120},
    {.name = "window", .type = CONF_INT, FIELD(totp.window), .min = 0, .max = 10},
    {.name = "key_bytes", .type = CONF_INT, FIELD(totp.key_bytes), .min = 16, .max = 64},
    {.name = "emergency_codes", .type = CONF_INT, FIELD(totp.emergency_codes), .min = 0, .max = 10},
    {0},
};
const struct conf_field svm_fields[] = {
    {.name = "owner", .type = CONF_GROUP, .required = true, .fields = owner_fields},
    {.name = "comment", .type = CONF_STRING, FIELD(comment)},
    {.name = "factors", .type = CONF_STRINGS, .offset = offsetof(struct svm, factor_names), .size = 8, .min = 1,
     .max = SVM_FACTORS_MAX, .expect = expect_factor},
    {.name = "self_enrolment", .type = CONF_WORD, FIELD(self_enrolment), .words = self_enrolment_words},
    {.name = "totp", .type = CONF_GROUP, .fields = totp_fields},
    {.name = "store", .type = CONF_WORD, FIELD(store), .words = store_words},
    {.name = "fleet", .type = CONF_STRING, FIELD(fleet)},
    {.name = "offline", .type = CONF_WORD, FIELD(offline), .words = offline_words},
    {0},
};
#undef FIELD

void svm_defaults(struct svm *svm, const char *name)
{
    *svm = (struct svm){
        .scope = strcmp(name, "cluster") != 0,
        .factors = {FACTOR_TOTP, FACTOR_DUO},
        .factor_count = 2,
        .totp = {.algorithm = CRYPTO_SHA1, .digits = 6, .period = 30, .window = 1, .key_bytes = 20,
                 .emergency_codes = 5},
    };
    snprintf(svm->name, sizeof svm->name, "%s", name);
}

/* What the table cannot say: how values depend on each other and on the directory. */
static int check(const char *path, const char *name, struct svm *svm, struct fault *fault)
{
    const char (*names)[8] = svm->factor_names.items;

    if (strcmp(svm->name, name) != 0)
        return fault_set(fault, "%s: owner.name is \"%s\", expected \"%s\", the name of its directory", path, svm->name,
                         name);
    for (size_t i = 0; i < svm->factor_names.count; i++) {
        svm->factors[i] = strcmp(names[i], factor_words[FACTOR_DUO]) == 0 ? FACTOR_DUO : FACTOR_TOTP;
        if (i > 0 && svm->factors[i] == svm->factors[i - 1])
            return fault_set(fault, "%s: factors has \"%s\" twice", path, names[i]);
    }
    if (svm->factor_names.count > 0)
        svm->factor_count = svm->factor_names.count;
    return 0;
}

int svm_parse(const char *path, const char *name, const char *text, size_t length, struct svm *svm,
              struct fault *fault)
{
    svm_defaults(svm, name);
    if (conf_parse(path, text, length, svm_fields, svm, fault) != 0)
        return -1;
    return check(path, name, svm, fault);
}

/* A store that is shared must be one that the host knows. */
static int check_store(const char *path, const struct host *host, const struct svm *svm, struct fault *fault)
{
    if (svm->store != SVM_STORE_FLEET || host_fleet(host, svm->fleet) != NULL)
        return 0;
    if (svm->fleet[0] == '\0')
        return fault_set(fault, "%s: store is \"fleet\", and fleet does not say which", path);
    return fault_set(fault, "%s: fleet is \"%s\", which is not among the fleets of this host's pam_mfa.conf", path, svm->fleet);
}

int svm_read(const struct host *host, const char *name, struct svm *svm, struct fault *fault)
{
    const struct file_rule rule = {.owner = 0, .linked = true, .forbidden = 022, .mode = 0644, .size_max = SVM_SIZE_MAX};
    struct dir parent = DIR_CLOSED, dir = DIR_CLOSED;
    struct file_data data = {0};
    char path[DIR_PATH_SIZE + 16];
    enum found found;
    int result = -1;

    svm_defaults(svm, name);
    if (!name_is_valid(name))
        return fault_set(fault, "the name of the SVM cannot be part of a path; expected no '/', no '.' or '-' at the "
                         "start, at most %d bytes", NAME_SIZE - 1);
    snprintf(path, sizeof path, "%s/%s/svm.conf", host->svm_dir, name);
    found = dir_open(&parent, NULL, host->svm_dir, 0, fault);
    if (found == FOUND)
        found = dir_open(&dir, &parent, name, 0, fault);
    if (found == FOUND)
        found = file_read(&dir, "svm.conf", &rule, &data, fault);
    if (found == FOUND_NOTHING && strcmp(name, "cluster") == 0)
        fault_set(fault, "%s: does not exist, so there is no SVM \"cluster\"; make it with: mfactl init", path);
    else if (found == FOUND_NOTHING)
        fault_set(fault, "%s: does not exist, so there is no SVM \"%s\"; make it with: mfactl svm create %s", path, name,
                  shell_word(name).text);
    if (found == FOUND)
        result = svm_parse(path, name, data.data, data.length, svm, fault);
    if (result == 0)
        result = check_store(path, host, svm, fault);
    file_data_free(&data);
    dir_close(&dir);
    dir_close(&parent);
    if (result != 0)
        svm_free(svm);
    return result;
}

void svm_free(struct svm *svm)
{
    conf_free(svm_fields, svm);
}
