/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: svm.conf is what makes an SVM. It is written last and removed last, so that whatever is killed, the
 * same command run again completes. An SVM goes only once its state directory is gone, which the kernel lets go only
 * empty: so nobody enrols in between.
 * What MUST NOT happen: two SVMs of one uuid; an enrolment lost without --force.
 */
#include "admin/admin_svm.h"

#include "admin/node.h"
#include "admin/place.h"
#include "base/crypto.h"
#include "enrol/ticket.h"
#include "base/shell.h"
#include "store/store_admin.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

const struct record_field admin_svm_fields[] = {
    {"uuid", VALUE_STRING, .flags = RECORD_KEY | RECORD_LISTED},
    {"name", VALUE_STRING, .flags = RECORD_KEY | RECORD_LISTED},
    {"comment", VALUE_STRING, .flags = 0},
    {"scope", VALUE_STRING, .flags = RECORD_LISTED, .words = svm_scope_words},
    {"factors", VALUE_STRINGS, .flags = RECORD_LISTED, .words = factor_words},
    {"self_enrolment", VALUE_STRING, .words = self_enrolment_words},
    {"totp.issuer", VALUE_STRING, .flags = 0},
    {"totp.algorithm", VALUE_STRING, .words = otp_algorithm_words},
    {"totp.digits", VALUE_INTEGER, .min = 6, .max = 8},
    {"totp.period", VALUE_INTEGER, .min = 15, .max = 120},
    {"totp.window", VALUE_INTEGER, .min = 0, .max = 10},
    {"totp.key_bytes", VALUE_INTEGER, .min = 16, .max = 64},
    {"totp.emergency_codes", VALUE_INTEGER, .min = 0, .max = 10},
    {"totp.required_groups", VALUE_STRINGS, .flags = 0},
    {"totp.exempt_groups", VALUE_STRINGS, .flags = 0},
    {"totp.enrol_by", VALUE_STRING, .flags = 0},
    {0},
};

const char *const admin_svm_settings[] = {
    "uuid", "comment", "factors", "self_enrolment", "totp.issuer", "totp.algorithm", "totp.digits", "totp.period",
    "totp.window", "totp.key_bytes", "totp.emergency_codes", "totp.required_groups", "totp.exempt_groups",
    "totp.enrol_by", NULL,
};

/* Where the record's field NAME is in the file. */
static const char *in_file(const char *name)
{
    return strcmp(name, "uuid") == 0    ? "owner.uuid"
           : strcmp(name, "name") == 0  ? "owner.name"
           : strcmp(name, "scope") == 0 ? "owner.scope"
                                        : name;
}

enum result admin_svm_read(const struct host *host, const char *name, struct svm *svm, struct fault *fault)
{
    if (!name_is_valid(name) || !svm_exists(host, name)) {
        fault_set(fault, "there is no SVM \"%.64s\"; see which there are with: mfactl svm show", name);
        return RESULT_NOT_THERE;
    }
    return svm_read(host, name, svm, fault) == 0 ? RESULT_DONE : RESULT_FAILED;
}

void admin_set_owner(struct record *record, const struct svm *svm)
{
    record_set_string(record, "owner.uuid", svm->uuid);
    record_set_string(record, "owner.name", svm->name);
}

