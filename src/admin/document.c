/* SPDX-License-Identifier: BSD-2-Clause */
/* What MUST NOT happen: a secret in a text that is written here. */
#include "admin/document.h"

#include "admin/place.h"
#include "admin/setting.h"
#include "base/array.h"
#include "base/crypto.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 24

/* The tables of the files, put together. */
struct document_table {
    struct conf_field duo[ROWS], svm[ROWS], root[2];
};

/* FIELD as one that a document may leave out, for a struct that is OFFSET into another. */
static struct conf_field row(const struct conf_field *field, size_t offset)
{
    struct conf_field copy = *field;

    copy.required = false;
    copy.offset += offset;
    return copy;
}

static void build_duo(struct document_table *table)
{
    const struct conf_field *fields = setting_find(duo_profile_fields, "duo")->fields;
    size_t count = 0;

    for (; fields->name != NULL && count < ROWS - 3; fields++)
        if (strcmp(fields->name, "secret_key") != 0)
            table->duo[count++] = row(fields, 0);
    table->duo[count++] = (struct conf_field){.name = "secret_key_file", .type = CONF_STRING, .min = 1,
                                              .offset = offsetof(struct document_duo, secret_key_file),
                                              .size = PATH_MAX};
    table->duo[count] = (struct conf_field){.name = "http_proxy_file", .type = CONF_STRING, .min = 1,
                                            .offset = offsetof(struct document_duo, http_proxy_file), .size = PATH_MAX};
}

static struct document_table *build(void)
{
    struct document_table *table = calloc(1, sizeof *table);
    size_t count = 0;

    if (table == NULL)
        return NULL;
    build_duo(table);
    table->svm[count] = row(setting_find(svm_fields, "owner.name"), 0);
    table->svm[count++].required = true;
    table->svm[count++] = row(setting_find(svm_fields, "owner.uuid"), 0);
    for (const struct conf_field *field = svm_fields; field->name != NULL && count < ROWS - 4; field++)
        if (strcmp(field->name, "owner") != 0)
            table->svm[count++] = row(field, 0);
    table->svm[count++] = (struct conf_field){.name = "duo", .type = CONF_GROUP, .fields = table->duo,
                                              .offset = offsetof(struct document_svm, duo)};
    table->svm[count++] = row(setting_find(duo_profile_fields, "groups"), offsetof(struct document_svm, duo.profile));
    table->svm[count] = row(setting_find(duo_profile_fields, "entities"), offsetof(struct document_svm, duo.profile));
    table->root[0] = (struct conf_field){.name = "svms", .type = CONF_LIST, .required = true, .fields = table->svm,
                                         .offset = offsetof(struct document, svms),
                                         .size = sizeof(struct document_svm)};
    return table;
}

static void note_given(void *context, void *structure, const struct conf_field *field)
{
    struct document *document = context;
    struct document_given *larger = array_grow(document->given, document->given_count, sizeof *larger);

    if (larger == NULL) {
        document->incomplete = true;
        return;
    }
    document->given = larger;
    larger[document->given_count++] = (struct document_given){structure, field};
}

/* Names must tell things apart. */
static int check_twice(const char *path, const char *what, const char *name, const char *other, struct fault *fault)
{
    return strcmp(name, other) != 0 ? 0 : fault_set(fault, "%s: %s \"%.64s\" is there twice", path, what, name);
}

static int check_names(const struct document *document, const char *path, struct fault *fault)
{
    const struct document_svm *svms = document->svms.items;

    for (size_t i = 0; i < document->svms.count; i++) {
        const struct duo_group *groups = svms[i].duo.profile.groups.items;
        const struct duo_entity *entities = svms[i].duo.profile.entities.items;

        if (!name_is_valid(svms[i].svm.name))
            return fault_set(fault, "%s: \"%.64s\" cannot be the name of an SVM", path, svms[i].svm.name);
        for (size_t j = 0; j < i; j++)
            if (check_twice(path, "SVM", svms[i].svm.name, svms[j].svm.name, fault) != 0)
                return -1;
        for (size_t j = 0; j < svms[i].duo.profile.groups.count; j++)
            for (size_t k = 0; k < j; k++)
                if (check_twice(path, "group", groups[j].name, groups[k].name, fault) != 0)
                    return -1;
        for (size_t j = 0; j < svms[i].duo.profile.entities.count; j++)
            for (size_t k = 0; k < j; k++)
                if (check_twice(path, "entity", entities[j].name, entities[k].name, fault) != 0)
                    return -1;
    }
    return 0;
}

int document_read(struct document *document, const char *path, const char *text, size_t length, struct fault *fault)
{
    const struct conf_given given = {.each = note_given, .context = document};

    *document = (struct document){.table = build()};
    if (document->table == NULL)
        return fault_set(fault, "out of memory");
    if (conf_parse_given(path, text, length, document->table->root, document, &given, fault) != 0)
        return -1;
    if (document->incomplete)
        return fault_set(fault, "out of memory");
    return check_names(document, path, fault);
}

void document_free(struct document *document)
{
    if (document->table != NULL)
        conf_free(document->table->root, document);
    free(document->given);
    free(document->table);
    *document = (struct document){.given = NULL};
}

