/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fleet's store as an administrator needs it. It keeps no user ids: they differ from host to host, and who somebody is
 * here, the passwd database of this host says.
 *
 * What MUST hold: what is removed or reset without being believed is removed or reset as it was seen, or not at all.
 */
#include "store/store_fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 8

static const struct fleet_store *of(const struct store *store)
{
    return (const struct fleet_store *)store;
}

static uid_t uid_of(const char *name)
{
    struct account account;
    struct fault fault;

    return account_find(name, &account, &fault) == FOUND ? account.uid : (uid_t)-1;
}

/* Calls VISIT with the names of a page, of LENGTH bytes with a NUL behind each. AFTER becomes the last one. */
static int visit_page(const char *names, size_t length, char after[NAME_SIZE], store_visit *visit, void *context,
                      struct fault *fault)
{
    int result = 0;

    for (const char *name = names; result == 0 && name < names + length; name += strlen(name) + 1) {
        const struct store_owner owner = {.name = name, .uid = uid_of(name)};

        if (!name_is_valid(name))
            continue;
        snprintf(after, NAME_SIZE, "%s", name);
        result = visit(context, &owner, fault);
    }
    return result;
}

static int list(const struct store *store, const char *first, store_visit *visit, void *context, struct fault *fault)
{
    char after[NAME_SIZE], revision[24] = "0", *names = malloc(STORE_FRAME_MAX);
    struct store_broker broker = {.fd = -1};
    struct store_frame answer;
    bool more = names != NULL;
    int result = names != NULL ? 0 : fault_set(fault, "out of memory");

    snprintf(after, sizeof after, "%s", first);
    if (result == 0)
        result = store_broker_open(&broker, of(store)->host, of(store)->fleet, fault);
    while (more && result == 0) {
        const struct store_part parts[] = {store_part_text(of(store)->fleet->name), store_part_text(store->svm),
                                           store_part_text(after), store_part_text(revision)};
        size_t length;

        result = store_broker_ask(&broker, FRAME_WALK, parts, 4, &answer, fault);
        if (result == 0 && (answer.count != 3 || store_part_string(&answer.parts[0], revision, sizeof revision) != 0 ||
                            (answer.parts[2].length > 0 && answer.parts[2].data[answer.parts[2].length - 1] != '\0')))
            result = fault_set(fault, "mfa-stored sends what is no page of names");
        if (result != 0)
            break;
        length = answer.parts[2].length;
        more = answer.parts[1].length > 0 && length > 0;
        memcpy(names, answer.parts[2].data, length);
        result = visit_page(names, length, after, visit, context, fault);
    }
    store_broker_close(&broker);
    free(names);
    return result;
}

/* Reads NAME's entry. Only a broken one is no fault: *IS_BROKEN. */
static int look_up(const struct store *store, const char *name, struct store_broker *broker, struct fleet_entry *found,
                   bool *is_broken, struct fault *fault)
{
    const struct fleet_owner owner = fleet_owner(of(store), name);
    struct store_frame answer;

    *is_broken = false;
    if (fleet_begin(of(store), broker, FRAME_READ, name, &answer, fault) != 0)
        return -1;
    if (fleet_entry_read(&owner, &answer, found, fault) == 0)
        return 0;
    *is_broken = answer.count == ENTRY_PARTS;
    return *is_broken ? 0 : -1;
}

static enum found find(const struct store *store, const char *name, uid_t *uid, struct fault *fault)
{
    struct store_broker broker;
    struct fleet_entry entry;
    enum found found = FOUND_FAULT;
    bool is_broken;

    if (look_up(store, name, &broker, &entry, &is_broken, fault) == 0)
        found = entry.profile.length > 0 ? FOUND : FOUND_NOTHING;
    *uid = uid_of(name);
    store_broker_close(&broker);
    return found;
}

static enum found discard(const struct store *store, const char *name, struct fault *fault)
{
    struct store_broker broker = {.fd = -1};
    struct fleet_entry entry;
    enum found found = FOUND_FAULT;

