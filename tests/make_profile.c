/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The pam_mfa authors */
/*
 * Enrols a user with a key of the test's choice, which mfa-enroll never does:
 *
 *   make_profile SVM USER HEXKEY ALGORITHM DIGITS PERIOD EMERGENCY_CODES
 *
 * Runs as root, on the host's own pam_mfa.conf. Prints the emergency codes, one a line. A profile that is there is
 * replaced.
 */
#include "config/svm.h"
#include "store/store.h"
#include "totp/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int fail(const struct fault *fault)
{
    fprintf(stderr, "make_profile: %s\n", fault->text);
    return 1;
}

static enum store_decision replace(void *context, struct store_entry *entry, struct fault *fault)
{
    const struct profile *profile = context;

    (void)fault;
    *entry = (struct store_entry){.enrolled = true, .profile = *profile, .pushes = entry->pushes};
    return STORE_WRITE;
}

int main(int argc, char **argv)
{
    struct profile profile = {.enabled = true};
    emergency_code codes[PROFILE_CODES_MAX];
    struct secrets secrets = {0};
    struct account account;
    struct fault fault = {.text = ""};
    struct store_owner owner;
    struct store *store;
    struct host host;
    size_t count;

    if (argc != 8)
        return 2;
    if (host_read(PAM_MFA_CONF_DIR "/pam_mfa.conf", &host, &fault) != 0)
        return fail(&fault);
    if (account_find(argv[2], &account, &fault) != FOUND) {
        fprintf(stderr, "make_profile: no account %s %s\n", argv[2], fault.text);
        return 1;
    }
    owner = store_owner(&account);
    store = store_open(&host, argv[1], &fault);
    if (store == NULL)
        return fail(&fault);

    snprintf(profile.svm, sizeof profile.svm, "%s", argv[1]);
    snprintf(profile.user, sizeof profile.user, "%s", account.name);
    profile.created = (long long)time(NULL);
    while (otp_algorithm_words[profile.algorithm] != NULL && strcmp(otp_algorithm_words[profile.algorithm], argv[4]) != 0)
        profile.algorithm++;
    profile.digits = atoi(argv[5]);
    profile.period = atoi(argv[6]);
    count = (size_t)atoi(argv[7]);
    if (otp_algorithm_words[profile.algorithm] == NULL ||
        crypto_unhex(argv[3], secrets.key, sizeof secrets.key, &secrets.key_length) != 0)
        return 2;
    if (secrets_new_codes(&secrets, count, codes, &fault) != 0 ||
        store_seal(store, &profile, &secrets, &fault) != 0 ||
        store_change(store, &owner, replace, &profile, &fault) != 0)
        return fail(&fault);
    for (size_t i = 0; i < count; i++)
        puts(codes[i]);
    secrets_wipe(&secrets);
    store_close(store);
    host_free(&host);
    return 0;
}
