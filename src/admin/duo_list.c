/* SPDX-License-Identifier: BSD-2-Clause */
/* The lists in a Duo profile: groups and entities. Both are arrays of things with a name, described by tables. */
#include "admin/duo_list.h"

#include "admin/admin_svm.h"
#include "admin/duo_edit.h"
#include "base/shell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct record_field group_record[] = {
    {"owner.uuid", VALUE_STRING, .flags = RECORD_KEY | RECORD_EARLY},
    {"owner.name", VALUE_STRING, .flags = RECORD_KEY | RECORD_EARLY | RECORD_LISTED},
    {"name", VALUE_STRING, .flags = RECORD_KEY | RECORD_LISTED},
    {"comment", VALUE_STRING, .flags = RECORD_LISTED},
    {"excluded_users", VALUE_STRINGS, .flags = RECORD_LISTED},
    {0},
};

static const struct record_field entity_record[] = {
    {"owner.uuid", VALUE_STRING, .flags = RECORD_KEY | RECORD_EARLY},
    {"owner.name", VALUE_STRING, .flags = RECORD_KEY | RECORD_EARLY | RECORD_LISTED},
    {"name", VALUE_STRING, .flags = RECORD_KEY | RECORD_LISTED},
    {"aliases", VALUE_STRINGS, .flags = RECORD_LISTED},
    {"metadata", VALUE_MAP, .flags = RECORD_LISTED},
    {0},
};

const char *const admin_duo_group_settings[] = {"comment", "excluded_users", NULL};
const char *const admin_duo_entity_settings[] = {"aliases", "metadata", NULL};

const struct record_field *const admin_duo_list_fields[] = {group_record, entity_record};

static const char *const keys[] = {"groups", "entities"};
static const char *const nouns[] = {"group", "entity"};

static const struct conf_field *field_of(enum duo_list list)
{
    return setting_find(duo_profile_fields, keys[list]);
}

static struct conf_array *array_of(struct duo_profile *profile, enum duo_list list)
{
    return (void *)((char *)profile + field_of(list)->offset);
}

static void *item_at(const struct conf_array *array, enum duo_list list, size_t index)
{
    return (char *)array->items + index * field_of(list)->size;
}

static const char *name_of(const void *item, enum duo_list list)
{
    return (const char *)item + setting_find(field_of(list)->fields, "name")->offset;
}

/* The index of NAME, or the list's length. */
static size_t find(const struct conf_array *array, enum duo_list list, const char *name)
{
    size_t i = 0;

    while (i < array->count && strcmp(name_of(item_at(array, list, i), list), name) != 0)
        i++;
    return i;
}

/* Takes the item at INDEX out of ARRAY. */
static void drop(struct conf_array *array, enum duo_list list, size_t index)
{
    conf_free(field_of(list)->fields, item_at(array, list, index));
    memmove(item_at(array, list, index), item_at(array, list, index + 1),
            (array->count - index - 1) * field_of(list)->size);
    array->count--;
}

static enum result append(struct conf_array *array, enum duo_list list, const char *name, struct fault *fault)
{
    size_t size = field_of(list)->size;
    void *larger = reallocarray(array->items, array->count + 1, size);

    if (larger == NULL) {
        fault_set(fault, "out of memory");
        return RESULT_FAILED;
    }
    array->items = larger;
    memset(item_at(array, list, array->count), 0, size);
    array->count++;
    return setting_set(field_of(list)->fields, item_at(array, list, array->count - 1), "name", name, fault) == 0
               ? RESULT_DONE
               : RESULT_INVALID;
}

static enum result change(struct duo_edit *edit, enum duo_list list, size_t index, const struct setting *settings,
                          size_t count, struct fault *fault)
{
    void *item = item_at(array_of(&edit->profile, list), list, index);

    if (setting_set_all(field_of(list)->fields, item, settings, count, fault) != 0)
        return RESULT_INVALID;
    return duo_edit_write(edit, fault);
}

static enum result not_there(enum duo_list list, const char *svm, const char *name, struct fault *fault)
{
    fault_set(fault, "the Duo profile of SVM \"%.64s\" has no %s \"%.64s\"", svm, nouns[list], name);
    return RESULT_NOT_THERE;
}

enum result admin_duo_list_create(const struct host *host, const char *svm, enum duo_list list, const char *name,
                                  const struct setting *settings, size_t count, struct fault *fault)
{
    struct duo_edit edit;
    enum result result = duo_edit_begin_existing(&edit, host, svm, fault);

    if (result == RESULT_DONE) {
        struct conf_array *array = array_of(&edit.profile, list);

        if (find(array, list, name) < array->count) {
            fault_set(fault, "the Duo profile of SVM \"%.64s\" has %s \"%.64s\" already; change it with: mfactl duo %s "
                      "modify --svm %s --name %s", svm, nouns[list], name, nouns[list], shell_word(svm).text,
                      shell_word(name).text);
            result = RESULT_EXISTS;
        } else
            result = append(array, list, name, fault);
        if (result == RESULT_DONE)
            result = change(&edit, list, array->count - 1, settings, count, fault);
    }
    duo_edit_end(&edit);
    return result;
}

