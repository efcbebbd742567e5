/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: a new key is stored only with leave (permit.h), and other changes only once the caller has seen to it
 * that the person has a current code; the profile that is replaced is the one that code was for.
 * What MUST NOT happen: a confirmed code that works again at login; a second profile for a user id that has one under
 * another name, for which a current code would have to be given.
 */
#include "enrol/enrolment.h"

#include "base/percent.h"
#include "totp/response.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#define HOST_NAME_SIZE 65

int enrolment_new(const struct svm *svm, const struct account *account, const struct profile *present,
                  const char *comment, long long now, struct enrolment *enrolment, struct fault *fault)
{
    struct profile *profile = &enrolment->profile;

    *enrolment = (struct enrolment){0};
    if (strlen(comment) >= sizeof profile->comment)
        return fault_set_field(fault, "comment", "the comment is longer than %zu bytes", sizeof profile->comment - 1);
    for (const char *c = comment; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return fault_set_field(fault, "comment", "the comment holds a control character (0x%02x)",
                                   (unsigned)(unsigned char)*c);
    if (present != NULL) {
        enrolment->replaces = true;
        enrolment->replaced = *present;
    }
    strcpy(profile->svm, svm->name);
    strcpy(profile->user, account->name);
    strcpy(profile->comment, comment);
    profile->created = now;
    profile->enabled = true;
    profile->algorithm = svm->totp.algorithm;
    profile->digits = svm->totp.digits;
    profile->period = svm->totp.period;
    if (secrets_new_key(&enrolment->secrets, (size_t)svm->totp.key_bytes, fault) != 0 ||
        secrets_new_codes(&enrolment->secrets, (size_t)svm->totp.emergency_codes, enrolment->codes, fault) != 0) {
        enrolment_wipe(enrolment);
        return -1;
    }
    return 0;
}

int enrolment_new_codes(const struct store *store, const struct svm *svm, const struct profile *present,
                        struct enrolment *enrolment, struct fault *fault)
{
    *enrolment = (struct enrolment){.replaces = true, .keeps_key = true, .replaced = *present, .profile = *present};
    if (store_unseal(store, present, &enrolment->secrets, fault) != 0 ||
        secrets_new_codes(&enrolment->secrets, (size_t)svm->totp.emergency_codes, enrolment->codes, fault) != 0) {
        enrolment_wipe(enrolment);
        return -1;
    }
    return 0;
}

int enrolment_confirm(struct enrolment *enrolment, unsigned int window, const char *response, long long now,
                      struct fault *fault)
{
    struct otp otp = profile_otp(&enrolment->profile, &enrolment->secrets);
    int64_t step = 0;
    char code[RESPONSE_CODE_SIZE];
    int matches;

    if (response_read(response, code) != RESPONSE_CODE)
        return 0;
    matches = otp_match(&otp, otp_step(&otp, now), window, code, &step);
    crypto_wipe(code, sizeof code);
    if (matches < 0)
        return fault_set(fault, "the cryptographic library cannot compute codes");
    if (matches > 0)
        enrolment->last_step = step;
    return matches;
}

static int fault_changed(struct fault *fault)
{
    return fault_set_class(fault, FAULT_CONFLICT, "the profile was changed by somebody else meanwhile; nothing has "
                           "changed, try again");
}

static enum store_decision replace(void *context, struct store_entry *entry, struct fault *fault)
{
    const struct enrolment *enrolment = context;
    long long last_step = enrolment->last_step;

    if (entry->enrolled != enrolment->replaces ||
        (entry->enrolled && !profile_equals(&entry->profile, &enrolment->replaced))) {
        fault_changed(fault);
        return STORE_FAIL;
    }
    /* While the key stays the same, what is used up stays so. */
    if (entry->enrolled && strcmp(entry->profile.sha_fingerprint, enrolment->profile.sha_fingerprint) == 0 &&
        entry->totp.last_step > last_step)
        last_step = entry->totp.last_step;
    entry->enrolled = true;
    entry->profile = enrolment->profile;
    entry->totp = (struct totp_state){.last_step = last_step};
    return STORE_WRITE;
}

int enrolment_seal(const struct store *store, struct enrolment *enrolment, struct fault *fault)
{
    enrolment->sealed = store_seal(store, &enrolment->profile, &enrolment->secrets, fault) == 0;
    return enrolment->sealed ? 0 : -1;
}

int enrolment_save(const struct store *store, const struct store_owner *owner, const struct permit *permit,
                   struct enrolment *enrolment, struct fault *fault)
{
    if (!enrolment->keeps_key && !permit_holds(permit, enrolment->profile.svm, owner->uid))
        return fault_set_class(fault, FAULT_REFUSED, "there is no leave to make a key in SVM %s", enrolment->profile.svm);
    if (!enrolment->replaces && store_find_renamed(store, owner, fault) != FOUND_NOTHING)
        return -1;
    if (!enrolment->sealed && enrolment_seal(store, enrolment, fault) != 0)
        return -1;
    return store_change(store, owner, replace, enrolment, fault);
}

/* What is to be removed. */
struct removal {
    const struct profile *present;
};

static enum store_decision remove_present(void *context, struct store_entry *entry, struct fault *fault)
{
    const struct removal *removal = context;

    if (entry->enrolled && profile_equals(&entry->profile, removal->present))
        return STORE_REMOVE;
    fault_changed(fault);
    return STORE_FAIL;
}

int enrolment_remove(const struct store *store, const struct store_owner *owner, const struct profile *present,
                     struct fault *fault)
{
    struct removal removal = {present};

    return store_change(store, owner, remove_present, &removal, fault);
}

void enrolment_key(const struct enrolment *enrolment, char out[BASE32_SIZE(PROFILE_KEY_MAX)])
{
    base32_encode(enrolment->secrets.key, enrolment->secrets.key_length, out);
}

/* The host's name; "" if it has none, or one that cannot be part of a key URI. */
static void host_name(char out[HOST_NAME_SIZE])
{
    struct utsname host;

    out[0] = '\0';
    if (uname(&host) != 0 || strchr(host.nodename, ':') != NULL || strlen(host.nodename) >= HOST_NAME_SIZE)
        return;
    for (const char *c = host.nodename; *c != '\0'; c++)
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f)
            return;
    strcpy(out, host.nodename);
}