    for (int round = 0; round < ROUNDS; round++) {
        struct store_frame answer;
        bool is_broken;

        if (look_up(store, name, &broker, &entry, &is_broken, fault) != 0)
            break;
        found = entry.profile.length > 0 ? FOUND : FOUND_NOTHING;
        if (store_broker_ask(&broker, FRAME_DELETE, NULL, 0, &answer, fault) != 0) {
            found = FOUND_FAULT;
            break;
        }
        if (answer.word == FRAME_DONE)
            break;
        found = FOUND_FAULT;
        fault_set_class(fault, FAULT_BUSY, "others changed the record meanwhile; try again");
        store_broker_close(&broker);
    }
    store_broker_close(&broker);
    return found;
}

/* The profile is believed and its state is not: the same profile, and a state that has used up everything. */
static enum found write_reset(const struct store *store, const char *name, struct store_broker *broker,
                              const struct fleet_entry *entry, long long last_step, struct fault *fault)
{
    const struct fleet_owner owner = fleet_owner(of(store), name);
    struct totp_state totp = {.last_step = last_step, .used_codes = (1 << PROFILE_CODES_MAX) - 1};
    struct fleet_value values[2];
    struct store_frame answer;
    struct store_part parts[2];

    snprintf(totp.profile_id, sizeof totp.profile_id, "%s", entry->entry.profile.profile_id);
    if (fleet_make_profile(&owner, 0, &entry->entry.profile, &values[0], fault) != 0 ||
        fleet_make_state(&owner, 0, entry->meta.epoch, &totp, &values[1], fault) != 0)
        return FOUND_FAULT;
    for (size_t i = 0; i < 2; i++)
        parts[i] = (struct store_part){values[i].bytes, values[i].length};
    if (store_broker_ask(broker, FRAME_PUT, parts, 2, &answer, fault) != 0)
        return FOUND_FAULT;
    if (answer.word == FRAME_DONE)
        return FOUND;
    fault_set_class(fault, FAULT_BUSY, "others changed the record meanwhile; try again");
    return FOUND_FAULT;
}

static enum found reset(const struct store *store, const struct store_owner *owner, long long now, int window,
                        struct fault *fault)
{
    const struct fleet_owner whose = fleet_owner(of(store), owner->name);
    struct store_broker broker;
    struct store_frame answer;
    struct fleet_entry entry;
    enum found found = FOUND_FAULT;

    if (fleet_begin(of(store), &broker, FRAME_READ, owner->name, &answer, fault) == 0) {
        if (fleet_entry_read(&whose, &answer, &entry, fault) == 0)
            found = FOUND_NOTHING;
        else if (fleet_entry_profile(&whose, &answer, &entry, fault) == 0)
            found = write_reset(store, owner->name, &broker, &entry,
                                now / entry.entry.profile.period + window, fault);
    }
    store_broker_close(&broker);
    return found;
}

struct checked {
    const struct store *store;
    struct report *report;
};

static int check_one(void *context, const struct store_owner *owner, struct fault *fault)
{
    const struct checked *checked = context;
    struct store_entry entry;
    struct secrets secrets;
    struct fault told;

    (void)fault;
    if (store_read(checked->store, owner, &entry, &told) != 0)
        report_line(checked->report, "%s", told.text);
    else if (entry.enrolled && store_unseal(checked->store, &entry.profile, &secrets, &told) != 0)
        report_line(checked->report, "%s", told.text);
    crypto_wipe(&secrets, sizeof secrets);
    crypto_wipe(&entry, sizeof entry);
    return 0;
}

static void check(const struct store *store, struct report *report)
{
    struct checked checked = {store, report};
    struct fault fault;

    if (of(store)->keys.count > 0 && list(store, "", check_one, &checked, &fault) != 0)
        report_line(report, "%s", fault.text);
}

const struct store_admin_table fleet_admin_table = {.list = list, .find = find, .discard = discard, .reset = reset,
                                                    .check = check};