enum result admin_duo_list_modify(const struct host *host, const char *svm, enum duo_list list, const char *name,
                                  const struct setting *settings, size_t count, struct fault *fault)
{
    struct duo_edit edit;
    enum result result = duo_edit_begin_existing(&edit, host, svm, fault);

    if (result == RESULT_DONE) {
        size_t index = find(array_of(&edit.profile, list), list, name);

        result = index < array_of(&edit.profile, list)->count ? change(&edit, list, index, settings, count, fault)
                                                              : not_there(list, svm, name, fault);
    }
    duo_edit_end(&edit);
    return result;
}

enum result admin_duo_list_delete(const struct host *host, const char *svm, enum duo_list list, const char *name,
                                  struct fault *fault)
{
    struct duo_edit edit;
    enum result result = duo_edit_begin_existing(&edit, host, svm, fault);

    if (result == RESULT_DONE) {
        struct conf_array *array = array_of(&edit.profile, list);
        size_t index = find(array, list, name);

        if (index == array->count)
            result = not_there(list, svm, name, fault);
        else {
            drop(array, list, index);
            result = duo_edit_write(&edit, fault);
        }
    }
    duo_edit_end(&edit);
    return result;
}

/* Moves ITEM, which ARRAY does not have yet, to its end. */
static int add(struct conf_array *array, enum duo_list list, void *item, struct fault *fault)
{
    size_t size = field_of(list)->size;
    void *larger = reallocarray(array->items, array->count + 1, size);

    if (larger == NULL)
        return fault_set(fault, "out of memory");
    array->items = larger;
    memcpy(item_at(array, list, array->count++), item, size);
    memset(item, 0, size);
    return 0;
}

int duo_list_merge(const struct duo_list_merge *merge, enum duo_list list, struct duo_profile *from,
                   struct duo_profile *profile, struct fault *fault)
{
    struct conf_array *wanted = array_of(from, list), *array = array_of(profile, list);

    for (size_t i = array->count; merge->prune && i-- > 0;) {
        const char *name = name_of(item_at(array, list, i), list);

        if (find(wanted, list, name) < wanted->count)
            continue;
        report_line(merge->report, "%s %s of svm %s: removed", nouns[list], name, merge->svm);
        drop(array, list, i);
    }
    for (size_t i = 0; i < wanted->count; i++) {
        void *item = item_at(wanted, list, i);
        size_t index = find(array, list, name_of(item, list));
        char name[257], changed[128] = "";

        snprintf(name, sizeof name, "%s", name_of(item, list));
        if (index == array->count) {
            report_line(merge->report, "%s %s of svm %s: made", nouns[list], name, merge->svm);
            if (add(array, list, item, fault) != 0)
                return -1;
        } else if (document_move(merge->document, item, item_at(array, list, index), changed, sizeof changed,
                                 fault) != 0)
            return -1;
        if (changed[0] != '\0')
            report_line(merge->report, "%s %s of svm %s: set %s", nouns[list], name, merge->svm, changed);
    }
    return 0;
}

static int show_svm(const struct show *show, const struct svm *svm, const void *context, struct fault *fault)
{
    const enum duo_list *list = context;
    struct duo_profile profile;
    struct fault broken;
    int result = 0;

    switch (duo_profile_read_own(show->host, svm->name, &profile, &broken)) {
    case FOUND_NOTHING: break;
    case FOUND_FAULT: report_line(show->problems, "%s", broken.text); break;
    case FOUND:
        for (size_t i = 0; i < array_of(&profile, *list)->count && result == 0; i++) {
            const struct record_field *fields = admin_duo_list_fields[*list];
            struct record record = {.fields = fields};

            admin_set_owner(&record, svm);
            for (size_t field = 0; fields[field].name != NULL; field++)
                if (setting_get(field_of(*list)->fields, item_at(array_of(&profile, *list), *list, i),
                                fields[field].name, &record.values[field]) != 0)
                    record.incomplete = true;
            result = query_offer(show->run, &record, fault);
        }
        break;
    }
    duo_profile_free(&profile);
    return result;
}

int admin_duo_list_show(const struct show *show, enum duo_list list, struct fault *fault)
{
    return admin_for_each_svm(show, show_svm, &list, fault);
}
