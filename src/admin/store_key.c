/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The keys that seal what a fleet keeps of an SVM.
 *
 * What MUST hold: a key that anything is sealed with is kept; a kill at any point leaves everything readable.
 */
#include "admin/admin_store.h"

#include "base/crypto.h"
#include "store/store_admin.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define KEYS_MAX 4

/* ---- resealing */

struct resealing {
    const struct store *store;
    struct report *report;
    size_t done, failed;
};

static enum store_decision reseal(void *context, struct store_entry *entry, struct fault *fault)
{
    const struct resealing *resealing = context;
    struct secrets secrets;
    int sealed;

    if (!entry->enrolled || store_seals_newest(resealing->store, &entry->profile))
        return STORE_KEEP;
    if (store_unseal(resealing->store, &entry->profile, &secrets, fault) != 0)
        return STORE_FAIL;
    sealed = store_reseal(resealing->store, &entry->profile, &secrets, fault);
    secrets_wipe(&secrets);
    return sealed == 0 ? STORE_WRITE : STORE_FAIL;
}

static int reseal_one(void *context, const struct store_owner *owner, struct fault *fault)
{
    struct resealing *resealing = context;

    if (store_change(resealing->store, owner, reseal, resealing, fault) == 0)
        resealing->done++;
    else {
        resealing->failed++;
        report_line(resealing->report, "%s: %s", owner->name, fault->text);
    }
    return 0;
}

enum result admin_store_reseal(const struct host *host, const char *svm, struct report *report, struct fault *fault)
{
    struct resealing resealing = {.report = report};
    const struct host_fleet *fleet;
    struct svm settings;
    struct store *store;
    enum result result = admin_store_fleet(host, svm, &settings, &fleet, fault);

    if (result != RESULT_DONE)
        return result;
    store = store_open_kind(host, &settings, SVM_STORE_FLEET, true, fault);
    resealing.store = store;
    result = RESULT_FAILED;
    if (store != NULL && store_list(store, "", reseal_one, &resealing, fault) == 0) {
        report_line(report, "%zu profiles are sealed with the newest key, %zu are not", resealing.done, resealing.failed);
        result = RESULT_DONE;
        if (resealing.failed > 0) {
            fault_set(fault, "%zu profiles could not be sealed anew; the older keys are still needed", resealing.failed);
            result = RESULT_FAILED;
        }
    }
    store_close(store);
    svm_free(&settings);
    return result;
}

/* ---- whether all are */

static int count_older(void *context, const struct store_owner *owner, struct fault *fault)
{
    struct resealing *resealing = context;
    struct store_entry entry;

    if (store_read(resealing->store, owner, &entry, fault) != 0 ||
        (entry.enrolled && !store_seals_newest(resealing->store, &entry.profile)))
        resealing->failed++;
    crypto_wipe(&entry, sizeof entry);
    return 0;
}

/* An older key may go only once nothing needs it. */
static enum result check_resealed(const struct host *host, const char *svm, struct report *report, struct fault *fault)
{
    struct resealing resealing = {.report = report};
    const struct host_fleet *fleet;
    struct svm settings;
    struct store *store;
    enum result result = admin_store_fleet(host, svm, &settings, &fleet, fault);

    if (result != RESULT_DONE)
        return result;
    store = store_open_kind(host, &settings, SVM_STORE_FLEET, true, fault);
    resealing.store = store;
    result = RESULT_FAILED;
    if (store != NULL && store_list(store, "", count_older, &resealing, fault) == 0) {
        if (resealing.failed == 0)
            result = RESULT_DONE;
        else
            fault_set(fault, "%zu profiles need an older key; run: mfactl store reseal --svm %s", resealing.failed, svm);
    }
    store_close(store);
    svm_free(&settings);
    return result;
}

/* ---- keys */

