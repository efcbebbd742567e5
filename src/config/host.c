/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: a login belongs to one SVM, decided by root's file and by what sshd says of the connection.
 * What MUST NOT happen: a rule that asks for something unknown about the login matching it; the client's own
 * environment taking part.
 */
#include "config/host.h"

#include "base/network.h"

#include <fnmatch.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOST_SIZE_MAX (1024 * 1024)

static const char *expect_network(const char *value)
{
    return value[0] == '\0' ? NULL : network_expect(value);
}

static const char *expect_name(const char *value)
{
    return name_is_valid(value) ? NULL : "a name without '/', not starting with '.' or '-'";
}

static const char *expect_name_or_empty(const char *value)
{
    return value[0] == '\0' ? NULL : expect_name(value);
}

static const char *expect_path(const char *value)
{
    return value[0] == '/' ? NULL : "an absolute path";
}

#define FIELD(member) .offset = offsetof(struct host_rule, member), .size = sizeof(((struct host_rule *)0)->member)
static const struct conf_field rule_fields[] = {
    {.name = "svm", .type = CONF_STRING, .required = true, FIELD(svm), .expect = expect_name},
    {.name = "local_address", .type = CONF_STRING, FIELD(local_address), .expect = expect_network},
    {.name = "service", .type = CONF_STRING, FIELD(service)},
    {.name = "user", .type = CONF_STRING, FIELD(user)},
    {0},
};
#undef FIELD

static const char *expect_endpoint(const char *value)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]";

    return strncmp(value, "https://", 8) == 0 && value[8] != '\0' && value[8 + strspn(value + 8, allowed)] == '\0'
               ? NULL
               : "https://HOST:PORT";
}

/* Also a name of a file, and of what `meta` says between blanks. */
static const char *expect_fleet(const char *value)
{
    return name_is_valid(value) && strchr(value, ' ') == NULL ? NULL : "a name without '/' or blanks";
}

#define FIELD(member) .offset = offsetof(struct host_fleet, member), .size = sizeof(((struct host_fleet *)0)->member)
static const struct conf_field fleet_fields[] = {
    {.name = "name", .type = CONF_STRING, .required = true, FIELD(name), .expect = expect_fleet},
    {.name = "endpoints", .type = CONF_STRINGS, .required = true, .offset = offsetof(struct host_fleet, endpoints),
     .size = HOST_ENDPOINT_SIZE, .min = 1, .max = 9, .expect = expect_endpoint},
    {.name = "ca_file", .type = CONF_STRING, .required = true, FIELD(ca_file), .expect = expect_path},
    {.name = "cert_file", .type = CONF_STRING, .required = true, FIELD(cert_file), .expect = expect_path},
    {.name = "key_file", .type = CONF_STRING, .required = true, FIELD(key_file), .expect = expect_path},
    {.name = "clock_skew_max", .type = CONF_INT, FIELD(clock_skew_max), .min = 0, .max = 600},
    {.name = "timeout", .type = CONF_INT, FIELD(timeout), .min = 0, .max = 30},
    {0},
};
#undef FIELD

#define FIELD(member) .offset = offsetof(struct host, member), .size = sizeof(((struct host *)0)->member)
const struct conf_field host_fields[] = {
    {.name = "default_svm", .type = CONF_STRING, FIELD(default_svm), .expect = expect_name_or_empty},
    {.name = "svm_rules", .type = CONF_LIST, .offset = offsetof(struct host, svm_rules),
     .size = sizeof(struct host_rule), .fields = rule_fields},
    {.name = "state_dir", .type = CONF_STRING, FIELD(state_dir), .expect = expect_path},
    {.name = "svm_dir", .type = CONF_STRING, FIELD(svm_dir), .expect = expect_path},
    {.name = "seal_key", .type = CONF_STRING, FIELD(seal_key), .expect = expect_path},
    {.name = "duo_helper", .type = CONF_STRING, FIELD(duo_helper), .expect = expect_path},
    {.name = "fleets", .type = CONF_LIST, .offset = offsetof(struct host, fleets), .size = sizeof(struct host_fleet),
     .fields = fleet_fields},
    {.name = "store_socket", .type = CONF_STRING, FIELD(store_socket), .expect = expect_path},
    {.name = "seal_dir", .type = CONF_STRING, FIELD(seal_dir), .expect = expect_path},
    {0},
};
#undef FIELD

/* What the table cannot say: names are told apart, and what is not given has a default. */
static int check_fleets(const char *path, struct host *host, struct fault *fault)
{
    struct host_fleet *fleets = host->fleets.items;

    for (size_t i = 0; i < host->fleets.count; i++) {
        if (fleets[i].clock_skew_max == 0)
            fleets[i].clock_skew_max = 10;
        if (fleets[i].timeout == 0)
            fleets[i].timeout = 5;
        if (host_fleet(host, fleets[i].name) != &fleets[i])
            return fault_set(fault, "%s: fleets has \"%s\" twice", path, fleets[i].name);
    }
    return 0;
}