/* A random UUID (RFC 9562, version 4). */
static int make_uuid(char out[37], struct fault *fault)
{
    unsigned char random[16];
    char hex[33];

    if (crypto_random(random, sizeof random) != 0)
        return fault_set(fault, "no random bytes to be had for a UUID");
    random[6] = (unsigned char)((random[6] & 0x0f) | 0x40); /* version */
    random[8] = (unsigned char)((random[8] & 0x3f) | 0x80); /* variant */
    crypto_hex(random, sizeof random, hex);
    snprintf(out, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
    return 0;
}

/* Whether another SVM has SVM's uuid. One whose file cannot be read has none. */
static enum result check_uuid(const struct host *host, const struct svm *svm, struct fault *fault)
{
    enum result result = RESULT_DONE;
    struct svm_names names;

    if (svm_names_read(host, &names, fault) != 0)
        return RESULT_FAILED;
    for (size_t i = 0; i < names.count && result == RESULT_DONE; i++) {
        struct fault ignored;
        struct svm other;

        if (strcmp(names.names[i], svm->name) == 0 || svm_read(host, names.names[i], &other, &ignored) != 0)
            continue;
        if (strcasecmp(other.uuid, svm->uuid) == 0) {
            fault_set(fault, "uuid %s is that of SVM \"%.64s\"", svm->uuid, other.name);
            result = RESULT_EXISTS;
        }
        svm_free(&other);
    }
    svm_names_free(&names);
    return result;
}

static enum result apply(struct svm *svm, const struct setting *settings, size_t count, struct fault *fault)
{
    for (size_t i = 0; i < count; i++)
        if (setting_set(svm_fields, svm, in_file(settings[i].name), settings[i].value, fault) != 0)
            return RESULT_INVALID;
    return RESULT_DONE;
}

static int prove(const void *context, const char *path, const char *text, size_t length, struct fault *fault)
{
    struct svm proof;
    int result = svm_parse(path, context, text, length, &proof, fault);

    svm_free(&proof);
    return result;
}

/* With the lock held: DIR is SVM's directory. */
static enum result write_svm(const struct host *host, const struct place *place, struct svm *svm, struct fault *fault)
{
    char(*factors)[8] = svm->factor_names.items;
    enum result result = check_uuid(host, svm, fault);

    if (result != RESULT_DONE)
        return result;
    /* The file names the factors; one without them would have the defaults of whatever version reads it. */
    if (factors == NULL) {
        factors = calloc(SVM_FACTORS_MAX, sizeof *factors);
        if (factors == NULL) {
            fault_set(fault, "out of memory");
            return RESULT_FAILED;
        }
        svm->factor_names = (struct conf_array){factors, svm->factor_count};
        for (size_t i = 0; i < svm->factor_count; i++)
            snprintf(factors[i], sizeof factors[i], "%s", factor_words[svm->factors[i]]);
    }
    return place_write(place, "svm.conf", 0644, svm_fields, svm, prove, svm->name, fault) == 0 ? RESULT_DONE
                                                                                              : RESULT_FAILED;
}

/* The modes of the files that are there. */
static int mend_files(const struct place *place, struct report *report, struct fault *fault)
{
    char path[DIR_PATH_SIZE + 16];

    snprintf(path, sizeof path, "%s/svm.conf", place->dir.path);
    if (node_mend(place->dir.fd, "svm.conf", path, &node_conf, report, fault) != 0)
        return -1;
    snprintf(path, sizeof path, "%s/duo.conf", place->dir.path);
    return node_mend(place->dir.fd, "duo.conf", path, &node_secret, report, fault);
}

/* With the lock held. */
static enum result create_locked(const struct host *host, struct place *place, struct svm *svm,
                                 const struct service_account *account, struct report *report, struct fault *fault)
{
    struct dir states = DIR_CLOSED, state = DIR_CLOSED;
    enum result result = check_uuid(host, svm, fault);

    if (result != RESULT_DONE)
        return result;
    result = RESULT_FAILED;
    if (directory_make(&states, NULL, host->state_dir, 0, 0755, report, fault) == 0 &&
        directory_make(&state, &states, svm->name, account->gid, 01770, report, fault) == 0 &&
        directory_make(&place->dir, &place->svms, svm->name, 0, 0755, report, fault) == 0) {
        if (faccessat(place->dir.fd, "svm.conf", F_OK, AT_SYMLINK_NOFOLLOW) != 0)
            result = write_svm(host, place, svm, fault);
        else if (mend_files(place, report, fault) == 0) {
            fault_set(fault, "SVM \"%s\" exists already; change it with: mfactl svm modify %s", svm->name,
                      shell_word(svm->name).text);
            result = RESULT_EXISTS;
        }
    }
    if (result == RESULT_DONE && report != NULL)
        report_line(report, "made %s/svm.conf: SVM \"%s\", uuid %s", place->dir.path, svm->name, svm->uuid);
    dir_close(&state);
    dir_close(&states);
    return result;
}

enum result admin_svm_create(const struct host *host, const char *name, const struct setting *settings, size_t count,
                             const struct service_account *account, struct report *report, struct fault *fault)
{
    struct place place = PLACE_CLOSED;
    enum result result = RESULT_FAILED;
    struct svm svm;

    if (!name_is_valid(name)) {
        fault_set(fault, "\"%.64s\" cannot be the name of an SVM: expected 1 to %d bytes, no '/', no control "
                  "characters, no '.' or '-' at the start", name, NAME_SIZE - 1);
        return RESULT_INVALID;
    }
    svm_defaults(&svm, name);
    if (apply(&svm, settings, count, fault) != RESULT_DONE)
        result = RESULT_INVALID;
    else if (svm.uuid[0] != '\0' || make_uuid(svm.uuid, fault) == 0) {
        if (directory_make(&place.svms, NULL, host->svm_dir, 0, 0755, report, fault) == 0)
            place.lock = directory_lock(&place.svms, LOCK_SVMS, fault);
        if (place.lock >= 0)
            result = create_locked(host, &place, &svm, account, report, fault);
        place_close(&place);
    }
    svm_free(&svm);
    return result;
}

static enum result not_there(const char *name, struct fault *fault)
{
    fault_set(fault, "there is no SVM \"%.64s\"; see which there are with: mfactl svm show", name);
    return RESULT_NOT_THERE;
}

/* With PLACE open and locked, or closed in a dry run. */
static enum result edit(const struct host *host, const struct place *place, const char *name, admin_svm_change *change,
                        void *context, struct fault *fault)
{
    bool dry = place->dir.fd < 0, changed = false;
    struct svm svm;
    enum result result = admin_svm_read(host, name, &svm, fault);

    if (result == RESULT_NOT_THERE && dry) {
        svm_defaults(&svm, name);
        result = make_uuid(svm.uuid, fault) == 0 ? RESULT_DONE : RESULT_FAILED;
    }
    if (result != RESULT_DONE)
        return result;
    result = change(context, &svm, &changed, fault);
    if (result == RESULT_DONE && changed)
        result = write_svm(host, place, &svm, fault);
    svm_free(&svm);
    return result;
}

enum result admin_svm_edit(const struct host *host, const char *name, bool dry, admin_svm_change *change, void *context,
                           struct fault *fault)
{
    struct place place = PLACE_CLOSED;
    enum result result = RESULT_FAILED;

    if (dry)
        return edit(host, &place, name, change, context, fault);
    switch (place_open(&place, host, name, fault)) {
    case FOUND_FAULT: break;
    case FOUND_NOTHING: result = not_there(name, fault); break;
    case FOUND: result = edit(host, &place, name, change, context, fault); break;
    }
    place_close(&place);
    return result;
}

/* Settings as somebody gives them. */
struct wish {
    const struct setting *settings;
    size_t count;
};

static enum result change_settings(void *context, struct svm *svm, bool *changed, struct fault *fault)
{
    const struct wish *wish = context;

    *changed = true;
    return apply(svm, wish->settings, wish->count, fault);
}

enum result admin_svm_modify(const struct host *host, const char *name, const struct setting *settings, size_t count,
                             struct fault *fault)
{
    struct wish wish = {settings, count};

    return admin_svm_edit(host, name, false, change_settings, &wish, fault);
}

/* Whether pam_mfa.conf sends logins to SVM NAME. */
static bool is_in_use(const struct host *host, const char *name, struct fault *fault)
{
    const struct host_rule *rules = host->svm_rules.items;

    if (strcmp(host->default_svm, name) == 0) {
        fault_set(fault, "default_svm of pam_mfa.conf is SVM \"%s\"; change that first, or add --force", name);
        return true;
    }
    for (size_t i = 0; i < host->svm_rules.count; i++) {
        if (strcmp(rules[i].svm, name) == 0) {
            fault_set(fault, "rule %zu of svm_rules in pam_mfa.conf names SVM \"%s\"; remove it first, or add --force",
                      i + 1, name);
            return true;
        }
    }
    return false;
}

/* With the lock held. */
static enum result delete_locked(const struct host *host, const struct place *place, const char *name, bool force,
                                 struct fault *fault)
{
    long long enrolled = 0;

    if (!force && is_in_use(host, name, fault))
        return RESULT_FAILED;
    if (store_remove(host, name, force, &enrolled, fault) != 0)
        return RESULT_FAILED;
    if (enrolled == 0 && ticket_withdraw_all(host, name, fault) != 0)
        return RESULT_FAILED;
    if (enrolled > 0) {
        fault_set(fault, "%lld %s enrolled in SVM \"%s\"; to remove %s too, add --force", enrolled,
                  enrolled == 1 ? "user is" : "users are", name, enrolled == 1 ? "that enrolment" : "their enrolments");
        return RESULT_FAILED;
    }
    /* An editor's or a killed write's left-over may hold the secret key. */
    if (file_remove(&place->dir, "duo.conf", fault) != 0 || file_remove(&place->dir, "duo.conf.0~", fault) != 0 ||
        file_remove(&place->dir, "svm.conf.0~", fault) != 0 || file_remove(&place->dir, "svm.conf", fault) != 0)
        return RESULT_FAILED;
    if (unlinkat(place->svms.fd, name, AT_REMOVEDIR) != 0) {
        fault_set(fault, "%s: SVM \"%s\" is gone, but its directory cannot be removed: %m; look at what is in it",
                  place->dir.path, name);
        return RESULT_FAILED;
    }
    return RESULT_DONE;
}

enum result admin_svm_delete(const struct host *host, const char *name, bool force, struct fault *fault)
{
    enum result result = RESULT_FAILED;
    struct place place;

    if (strcmp(name, "cluster") == 0) {
        fault_set(fault, "\"cluster\" is the host's own SVM and cannot be removed");
        return RESULT_INVALID;
    }
    switch (place_open(&place, host, name, fault)) {
    case FOUND_FAULT: break;
    case FOUND_NOTHING: result = not_there(name, fault); break;
    case FOUND: result = delete_locked(host, &place, name, force, fault); break;
    }
    place_close(&place);
    return result;
}

int admin_svm_show(const struct show *show, struct fault *fault)
{
    struct svm_names names;
    int result = 0;

    if (svm_names_read(show->host, &names, fault) != 0)
        return -1;
    for (size_t i = 0; i < names.count && result == 0; i++) {
        struct record record = {.fields = admin_svm_fields};
        struct fault broken;
        struct svm svm;

        if (svm_read(show->host, names.names[i], &svm, &broken) != 0) {
            report_line(show->problems, "%s", broken.text);
            record_set_string(&record, "name", names.names[i]);
        } else {
            for (size_t field = 0; admin_svm_fields[field].name != NULL; field++)
                if (setting_get(svm_fields, &svm, in_file(admin_svm_fields[field].name), &record.values[field]) != 0)
                    record.incomplete = true;
            for (size_t factor = 0; svm.factor_names.count == 0 && factor < svm.factor_count; factor++)
                record_add_string(&record, "factors", factor_words[svm.factors[factor]]);
            svm_free(&svm);
        }
        result = query_offer(show->run, &record, fault);
    }
    svm_names_free(&names);
    return result < 0 ? -1 : 0;
}

int admin_for_each_svm(const struct show *show, admin_show_one *show_one, const void *context, struct fault *fault)
{
    struct svm_names names;
    int result = 0;

    if (svm_names_read(show->host, &names, fault) != 0)
        return -1;
    for (size_t i = 0; i < names.count && result == 0; i++) {
        struct fault broken;
        struct svm svm;

        if (svm_read(show->host, names.names[i], &svm, &broken) != 0)
            report_line(show->problems, "%s", broken.text);
        else {
            result = show_one(show, &svm, context, fault);
            svm_free(&svm);
        }
    }
    svm_names_free(&names);
    return result < 0 ? -1 : 0;
}
