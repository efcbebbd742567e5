/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: the codes are in this host's files and nowhere else, so that none can be used twice; the key that they are
 * kept with is random and shown to nobody, so that no app makes a code for it.
 */
#include "admin/admin_local.h"

#include "admin/admin_svm.h"
#include "config/account.h"
#include "store/store.h"

#include <stdio.h>

static enum store_decision replace(void *context, struct store_entry *entry, struct fault *fault)
{
    const struct profile *profile = context;

    (void)fault;
    *entry = (struct store_entry){.enrolled = true, .profile = *profile, .pushes = entry->pushes};
    return STORE_WRITE;
}

static enum result save(const struct host *host, const struct svm *svm, const struct account *account, struct profile *profile,
                        const struct secrets *secrets, struct fault *fault)
{
    const struct store_owner owner = store_owner(account);
    struct store *store = store_open_local(host, svm->name, fault);
    enum result result = RESULT_FAILED;

    if (store != NULL && store_seal(store, profile, secrets, fault) == 0 &&
        store_change(store, &owner, replace, profile, fault) == 0)
        result = RESULT_DONE;
    store_close(store);
    return result;
}

enum result admin_local_codes(const struct host *host, const char *svm, const char *user, long long now,
                              emergency_code codes[PROFILE_CODES_MAX], size_t *count, struct fault *fault)
{
    struct profile profile = {.created = now, .enabled = true, .comment = STORE_LOCAL_COMMENT, .digits = 6, .period = 30};
    struct secrets secrets = {0};
    struct account account;
    struct svm settings;
    enum found found;
    enum result result = admin_svm_read(host, svm, &settings, fault);

    if (result != RESULT_DONE)
        return result;
    *count = (size_t)settings.totp.emergency_codes;
    if (settings.store != SVM_STORE_FLEET || settings.offline != SVM_OFFLINE_LOCAL_CODES || *count == 0) {
        fault_set(fault, "SVM \"%s\" needs no local codes: they are for store = \"fleet\" with offline = \"local_codes\", and "
                  "emergency_codes more than 0", svm);
        result = RESULT_INVALID;
    } else if ((found = account_find_owner(user, &account, fault)) != FOUND) {
        if (found == FOUND_NOTHING)
            fault_set(fault, "there is no account \"%.64s\" on this host", user);
        result = RESULT_NOT_THERE;
    } else {
        snprintf(profile.svm, sizeof profile.svm, "%s", settings.name);
        snprintf(profile.user, sizeof profile.user, "%s", account.name);
        result = RESULT_FAILED;
        if (secrets_new_key(&secrets, 32, fault) == 0 && secrets_new_codes(&secrets, *count, codes, fault) == 0)
            result = save(host, &settings, &account, &profile, &secrets, fault);
    }
    secrets_wipe(&secrets);
    svm_free(&settings);
    return result;
}
