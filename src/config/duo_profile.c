/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: the file with the secret key is root's and nobody else can read it.
 * What MUST NOT happen: an SVM whose own duo.conf is broken meeting the cluster's account in its place.
 */
#include "config/duo_profile.h"

#include "base/crypto.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define DUO_SIZE_MAX (8 * 1024 * 1024) /* entities may be many */
#define CLUSTER "cluster"

const char *const duo_fail_mode_words[] = {"safe", "secure", NULL};

/* Not isalnum(): that asks the host program's locale. */
static bool is_alnum(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Letters, digits and what else appears in a host name, an address or a port. */
static bool is_host(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!is_alnum(text[i]) && strchr(".-:[]", text[i]) == NULL)
            return false;
    return length > 0;
}

static const char *expect_host(const char *value)
{
    return is_host(value, strlen(value)) ? NULL : "a host name such as \"api-12345678.duosecurity.com\", without https://";
}

/* The integration key is the user name of HTTP's Basic scheme, where a colon would end it. */
static const char *expect_key(const char *value)
{
    for (const char *c = value; *c != '\0'; c++)
        if (!is_alnum(*c) && strchr("-._~", *c) == NULL)
            return "an integration key as Duo shows it, such as \"DIXXXXXXXXXXXXXXXXXX\"";
    return NULL;
}

static const char *expect_proxy(const char *value)
{
    static const char form[] = "\"host:port\" or \"http://user:password@host:port\"";
    const char *host = value, *at, *port;

    if (value[0] == '\0')
        return NULL;
    if (strncmp(host, "http://", 7) == 0)
        host += 7;
    at = strrchr(host, '@');
    if (at != NULL)
        host = at + 1;
    port = strrchr(host, ':');
    if (strchr(value, ' ') != NULL || port == NULL || !is_host(host, (size_t)(port - host)) || port[1] == '\0' ||
        strspn(port + 1, "0123456789") != strlen(port + 1) || strlen(port + 1) > 5)
        return form;
    return NULL;
}

static const char *expect_path_or_empty(const char *value)
{
    return value[0] == '\0' || value[0] == '/' ? NULL : "an absolute path, or nothing for the system's certificates";
}

static const char *expect_pairs(const char *value)
{
    for (const char *c = value; *c != '\0'; c++)
        if (!is_alnum(*c) && strchr("-._~%+=&", *c) == NULL)
            return "URL-encoded pairs such as \"Ticket=42&Site=Berlin\"";
    return NULL;
}

static const char *expect_format(const char *value)
{
    for (const char *open = strstr(value, "{{"); open != NULL; open = strstr(open + 2, "{{"))
        if (strstr(open, "}}") == NULL)
            return "a \"}}\" after every \"{{\"";
    return NULL;
}

#define FIELD(member) .offset = offsetof(struct duo_profile, member), .size = sizeof(((struct duo_profile *)0)->member)
static const struct conf_field duo_fields[] = {
    {.name = "is_enabled", .type = CONF_BOOL, FIELD(is_enabled)},
    {.name = "api_host", .type = CONF_STRING, .required = true, FIELD(api_host), .min = 1, .max = 253,
     .expect = expect_host},
    {.name = "integration_key", .type = CONF_STRING, .required = true, FIELD(integration_key), .min = 1, .max = 64,
     .expect = expect_key},
    {.name = "secret_key", .type = CONF_STRING, .required = true, FIELD(secret_key), .min = 1, .max = 128,
     .secret = true},
    {.name = "fail_mode", .type = CONF_WORD, FIELD(fail_mode), .words = duo_fail_mode_words},
    {.name = "auto_push", .type = CONF_BOOL, FIELD(auto_push)},
    {.name = "max_prompts", .type = CONF_INT, FIELD(max_prompts), .min = 1, .max = DUO_PROMPTS_MAX},
    {.name = "push_info", .type = CONF_SWITCH, FIELD(push_info), .expect = expect_pairs},
    {.name = "http_proxy", .type = CONF_STRING, FIELD(http_proxy), .expect = expect_proxy, .secret = true},
    {.name = "username_format", .type = CONF_STRING, FIELD(username_format), .expect = expect_format},
    {.name = "mount_accessor", .type = CONF_STRING, FIELD(mount_accessor)},
    {.name = "comment", .type = CONF_STRING, FIELD(comment)},
    {.name = "ca_file", .type = CONF_STRING, FIELD(ca_file), .expect = expect_path_or_empty},
    {.name = "timeout", .type = CONF_INT, FIELD(timeout), .min = 1, .max = DUO_TIMEOUT_MAX},
    {0},
};
#undef FIELD

