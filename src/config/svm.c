/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/svm.h"

#include "config/duty.h"
#include "config/member.h"
#include "base/file.h"
#include "base/shell.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define SVM_SIZE_MAX (64 * 1024)
#define FACTOR_SIZE 8

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

static const char *expect_day(const char *value)
{
    return value[0] == '\0' || duty_day_end(value) >= 0 ? NULL : "a day such as \"2027-01-31\", or \"\" for none";
}

static const struct conf_field network_fields[] = {
    {.name = "addresses", .type = CONF_STRINGS, .required = true, .offset = offsetof(struct svm_network, addresses),
     .size = NETWORK_TEXT_SIZE, .min = 1, .max = 256, .expect = network_expect},
    {.name = "factors", .type = CONF_STRINGS, .required = true, .offset = offsetof(struct svm_network, factor_names),
     .size = FACTOR_SIZE, .max = SVM_FACTORS_MAX, .expect = expect_factor},
    {0},
};

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
    {.name = "required_groups", .type = CONF_STRINGS, .offset = offsetof(struct svm, totp.required_groups),
     .size = GROUP_NAME_SIZE},
    {.name = "exempt_groups", .type = CONF_STRINGS, .offset = offsetof(struct svm, totp.exempt_groups),
     .size = GROUP_NAME_SIZE},
    {.name = "enrol_by", .type = CONF_STRING, FIELD(totp.enrol_by), .expect = expect_day},
    {0},
};
const struct conf_field svm_fields[] = {
    {.name = "owner", .type = CONF_GROUP, .required = true, .fields = owner_fields},
    {.name = "comment", .type = CONF_STRING, FIELD(comment)},
    {.name = "factors", .type = CONF_STRINGS, .offset = offsetof(struct svm, factor_names), .size = FACTOR_SIZE, .min = 1,
     .max = SVM_FACTORS_MAX, .expect = expect_factor},
    {.name = "networks", .type = CONF_LIST, .offset = offsetof(struct svm, networks), .size = sizeof(struct svm_network),
     .max = 256, .fields = network_fields},
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

/* NAMES as values, of which none may be there twice. */
static int check_factors(const char *path, const struct conf_array *names, enum factor *factors, struct fault *fault)
{
    const char (*words)[FACTOR_SIZE] = names->items;

    for (size_t i = 0; i < names->count; i++) {
        factors[i] = strcmp(words[i], factor_words[FACTOR_DUO]) == 0 ? FACTOR_DUO : FACTOR_TOTP;
        if (i > 0 && factors[i] == factors[i - 1])
            return fault_set(fault, "%s: factors has \"%s\" twice", path, words[i]);
    }
    return 0;
}

/* What the table cannot say: how values depend on each other and on the directory. */
static int check(const char *path, const char *name, struct svm *svm, struct fault *fault)
{
    struct svm_network *networks = svm->networks.items;

    if (strcmp(svm->name, name) != 0)
        return fault_set(fault, "%s: owner.name is \"%s\", expected \"%s\", the name of its directory", path, svm->name,
                         name);
    if (check_factors(path, &svm->factor_names, svm->factors, fault) != 0)
        return -1;
    for (size_t i = 0; i < svm->networks.count; i++) {
        if (check_factors(path, &networks[i].factor_names, networks[i].factors, fault) != 0)
            return -1;
        networks[i].factor_count = networks[i].factor_names.count;
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

const struct svm_network *svm_network(const struct svm *svm, const char *rhost)
{
    const struct svm_network *networks = svm->networks.items;
    struct network remote, listed;

    if (rhost == NULL || !network_is_address(rhost, &remote))
        return NULL;
    for (size_t i = 0; i < svm->networks.count; i++) {
        const char (*addresses)[NETWORK_TEXT_SIZE] = networks[i].addresses.items;

        for (size_t j = 0; j < networks[i].addresses.count; j++)
            if (network_parse(addresses[j], &listed) == 0 && network_holds(&listed, &remote))
                return &networks[i];
    }
    return NULL;
}

bool svm_has_factor(const struct svm *svm, enum factor factor)
{
    const struct svm_network *networks = svm->networks.items;
    bool has = false;

    for (size_t i = 0; i < svm->factor_count; i++)
        has = has || svm->factors[i] == factor;
    for (size_t i = 0; i < svm->networks.count; i++)
        for (size_t j = 0; j < networks[i].factor_count; j++)
            has = has || networks[i].factors[j] == factor;
    return has;
}

/* No network of one's own is so wide: under /8 of IPv4, which is kept with 96 bits before it, and /16 of IPv6. */
static bool is_wide(const struct network *network)
{
    static const unsigned char four[12] = {[10] = 0xff, [11] = 0xff};

    return network->prefix < (memcmp(network->address, four, sizeof four) == 0 ? 96U + 8 : 16U);
}

bool svm_open_network(const struct svm *svm, size_t *index, const char **address)
{
    const struct svm_network *networks = svm->networks.items;
    struct network network;

    for (*index = 0; *index < svm->networks.count; ++*index) {
        const char (*addresses)[NETWORK_TEXT_SIZE] = networks[*index].addresses.items;

        for (size_t j = 0; networks[*index].factor_count == 0 && j < networks[*index].addresses.count; j++) {
            *address = addresses[j];
            if (network_parse(addresses[j], &network) == 0 && is_wide(&network))
                return true;
        }
    }
    return false;
}
