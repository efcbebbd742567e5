/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: the profile goes to the account with the user id that it was made by, and to no other; what it knows of
 * used codes goes along, and is never less than before.
 * What MUST NOT happen: a profile being replaced; the old one going before the new one is durable.
 */
#include "admin/totp_rename.h"

#include "admin/admin_svm.h"
#include "store/store_admin.h"

#include <stdio.h>
#include <string.h>

/* What is to be written under the new name. */
struct renaming {
    struct store_entry entry;
    enum result result;
};

static enum store_decision take_over(void *context, struct store_entry *entry, struct fault *fault)
{
    struct renaming *renaming = context;

    renaming->result = RESULT_DONE;
    /* Run again, after a kill: it is there already. */
    if (entry->enrolled && strcmp(entry->profile.sha_fingerprint, renaming->entry.profile.sha_fingerprint) == 0 &&
        strcmp(entry->profile.profile_id, renaming->entry.profile.profile_id) == 0)
        return STORE_KEEP;
    if (entry->enrolled) {
        renaming->result = RESULT_EXISTS;
        fault_set_class(fault, FAULT_CONFLICT, "user \"%.64s\" has another TOTP profile, which is not replaced",
                        entry->profile.user);
        return STORE_FAIL;
    }
    entry->enrolled = true;
    entry->profile = renaming->entry.profile;
    entry->totp = renaming->entry.totp;
    entry->pushes = renaming->entry.pushes;
    return STORE_WRITE;
}

/* Whether the profile of user id UID, kept under FROM, may go to TO, which becomes *ACCOUNT. */
static enum result check_accounts(const char *from, uid_t uid, const char *to, struct account *account,
                                  struct fault *fault)
{
    struct account other;

    switch (account_find(from, &other, fault)) {
    case FOUND_FAULT: return RESULT_FAILED;
    case FOUND_NOTHING: break;
    case FOUND:
        fault_set(fault, "there still is an account \"%.64s\"; expected one that was renamed", from);
        return RESULT_INVALID;
    }
    switch (account_find_owner(to, account, fault)) {
    case FOUND_FAULT: return RESULT_FAILED;
    case FOUND_NOTHING: fault_set(fault, "there is no account \"%.64s\"", to); return RESULT_NOT_THERE;
    case FOUND: break;
    }
    if (account->uid == uid)
        return RESULT_DONE;
    fault_set(fault, "\"%.64s\" has user id %u, but the profile of \"%.64s\" was made by user id %u: another person's, so "
              "that one must enrol anew", to, (unsigned)account->uid, from, (unsigned)uid);
    return RESULT_INVALID;
}

/* With the accounts known to be right: reads under OLD, writes under NEW, and removes OLD. */
static enum result move(const struct store *store, const struct svm *svm, const struct store_owner *old,
                        const struct store_owner *new, long long now, struct fault *fault)
{
    struct renaming renaming = {.result = RESULT_FAILED};
    struct store_entry *entry = &renaming.entry;
    struct secrets secrets;
    long long used;
    int sealed;

    if (store_read(store, old, entry, fault) != 0)
        return RESULT_FAILED;
    if (!entry->enrolled) {
        fault_set_class(fault, FAULT_ABSENT, "user \"%.64s\" has no TOTP profile in SVM \"%.64s\"", old->name, svm->name);
        return RESULT_NOT_THERE;
    }
    if (store_unseal(store, &entry->profile, &secrets, fault) != 0)
        return RESULT_FAILED;
    snprintf(entry->profile.user, sizeof entry->profile.user, "%s", new->name);
    sealed = store_reseal(store, &entry->profile, &secrets, fault);
    secrets_wipe(&secrets);
    if (sealed != 0)
        return RESULT_FAILED;
    /* Whatever was accepted under the old name meanwhile, by whomever. */
    used = now / entry->profile.period + svm->totp.window;
    if (entry->totp.last_step < used)
        entry->totp.last_step = used;
    if (store_change(store, new, take_over, &renaming, fault) != 0)
        return renaming.result == RESULT_EXISTS ? RESULT_EXISTS : RESULT_FAILED;
    return store_discard(store, old->name, fault) == FOUND_FAULT ? RESULT_FAILED : RESULT_DONE;
}

enum result totp_rename(const struct host *host, const char *svm, const char *from, const char *to, long long now,
                        struct fault *fault)
{
    struct store_owner old = {.name = from};
    struct account account;
    struct store *store;
    enum result result;
    struct svm read;

    if (!name_is_valid(from) || !name_is_valid(to)) {
        fault_set(fault, "--from and --to must be names of accounts");
        return RESULT_INVALID;
    }
    result = admin_svm_read(host, svm, &read, fault);
    if (result != RESULT_DONE)
        return result;
    store = store_open_admin(host, svm, fault);
    result = RESULT_FAILED;
    if (store != NULL)
        switch (store_find(store, from, &old.uid, fault)) {
        case FOUND_FAULT: break;
        case FOUND_NOTHING:
            fault_set_class(fault, FAULT_ABSENT, "user \"%.64s\" has no TOTP profile in SVM \"%.64s\"", from, svm);
            result = RESULT_NOT_THERE;
            break;
        case FOUND:
            result = check_accounts(from, old.uid, to, &account, fault);
            if (result == RESULT_DONE) {
                const struct store_owner new = store_owner(&account);

                result = move(store, &read, &old, &new, now, fault);
            }
            break;
        }
    store_close(store);
    svm_free(&read);
    return result;
}
