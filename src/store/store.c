/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/store.h"

#include "base/shell.h"
#include "store/store_files.h"
#include "store/store_table.h"

struct store *store_open(const struct host *host, const char *svm, struct fault *fault)
{
    if (crypto_start() != 0) {
        fault_set(fault, "the cryptographic library cannot be used; is there too little memory?");
        return NULL;
    }
    return files_open(host, svm, true, fault);
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
    return profile_unseal(profile, &store->seal, secrets, fault);
}

int store_seal(const struct store *store, struct profile *profile, const struct secrets *secrets, struct fault *fault)
{
    return profile_seal(profile, &store->seal, secrets, fault);
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
        fault_set(fault, "user id %u is enrolled under another name, \"%s\"; give the account that name again, or, if its "
                  "user may enrol anew, run: mfactl totp delete --svm %s --user %s", (unsigned)owner->uid, name,
                  shell_word(store->svm).text, shell_word(name).text);
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