void enrolment_issuer(const struct svm *svm, char out[NAME_SIZE])
{
    char host[HOST_NAME_SIZE];

    strcpy(out, svm->totp.issuer[0] != '\0' ? svm->totp.issuer : svm->name);
    if (svm->totp.issuer[0] != '\0' || strcmp(svm->name, "cluster") != 0)
        return;
    /* Without its domain, which the label has: so the QR code stays small. */
    host_name(host);
    host[strcspn(host, ".")] = '\0';
    if (host[0] != '\0')
        strcpy(out, host);
}

void enrolment_label(const struct account *account, char out[NAME_SIZE])
{
    char host[HOST_NAME_SIZE];

    host_name(host);
    strcpy(out, account->name);
    if (host[0] != '\0' && strlen(out) + strlen(host) + 1 < NAME_SIZE)
        sprintf(out + strlen(out), "@%s", host);
}

int enrolment_uri(const struct enrolment *enrolment, const char *issuer, const char *label,
                  char out[ENROLMENT_URI_SIZE], struct fault *fault)
{
    char key[BASE32_SIZE(PROFILE_KEY_MAX)], issuer_encoded[3 * NAME_SIZE], label_encoded[3 * NAME_SIZE];
    const struct profile *profile = &enrolment->profile;
    int used;

    if (strchr(issuer, ':') != NULL || strchr(label, ':') != NULL)
        return fault_set(fault, "the issuer or the label holds a colon, which separates the two in a key URI");
    if (issuer[0] == '\0' || label[0] == '\0' || strlen(issuer) >= NAME_SIZE || strlen(label) >= NAME_SIZE)
        return fault_set(fault, "the issuer and the label must have 1 to %d bytes", NAME_SIZE - 1);
    if (percent_encode(issuer_encoded, sizeof issuer_encoded, issuer) != 0 ||
        percent_encode(label_encoded, sizeof label_encoded, label) != 0)
        return fault_set(fault, "the issuer and the label do not fit a key URI");
    enrolment_key(enrolment, key);
    used = snprintf(out, ENROLMENT_URI_SIZE, "otpauth://totp/%s:%s?secret=%s&issuer=%s", issuer_encoded, label_encoded,
                    key, issuer_encoded);
    if (profile->algorithm != CRYPTO_SHA1)
        used += snprintf(out + used, (size_t)(ENROLMENT_URI_SIZE - used), "&algorithm=%s",
                         otp_algorithm_words[profile->algorithm]);
    if (profile->digits != 6)
        used += snprintf(out + used, (size_t)(ENROLMENT_URI_SIZE - used), "&digits=%d", profile->digits);
    if (profile->period != 30)
        snprintf(out + used, (size_t)(ENROLMENT_URI_SIZE - used), "&period=%d", profile->period);
    crypto_wipe(key, sizeof key);
    return 0;
}

void enrolment_wipe(struct enrolment *enrolment)
{
    crypto_wipe(enrolment, sizeof *enrolment);
}