#define FIELD(member) .offset = offsetof(struct duo_group, member), .size = sizeof(((struct duo_group *)0)->member)
static const struct conf_field group_fields[] = {
    {.name = "name", .type = CONF_STRING, .required = true, FIELD(name), .min = 1, .max = 64},
    {.name = "excluded_users", .type = CONF_STRINGS, .offset = offsetof(struct duo_group, excluded_users),
     .size = NAME_SIZE},
    {.name = "comment", .type = CONF_STRING, FIELD(comment)},
    {0},
};
#undef FIELD

#define FIELD(member) .offset = offsetof(struct duo_entity, member), .size = sizeof(((struct duo_entity *)0)->member)
static const struct conf_field entity_fields[] = {
    {.name = "name", .type = CONF_STRING, .required = true, FIELD(name), .min = 1, .max = 256},
    {.name = "aliases", .type = CONF_STRINGS, .offset = offsetof(struct duo_entity, aliases), .size = NAME_SIZE},
    {.name = "metadata", .type = CONF_MAP, FIELD(metadata)},
    {0},
};
#undef FIELD

const struct conf_field duo_profile_fields[] = {
    {.name = "duo", .type = CONF_GROUP, .required = true, .fields = duo_fields},
    {.name = "groups", .type = CONF_LIST, .offset = offsetof(struct duo_profile, groups),
     .size = sizeof(struct duo_group), .fields = group_fields},
    {.name = "entities", .type = CONF_LIST, .offset = offsetof(struct duo_profile, entities),
     .size = sizeof(struct duo_entity), .fields = entity_fields},
    {0},
};

void duo_profile_defaults(struct duo_profile *profile)
{
    *profile = (struct duo_profile){
        .is_enabled = true,
        .fail_mode = DUO_FAIL_SAFE,
        .max_prompts = 1,
        .push_info = {.on = true},
        .username_format = "{{alias.name}}",
        .timeout = 60,
    };
}

enum found duo_profile_read_own(const struct host *host, const char *svm, struct duo_profile *profile,
                                struct fault *fault)
{
    const struct file_rule rule = {.owner = 0, .linked = true, .forbidden = 0177, .mode = 0600, .size_max = DUO_SIZE_MAX};
    struct dir parent = DIR_CLOSED, dir = DIR_CLOSED;
    struct file_data data = {0};
    char path[DIR_PATH_SIZE + 16];
    enum found found;

    duo_profile_defaults(profile);
    if (!name_is_valid(svm)) {
        fault_set(fault, "the name of the SVM cannot be part of a path");
        return FOUND_FAULT;
    }
    found = dir_open(&parent, NULL, host->svm_dir, 0, fault);
    if (found == FOUND)
        found = dir_open(&dir, &parent, svm, 0, fault);
    if (found == FOUND)
        found = file_read(&dir, "duo.conf", &rule, &data, fault);
    if (found == FOUND) {
        snprintf(path, sizeof path, "%s/duo.conf", dir.path);
        if (conf_parse(path, data.data, data.length, duo_profile_fields, profile, fault) != 0)
            found = FOUND_FAULT;
    }
    file_data_free(&data);
    dir_close(&dir);
    dir_close(&parent);
    return found;
}

enum found duo_profile_read(const struct host *host, const char *svm, struct duo_profile *profile, const char **owner,
                            struct fault *fault)
{
    enum found found = duo_profile_read_own(host, svm, profile, fault);

    *owner = svm;
    if (found == FOUND_NOTHING && strcmp(svm, CLUSTER) != 0) {
        *owner = CLUSTER;
        found = duo_profile_read_own(host, CLUSTER, profile, fault);
    }
    return found;
}

void duo_profile_free(struct duo_profile *profile)
{
    conf_free(duo_profile_fields, profile);
    crypto_wipe(profile->secret_key, sizeof profile->secret_key);
    crypto_wipe(profile->http_proxy, sizeof profile->http_proxy);
}
