/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/store.h"

#include "base/shell.h"
#include "store/store_files.h"
#include "store/store_fleet.h"
#include "store/store_table.h"

struct store *store_open(const struct host *host, const char *svm, struct fault *fault)
{
    return store_open_as(host, svm, true, NULL, fault);
}

/* What every store needs. */
static int begin(struct fault *fault)
{
    return crypto_start() == 0 ? 0 : fault_set(fault, "the cryptographic library cannot be used; is there too little memory?");
}

struct store *store_open_local(const struct host *host, const char *svm, struct fault *fault)
{
    return begin(fault) == 0 ? files_open(host, svm, true, fault) : NULL;
}

struct store *store_open_as(const struct host *host, const char *name, bool needs_seal, bool *is_fleet, struct fault *fault)
{
    struct store *store = NULL;
    struct svm svm;

    if (is_fleet != NULL)
        *is_fleet = false;
    if (begin(fault) != 0)
        return NULL;
    /* A host that shares nothing need not read the SVM's settings a second time for that. */
    if (host->fleets.count == 0)
        return files_open(host, name, needs_seal, fault);
    if (svm_read(host, name, &svm, fault) != 0)
        return NULL;
    switch ((enum svm_store)svm.store) {
    case SVM_STORE_FILES: store = files_open(host, name, needs_seal, fault); break;
    case SVM_STORE_FLEET:
        store = fleet_open(host, &svm, needs_seal, fault);
        if (is_fleet != NULL)
            *is_fleet = true;
        break;
    case SVM_STORE_MOVING:
        fault_set_field(fault, "store_moving", "SVM \"%s\" is being moved from one store to another: store is \"moving\" in "
                        "its svm.conf, and nothing is accepted meanwhile; see: mfactl store migrate", name);
        break;
    }
    svm_free(&svm);
    return store;
}

void store_close(struct store *store)
{
    if (store != NULL)
        store->table->close(store);
}

const char *store_svm(const struct store *store)
{
    return store->svm;
}

int store_unseal(const struct store *store, const struct profile *profile, struct secrets *secrets,
                 struct fault *fault)
{
    for (size_t i = 0; i < store->older_count; i++)
        if (profile_unseal(profile, &store->older[i], secrets, fault) == 0)
            return 0;
    return profile_unseal(profile, &store->seal, secrets, fault);
}

int store_seal(const struct store *store, struct profile *profile, const struct secrets *secrets, struct fault *fault)
{
    return profile_seal(profile, &store->seal, secrets, fault);
}

const char *store_reason(const struct fault *fault)
{
    return store_broker_reason(fault);
}

int store_read(const struct store *store, const struct store_owner *owner, struct store_entry *entry,
               struct fault *fault)
{
    *entry = (struct store_entry){0};
    return store->table->read(store, owner, entry, fault);
}

enum found store_find_renamed(const struct store *store, const struct store_owner *owner, struct fault *fault)
{
    char name[NAME_SIZE];
    enum found found = store->table->find_renamed(store, owner, name, fault);

    if (found == FOUND)
        fault_set(fault, "user id %u is enrolled under another name, \"%s\"; if the account was renamed, run: mfactl totp "
                  "rename --svm %s --from %s --to %s; if it was another person's, for the user to enrol anew, run: mfactl "
                  "totp delete --svm %s --user %s", (unsigned)owner->uid, name, shell_word(store->svm).text,
                  shell_word(name).text, shell_word(owner->name).text, shell_word(store->svm).text,
                  shell_word(name).text);
    return found;
}

int store_change(const struct store *store, const struct store_owner *owner, store_decide *decide, void *context,
                 struct fault *fault)
{
    return store->table->change(store, owner, decide, context, fault);
}

int store_attempt(const struct store *store, const struct store_owner *owner, const struct store_guess *guess,
                  void *context, struct fault *fault)
{
    return store->table->attempt(store, owner, guess, context, fault);
}

pid_t store_ended(const struct store *store)
{
    return store->table->ended != NULL ? store->table->ended(store) : 0;
}