int host_read(const char *path, struct host *host, struct fault *fault)
{
    const struct file_rule rule = {.owner = 0, .linked = true, .forbidden = 022, .mode = 0644, .size_max = HOST_SIZE_MAX};
    struct file_data data;
    int result = -1;

    *host = (struct host){
        .default_svm = "cluster",
        .state_dir = PAM_MFA_STATE_DIR,
        .svm_dir = PAM_MFA_CONF_DIR "/svm",
        .seal_key = PAM_MFA_CONF_DIR "/seal.key",
        .duo_helper = PAM_MFA_LIBEXEC_DIR "/mfa-duo",
        .store_socket = "/run/pam_mfa/store.sock",
        .seal_dir = PAM_MFA_CONF_DIR "/seal.d",
    };
    switch (file_read_path(path, &rule, &data, fault)) {
    case FOUND: result = conf_parse(path, data.data, data.length, host_fields, host, fault); break;
    case FOUND_NOTHING: fault_set(fault, "%s: does not exist; run: mfactl init", path); break;
    case FOUND_FAULT: break;
    }
    file_data_free(&data);
    if (result == 0)
        result = check_fleets(path, host, fault);
    if (result != 0)
        host_free(host);
    return result;
}

void host_free(struct host *host)
{
    conf_free(host_fields, host);
}

const struct host_fleet *host_fleet(const struct host *host, const char *name)
{
    const struct host_fleet *fleets = host->fleets.items;

    for (size_t i = 0; i < host->fleets.count; i++)
        if (strcmp(fleets[i].name, name) == 0)
            return &fleets[i];
    return NULL;
}

/* A backslash is one: in `CORP\\*` it belongs to the names of a domain, and nothing is escaped in a pattern. */
static bool user_matches(const char *pattern, const char *user)
{
    return fnmatch(pattern, user, FNM_NOESCAPE) == 0;
}

static bool rule_matches(const struct host_rule *rule, const struct host_login *login, const struct network *local)
{
    struct network network;

    if (rule->local_address[0] != '\0' &&
        (local == NULL || network_parse(rule->local_address, &network) != 0 || !network_holds(&network, local)))
        return false;
    if (rule->service[0] != '\0' && (login->service == NULL || strcmp(rule->service, login->service) != 0))
        return false;
    if (rule->user[0] != '\0' && (login->user == NULL || !user_matches(rule->user, login->user)))
        return false;
    return true;
}

const char *host_svm(const struct host *host, const struct host_login *login, int *rule, struct fault *fault)
{
    const struct host_rule *rules = host->svm_rules.items;
    struct network local;
    bool local_known = login->local_address != NULL && network_parse(login->local_address, &local) == 0;

    for (size_t i = 0; i < host->svm_rules.count; i++) {
        if (rule_matches(&rules[i], login, local_known ? &local : NULL)) {
            *rule = (int)i;
            return rules[i].svm;
        }
    }
    *rule = -1;
    if (host->default_svm[0] != '\0')
        return host->default_svm;
    fault_set(fault, "no svm_rules entry matches this login and default_svm is empty; add a rule, or set default_svm");
    return NULL;
}

bool host_is_address(const char *text)
{
    struct network network;

    return network_is_address(text, &network);
}

/* Whether whatever LATER asks for, an empty or equal wish of EARLIER's takes already. */
static bool covers(const struct host_rule *earlier, const struct host_rule *later)
{
    struct network wide, narrow;
    bool user = earlier->user[0] == '\0' || strcmp(earlier->user, "*") == 0 || strcmp(earlier->user, later->user) == 0,
         service = earlier->service[0] == '\0' || strcmp(earlier->service, later->service) == 0;

    if (!user || !service || earlier->local_address[0] == '\0')
        return user && service;
    return later->local_address[0] != '\0' && network_parse(earlier->local_address, &wide) == 0 &&
           network_parse(later->local_address, &narrow) == 0 && network_holds(&wide, &narrow);
}

int host_covering_rule(const struct host *host, size_t index)
{
    const struct host_rule *rules = host->svm_rules.items;

    for (size_t i = 0; i < index; i++)
        if (covers(&rules[i], &rules[index]))
            return (int)i;
    return -1;
}

int host_local_address(const char *value, char out[64])
{
    char client[64], client_port[8], port[8];
    int end = 0;

    out[0] = '\0';
    if (value == NULL ||
        sscanf(value, "%63s %7s %63s %7s%n", client, client_port, out, port, &end) != 4 || value[end] != '\0' ||
        !host_is_address(out)) {
        out[0] = '\0';
        return -1;
    }
    return 0;
}
