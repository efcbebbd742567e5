/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/check_fleet.h"

#include "admin/admin_store.h"
#include "base/crypto.h"
#include "store/store_admin.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define BROKER "pam_mfa_store"
#define PEM_SIZE_MAX (256 * 1024)
#define SOON (3 * 24 * 3600) /* seconds before a certificate's end */

/* Reads PATH by the rule that the broker reads it by. */
static int read_pem(const char *path, bool secret, struct file_data *data, struct report *report)
{
    const struct passwd *broker = getpwnam(BROKER);
    const gid_t group = broker != NULL ? broker->pw_gid : 0;
    const struct file_rule rule = {.owner = 0, .forbidden = secret ? 027 : 022, .size_max = PEM_SIZE_MAX,
                                   .reader = secret ? &group : NULL};
    struct stat status;
    struct fault fault;

    switch (file_read_path(path, &rule, data, &fault)) {
    case FOUND: break;
    case FOUND_NOTHING:
        report_found(report, "fleet_file", "%s: does not exist; see pam_mfa_fleet(7)", path);
        return -1;
    case FOUND_FAULT: report_found(report, "fleet_file", "%s", fault.text); return -1;
    }
    /* Root reads everything; the broker does not. */
    if (stat(path, &status) == 0 && (status.st_mode & 04) == 0 &&
        ((status.st_mode & 040) == 0 || status.st_gid != group))
        report_found(report, "fleet_file", "%s: cannot be read by mfa-stored; run: chgrp " BROKER " %s && chmod %s %s", path,
                     path, secret ? "0640" : "0644", path);
    return 0;
}

static void check_files(const struct host_fleet *fleet, long long now, struct report *report)
{
    struct file_data ca = {0}, certificate = {0}, key = {0};
    long long from, until;
    int read = read_pem(fleet->ca_file, false, &ca, report);

    read |= read_pem(fleet->cert_file, false, &certificate, report);
    read |= read_pem(fleet->key_file, true, &key, report);
    if (read == 0) {
        if (crypto_certificate(certificate.data, certificate.length, key.data, key.length, &from, &until) != 0)
            report_found(report, "fleet_certificate", "%s and %s: are no certificate and its key", fleet->cert_file,
                         fleet->key_file);
        else if (now < from || now > until)
            report_found(report, "fleet_certificate", "%s: is not good %s; renew it", fleet->cert_file,
                         now < from ? "yet" : "any more");
        else if (until - now < SOON)
            report_found(report, "fleet_certificate", "%s: is good for another %lld hours only; renew it", fleet->cert_file,
                         (until - now) / 3600);
    }
    file_data_free(&ca);
    file_data_free(&certificate);
    file_data_free(&key);
}

/* The lines of a status that tell of something wrong. */
static void check_line(void *context, const char *text)
{
    struct report *report = context;
    long long skew;
    const char *at = strstr(text, " skew=");

    if (strstr(text, " error=") != NULL)
        report_found(report, "fleet_node", "%s", text + strspn(text, " "));
    else if (strstr(text, " went_back=yes") != NULL || strstr(text, " vouched=no") != NULL)
        report_found(report, "fleet_went_back", "the store went back, and nothing is accepted: %s; see: mfactl store accept",
                     text + strspn(text, " "));
    if (at != NULL && sscanf(at, " skew=%lld", &skew) == 1 && (skew > 2 || skew < -2))
        report_found(report, "fleet_clock", "the clock of this host is %lld s %s the nodes'; set it right",
                     skew < 0 ? -skew : skew, skew < 0 ? "behind" : "ahead of");
}

void check_fleets(const struct host *host, long long now, struct report *report)
{
    const struct host_fleet *fleets = host->fleets.items;
    struct report status = {.line = check_line, .context = report};
    struct fault fault;

    if (host->fleets.count == 0)
        return;
    if (getpwnam(BROKER) == NULL)
        report_found(report, "fleet_account", "there is no user " BROKER "; make it: useradd --system --user-group --home-dir "
                     "/nonexistent --no-create-home --shell /usr/sbin/nologin " BROKER);
    for (size_t i = 0; i < host->fleets.count; i++)
        check_files(&fleets[i], now, report);
    if (admin_store_status(host, &status, &fault) != RESULT_DONE)
        report_found(report, "fleet_broker", "%s", fault.text);
}

void check_fleet_svm(const struct host *host, const struct svm *svm, struct report *report)
{
    const struct store_owner nobody = {.name = "root", .uid = 0};
    struct store_entry entry;
    struct store *store;
    struct fault fault;

    if (svm->store != SVM_STORE_FLEET)
        return;
    store = store_open_kind(host, svm, SVM_STORE_FLEET, true, &fault);
    if (store == NULL)
        report_found(report, "fleet_key", "%s", fault.text);
    else if (store_read(store, &nobody, &entry, &fault) != 0)
        report_found(report, "fleet_store", "SVM \"%s\": %s", svm->name, fault.text);
    crypto_wipe(&entry, sizeof entry);
    store_close(store);
}
