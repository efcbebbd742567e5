/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: the three files are root's and nobody else can write them, the key is nobody else's to read, and the key is
 * the certificate's; so a renewal that is half-way is waited for and never shown.
 */
#include "broker/identity.h"

#include "base/crypto.h"

#include <string.h>
#include <unistd.h>

#define PEM_SIZE_MAX (256 * 1024)

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static int read_file(const char *path, const struct file_rule *rule, struct file_data *data, struct fault *fault)
{
    switch (file_read_path(path, rule, data, fault)) {
    case FOUND: return 0;
    case FOUND_NOTHING: return fault_set(fault, "%s: does not exist", path);
    case FOUND_FAULT: break;
    }
    return -1;
}

int identity_read(struct identity *identity, const struct host_fleet *fleet, struct fault *fault)
{
    const char *const paths[] = {fleet->ca_file, fleet->cert_file, fleet->key_file};
    const gid_t group = getegid();
    const struct file_rule open_rule = {.owner = 0, .forbidden = 022, .size_max = PEM_SIZE_MAX};
    const struct file_rule key_rule = {.owner = 0, .forbidden = 027, .size_max = PEM_SIZE_MAX, .reader = &group};
    struct identity new = {0};
    bool changed = identity->key.data == NULL;

    for (size_t i = 0; i < 3; i++) {
        /* One that cannot be looked at is reported by reading it. */
        if (stat(paths[i], &new.seen[i]) != 0)
            memset(&new.seen[i], 0, sizeof new.seen[i]);
        changed = changed || !same_file(&new.seen[i], &identity->seen[i]);
    }
    if (!changed)
        return 0;
    if (read_file(paths[0], &open_rule, &new.ca, fault) != 0 ||
        read_file(paths[1], &open_rule, &new.certificate, fault) != 0 ||
        read_file(paths[2], &key_rule, &new.key, fault) != 0) {
        identity_free(&new);
        return -1;
    }
    if (crypto_certificate(new.certificate.data, new.certificate.length, new.key.data, new.key.length, &new.from,
                           &new.until) != 0) {
        fault_set(fault, "%s and %s: are no certificate and its key, in PEM", fleet->cert_file, fleet->key_file);
        identity_free(&new);
        return -1;
    }
    identity_free(identity);
    *identity = new;
    return 1;
}

int identity_check(const struct identity *identity, const struct host_fleet *fleet, long long now, struct fault *fault)
{
    if (identity->key.data == NULL)
        return fault_set(fault, "%s: could not be read yet", fleet->cert_file);
    if (now < identity->from)
        return fault_set(fault, "%s: is good only in %lld s; is the clock right?", fleet->cert_file, identity->from - now);
    if (now > identity->until)
        return fault_set(fault, "%s: has expired %lld s ago; renew it", fleet->cert_file, now - identity->until);
    return 0;
}

void identity_free(struct identity *identity)
{
    file_data_free(&identity->ca);
    file_data_free(&identity->certificate);
    file_data_free(&identity->key);
    *identity = (struct identity){0};
}