/* Makes NAME in DIR hold the COUNT keys, for DIR's group. */
static int replace_keys(const struct dir *dir, const char *name, const unsigned char *keys, size_t length, struct fault *fault)
{
    char temporary[NAME_SIZE + 16];

    snprintf(temporary, sizeof temporary, "%s.new", name);
    if (file_remove(dir, temporary, fault) != 0 ||
        file_create(dir, temporary, dir->group, 0640, keys, length, fault) != FOUND_NOTHING)
        return -1;
    if (renameat(dir->fd, temporary, dir->fd, name) != 0 || fsync(dir->fd) != 0)
        return fault_set(fault, "%s/%s: cannot be replaced: %s", dir->path, name, strerror(errno));
    return 0;
}

/* Reads the keys that are in NAME. FOUND_NOTHING: there is no such file. */
static enum found read_keys(const struct dir *dir, const char *name, struct file_data *data, struct fault *fault)
{
    const struct file_rule rule = {.owner = 0, .forbidden = 0137, .size_max = KEYS_MAX * CRYPTO_KEY_BYTES,
                                   .reader = &dir->group};
    enum found found = file_read(dir, name, &rule, data, fault);

    if (found != FOUND || (data->length > 0 && data->length % CRYPTO_KEY_BYTES == 0))
        return found;
    fault_set(fault, "%s/%s: is %zu bytes long, expected %d for each key", dir->path, name, data->length, CRYPTO_KEY_BYTES);
    return FOUND_FAULT;
}

/* What the file is to hold, in KEYS. Returns its length; 0: fault. */
static size_t new_keys(const struct file_data *data, bool retire, unsigned char keys[KEYS_MAX * CRYPTO_KEY_BYTES],
                       struct fault *fault)
{
    size_t length = 0, kept = retire ? CRYPTO_KEY_BYTES : data->length;

    if (!retire) {
        if (data->length == KEYS_MAX * CRYPTO_KEY_BYTES) {
            fault_set(fault, "there are %d keys already; run: mfactl store reseal, then: mfactl store key --retire", KEYS_MAX);
            return 0;
        }
        if (crypto_random(keys, CRYPTO_KEY_BYTES) != 0) {
            fault_set(fault, "no random bytes to be had");
            return 0;
        }
        length = CRYPTO_KEY_BYTES;
    }
    if (kept > 0)
        memcpy(keys + length, data->data, kept);
    return length + kept;
}

enum result admin_store_key(const struct host *host, const char *svm, bool retire, struct report *report,
                            struct fault *fault)
{
    unsigned char keys[KEYS_MAX * CRYPTO_KEY_BYTES];
    struct dir dir = DIR_CLOSED;
    struct file_data data = {0};
    char name[NAME_SIZE + 8];
    size_t length = 0;
    enum result result = RESULT_FAILED;
    enum found found;

    if (retire && (result = check_resealed(host, svm, report, fault)) != RESULT_DONE)
        return result;
    result = RESULT_FAILED;
    snprintf(name, sizeof name, "%s.key", svm);
    found = dir_open(&dir, NULL, host->seal_dir, 027, fault);
    if (found == FOUND_NOTHING)
        fault_set(fault, "%s: does not exist; make it: install -d -o root -g pam_mfa -m 0750 %s", host->seal_dir,
                  host->seal_dir);
    if (found == FOUND) {
        found = read_keys(&dir, name, &data, fault);
        if (found == FOUND_NOTHING && retire)
            fault_set(fault, "%s/%s: does not exist", host->seal_dir, name);
        else if (found != FOUND_FAULT)
            length = new_keys(&data, retire, keys, fault);
    }
    if (length > 0 && replace_keys(&dir, name, keys, length, fault) == 0) {
        report_line(report, "%s/%s has %zu key%s; copy it to every host that serves SVM %s, and keep a copy in a safe place",
                    host->seal_dir, name, length / CRYPTO_KEY_BYTES, length == CRYPTO_KEY_BYTES ? "" : "s", svm);
        result = RESULT_DONE;
    }
    crypto_wipe(keys, sizeof keys);
    file_data_free(&data);
    dir_close(&dir);
    return result;
}
