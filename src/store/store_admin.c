/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/store_admin.h"

#include "store/store_files.h"
#include "store/store_fleet.h"
#include "store/store_table.h"

struct store *store_open_admin(const struct host *host, const char *svm, struct fault *fault)
{
    bool is_fleet;
    struct store *store = store_open_as(host, svm, false, &is_fleet, fault);

    if (store != NULL)
        store->admin = is_fleet ? &fleet_admin_table : &files_admin_table;
    return store;
}

struct store *store_open_kind(const struct host *host, const struct svm *svm, enum svm_store kind, bool needs_seal,
                              struct fault *fault)
{
    const bool is_fleet = kind == SVM_STORE_FLEET;
    struct store *store = is_fleet ? fleet_open(host, svm, needs_seal, fault) : files_open(host, svm->name, needs_seal, fault);

    if (store != NULL)
        store->admin = is_fleet ? &fleet_admin_table : &files_admin_table;
    return store;
}

int store_reseal(const struct store *store, struct profile *profile, const struct secrets *secrets, struct fault *fault)
{
    return profile_reseal(profile, &store->seal, secrets, fault);
}

bool store_seals_newest(const struct store *store, const struct profile *profile)
{
    struct secrets secrets;
    struct fault fault;
    const bool opens = profile_unseal(profile, &store->seal, &secrets, &fault) == 0;

    secrets_wipe(&secrets);
    return opens;
}

bool store_has_seal(const struct store *store)
{
    return store->seal.has_key;
}

int store_list(const struct store *store, const char *after, store_visit *visit, void *context, struct fault *fault)
{
    return store->admin->list(store, after, visit, context, fault);
}

enum found store_find(const struct store *store, const char *name, uid_t *uid, struct fault *fault)
{
    return store->admin->find(store, name, uid, fault);
}

enum found store_discard(const struct store *store, const char *name, struct fault *fault)
{
    return store->admin->discard(store, name, fault);
}

enum found store_reset(const struct store *store, const struct store_owner *owner, long long now, int window,
                       struct fault *fault)
{
    return store->admin->reset(store, owner, now, window, fault);
}

int store_upgrade(const struct store *store, struct report *report, struct fault *fault)
{
    return store->admin->upgrade != NULL ? store->admin->upgrade(store, report, fault) : 0;
}

int store_remove(const struct host *host, const char *svm, bool force, long long *enrolled, struct fault *fault)
{
    return files_remove(host, svm, force, enrolled, fault);
}

void store_check(const struct store *store, struct report *report)
{
    store->admin->check(store, report);
}

bool store_find_any(const struct host *host, char *out, size_t size)
{
    return files_find_any(host, out, size);
}