const struct conf_field *document_has(const struct document *document, const void *base, const char *name)
{
    for (size_t i = 0; i < document->given_count; i++)
        if (document->given[i].base == base && strcmp(document->given[i].field->name, name) == 0)
            return document->given[i].field;
    return NULL;
}

/* Whether FIELD has the same value at A and B; -1: out of memory. */
static int is_same(const struct conf_field *field, const void *a, const void *b)
{
    const struct conf_field alone[] = {*field, {.name = NULL}};
    size_t length_a = 0, length_b = 0;
    char *text_a = conf_text(alone, a, &length_a), *text_b = conf_text(alone, b, &length_b);
    int result = text_a == NULL || text_b == NULL ? -1 : strcmp(text_a, text_b) == 0;

    if (text_a != NULL)
        crypto_wipe(text_a, length_a);
    if (text_b != NULL)
        crypto_wipe(text_b, length_b);
    free(text_a);
    free(text_b);
    return result;
}

/* Moves what FIELD describes from BASE to TARGET. */
static void move(const struct conf_field *field, char *base, char *target)
{
    const struct conf_field alone[] = {*field, {.name = NULL}};
    size_t size = field->size;
    bool is_list = false;

    switch (field->type) {
    case CONF_STRING: break;
    case CONF_WORD:
    case CONF_INT: size = sizeof(int); break;
    case CONF_INT64: size = sizeof(long long); break;
    case CONF_BOOL: size = sizeof(bool); break;
    case CONF_SWITCH: size = sizeof(struct conf_switch); break;
    case CONF_LIST:
    case CONF_STRINGS:
    case CONF_MAP:
        is_list = true;
        size = sizeof(struct conf_array);
        conf_free(alone, target);
        break;
    case CONF_GROUP: return;
    }
    memcpy(target + field->offset, base + field->offset, size);
    if (is_list)
        memset(base + field->offset, 0, size);
}

int document_move(const struct document *document, void *base, void *target, char *changed, size_t size,
                  struct fault *fault)
{
    for (size_t i = 0; i < document->given_count; i++) {
        const struct conf_field *field = document->given[i].field;
        size_t used = strlen(changed);

        if (document->given[i].base != base || field->type == CONF_GROUP || strcmp(field->name, "groups") == 0 ||
            strcmp(field->name, "entities") == 0 || strcmp(field->name, "secret_key_file") == 0 ||
            strcmp(field->name, "http_proxy_file") == 0)
            continue;
        switch (is_same(field, base, target)) {
        case 1: break;
        case 0:
            snprintf(changed + used, size - used, "%s%s", used > 0 ? ", " : "", field->name);
            move(field, base, target);
            break;
        default: return fault_set(fault, "out of memory");
        }
    }
    return 0;
}

/* What there is to say of STRUCTURE: no secret, and nothing of a Duo profile that is not there. */
static bool keep(void *context, const void *structure, const struct conf_field *field)
{
    const struct document_svm *svm = structure;
    const char *value = (const char *)structure + field->offset;

    (void)context;
    if (strcmp(field->name, "duo") == 0 || strcmp(field->name, "groups") == 0 || strcmp(field->name, "entities") == 0)
        return svm->duo.profile.api_host[0] != '\0';
    if (strcmp(field->name, "secret_key_file") == 0 || strcmp(field->name, "http_proxy_file") == 0)
        return false;
    return !field->secret || (strcmp(field->name, "http_proxy") == 0 && strchr(value, '@') == NULL);
}

/* The SVM NAME, as it is now. */
static int fill(const struct host *host, const char *name, struct document_svm *out, struct fault *fault)
{
    if (svm_read(host, name, &out->svm, fault) != 0)
        return -1;
    /* "" is the default, which reading has put in. */
    if (strcmp(out->svm.totp.issuer, name) == 0)
        out->svm.totp.issuer[0] = '\0';
    return duo_profile_read_own(host, name, &out->duo.profile, fault) == FOUND_FAULT ? -1 : 0;
}

static void wipe_secrets(struct document *document)
{
    struct document_svm *svms = document->svms.items;

    for (size_t i = 0; i < document->svms.count; i++)
        duo_profile_free(&svms[i].duo.profile);
}

char *document_write(const struct host *host, size_t *length, struct fault *fault)
{
    const struct conf_kept kept = {.keep = keep};
    struct document document = {.table = build()};
    struct svm_names names;
    char *text = NULL;
    int result = 0;

    if (document.table == NULL || svm_names_read(host, &names, fault) != 0) {
        if (document.table == NULL)
            fault_set(fault, "out of memory");
        document_free(&document);
        return NULL;
    }
    document.svms.items = calloc(names.count + 1, sizeof(struct document_svm));
    for (size_t i = 0; result == 0 && document.svms.items != NULL && i < names.count; i++) {
        document.svms.count++;
        result = fill(host, names.names[i], (struct document_svm *)document.svms.items + i, fault);
    }
    if (result == 0) {
        text = document.svms.items != NULL ? conf_text_kept(document.table->root, &document, &kept, length) : NULL;
        if (text == NULL)
            fault_set(fault, "out of memory");
    }
    if (document.svms.items != NULL) /* read with what is not said */
        wipe_secrets(&document);
    svm_names_free(&names);
    document_free(&document);
    return text;
}
