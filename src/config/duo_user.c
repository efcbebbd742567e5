/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: whoever the profile's groups cover is challenged, by primary or supplementary membership, whichever
 * part of the group database knows of it; and nobody is out of their reach while a part of it does not answer.
 * What MUST NOT happen: a name going to Duo that was not made whole: it could be another person's.
 */
#include "config/duo_user.h"

#include "config/group_sources.h"
#include "config/member.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_excluded(const struct duo_group *group, const char *user)
{
    const char (*users)[NAME_SIZE] = group->excluded_users.items;

    for (size_t i = 0; i < group->excluded_users.count; i++)
        if (strcmp(users[i], user) == 0)
            return true;
    return false;
}

enum found duo_user_in_scope(const struct duo_profile *profile, const struct account *account, struct fault *fault)
{
    const struct duo_group *listed = profile->groups.items;
    const char *missing = NULL;
    enum found found = FOUND_NOTHING;
    struct membership membership;

    if (profile->groups.count == 0)
        return FOUND;
    if (membership_open(&membership, account, fault) != 0)
        return FOUND_FAULT;
    for (size_t i = 0; found == FOUND_NOTHING && i < profile->groups.count; i++) {
        bool exists = false;

        found = membership_in(&membership, listed[i].name, &exists, fault);
        if (found == FOUND && is_excluded(&listed[i], account->name))
            found = FOUND_NOTHING;
        if (!exists)
            missing = listed[i].name;
    }
    membership_close(&membership);
    if (found == FOUND_NOTHING && missing != NULL) {
        fault_set(fault, "duo.conf lists group \"%.64s\", which does not exist, so it is unknown who is in it; make the "
                  "group, or take it off the list", missing);
        return FOUND_FAULT;
    }
    if (found == FOUND_NOTHING && group_sources_answer(account, fault) != 0)
        return FOUND_FAULT;
    return found;
}

/* The one entity that has ACCOUNT's name as an alias. FOUND_NOTHING: none. Two of them are a fault. */
static enum found find_entity(const struct duo_profile *profile, const struct account *account,
                              const struct duo_entity **entity, struct fault *fault)
{
    const struct duo_entity *entities = profile->entities.items;

    *entity = NULL;
    for (size_t i = 0; i < profile->entities.count; i++) {
        const char (*aliases)[NAME_SIZE] = entities[i].aliases.items;
        bool is_alias = false;

        for (size_t j = 0; j < entities[i].aliases.count; j++)
            is_alias = is_alias || strcmp(aliases[j], account->name) == 0;
        if (is_alias && *entity != NULL) {
            fault_set(fault, "\"%.64s\" is an alias of two entities, \"%.64s\" and \"%.64s\"", account->name,
                      (*entity)->name, entities[i].name);
            return FOUND_FAULT;
        }
        if (is_alias)
            *entity = &entities[i];
    }
    return *entity != NULL ? FOUND : FOUND_NOTHING;
}

static const char entity_metadata[] = "entity.metadata.";

int duo_user_check_format(const char *format, struct fault *fault)
{
    static const char *const known[] = {"alias.name", "alias.metadata.uid", "alias.metadata.gid", "alias.metadata.home",
                                        "alias.metadata.shell", "alias.metadata.svm", "alias.metadata.gecos",
                                        "alias.metadata.name", "entity.name", NULL};
    const char *open;

    for (; (open = strstr(format, "{{")) != NULL; format = open + 2) {
        size_t length = strcspn(open + 2, "}"), i = 0;

        while (known[i] != NULL && (strlen(known[i]) != length || strncmp(known[i], open + 2, length) != 0))
            i++;
        if (known[i] == NULL && (length < sizeof entity_metadata ||
                                 strncmp(open + 2, entity_metadata, sizeof entity_metadata - 1) != 0))
            return fault_set(fault, "username_format has {{%.*s}}, expected one of {{alias.name}}, {{entity.name}}, "
                             "{{entity.metadata.K}}, and {{alias.metadata.K}} with K one of uid, gid, home, shell, svm, "
                             "gecos, name",
                             (int)(length < 64 ? length : 64), open + 2);
    }
    return 0;
}

/* What is known about one login, for the placeholders. */
struct names {
    const char *svm;
    const struct account *account;
    const struct duo_entity *entity; /* NULL: none */
    char uid[16], gid[16];
    char name[ACCOUNT_GECOS_SIZE]; /* gecos up to its first comma */
};

/* The value of placeholder NAME; NULL: unknown, or without a value. */
static const char *value_of(const struct names *names, const char *name)
{
    const struct {
        const char *name, *value;
    } known[] = {
        {"alias.name", names->account->name},
        {"alias.metadata.uid", names->uid},
        {"alias.metadata.gid", names->gid},
        {"alias.metadata.home", names->account->home},
        {"alias.metadata.shell", names->account->shell},
        {"alias.metadata.svm", names->svm},
        {"alias.metadata.gecos", names->account->gecos},
        {"alias.metadata.name", names->name},
        {"entity.name", names->entity != NULL ? names->entity->name : NULL},
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(name, known[i].name) == 0)
            return known[i].value;
    if (names->entity != NULL && strncmp(name, entity_metadata, sizeof entity_metadata - 1) == 0) {
        const struct conf_pair *pairs = names->entity->metadata.items;

        for (size_t i = 0; i < names->entity->metadata.count; i++)
            if (strcmp(pairs[i].key, name + sizeof entity_metadata - 1) == 0)
                return pairs[i].value;
    }
    return NULL;
}

/* Appends LENGTH bytes of TEXT to OUT. */
static int append(char out[DUO_USERNAME_SIZE], const char *text, size_t length, struct fault *fault)
{
    size_t used = strlen(out);

    if (used + length >= DUO_USERNAME_SIZE)
        return fault_set(fault, "username_format makes a name of over %d bytes", DUO_USERNAME_SIZE - 1);
    memcpy(out + used, text, length);
    out[used + length] = '\0';
    return 0;
}

static int expand(const char *format, const struct names *names, char out[DUO_USERNAME_SIZE], struct fault *fault)
{
    out[0] = '\0';
    while (*format != '\0') {
        const char *open = strstr(format, "{{"), *close, *value;
        char name[128];

        if (open == NULL)
            return append(out, format, strlen(format), fault);
        close = strstr(open + 2, "}}");
        if (close == NULL)
            return fault_set(fault, "username_format has a \"{{\" without its \"}}\"");
        if (append(out, format, (size_t)(open - format), fault) != 0)
            return -1;
        snprintf(name, sizeof name, "%.*s", (int)(close - open - 2), open + 2);
        value = (size_t)(close - open - 2) < sizeof name ? value_of(names, name) : NULL;
        if (value == NULL || value[0] == '\0')
            return fault_set(fault, "username_format: {{%.64s}} is unknown or has no value for user \"%.64s\"; look at "
                             "entities in duo.conf", name, names->account->name);
        if (append(out, value, strlen(value), fault) != 0)
            return -1;
        format = close + 2;
    }
    return 0;
}

int duo_user_name(const struct duo_profile *profile, const char *svm, const struct account *account,
                  char out[DUO_USERNAME_SIZE], struct fault *fault)
{
    const char *format = profile->username_format[0] != '\0' ? profile->username_format : "{{alias.name}}";
    struct names names = {.svm = svm, .account = account};

    out[0] = '\0';
    snprintf(names.uid, sizeof names.uid, "%u", (unsigned)account->uid);
    snprintf(names.gid, sizeof names.gid, "%u", (unsigned)account->gid);
    snprintf(names.name, sizeof names.name, "%.*s", (int)strcspn(account->gecos, ","), account->gecos);
    /* Entities matter only where the format asks for one. */
    if (strstr(format, "{{entity.") != NULL && find_entity(profile, account, &names.entity, fault) == FOUND_FAULT)
        return -1;
    if (expand(format, &names, out, fault) != 0) {
        out[0] = '\0';
        return -1;
    }
    return 0;
}

enum found duo_user_is_covered(const struct host *host, const struct svm *svm, const struct account *account,
                               struct duo_profile *profile, struct fault *fault)
{
    const char *owner;
    enum found found;

    duo_profile_defaults(profile);
    if (!svm_has_factor(svm, FACTOR_DUO))
        return FOUND_NOTHING;
    found = duo_profile_read(host, svm->name, profile, &owner, fault);
    if (found == FOUND)
        found = profile->is_enabled ? duo_user_in_scope(profile, account, fault) : FOUND_NOTHING;
    return found;
}
