/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: a profile is changed only as it was read; if its user was faster, it is read again.
 * What MUST NOT happen: an unlocked profile accepting a code that was used before.
 */
#include "admin/admin_totp.h"

#include "admin/admin_svm.h"
#include "store/store_admin.h"
#include "store/store_files.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define TRIES 16 /* against a user who changes the profile at the same time */

const struct record_field admin_totp_fields[] = {
    {"owner.uuid", VALUE_STRING, .flags = RECORD_KEY | RECORD_EARLY},
    {"owner.name", VALUE_STRING, .flags = RECORD_KEY | RECORD_EARLY | RECORD_LISTED},
    {"account.name", VALUE_STRING, .flags = RECORD_KEY | RECORD_EARLY | RECORD_LISTED},
    {"comment", VALUE_STRING, .flags = RECORD_LISTED},
    {"enabled", VALUE_BOOLEAN, .flags = RECORD_LISTED},
    {"scope", VALUE_STRING, .flags = RECORD_EARLY, .words = svm_scope_words},
    {"sha_fingerprint", VALUE_STRING, .flags = 0},
    {"created", VALUE_STRING, .flags = 0},
    {"algorithm", VALUE_STRING, .words = otp_algorithm_words},
    {"digits", VALUE_INTEGER, .min = 6, .max = 8},
    {"period", VALUE_INTEGER, .min = 15, .max = 120},
    {"failures", VALUE_INTEGER, .flags = RECORD_COSTLY, .max = STATE_FAILURES_MAX},
    {"is_locked", VALUE_BOOLEAN, .flags = RECORD_COSTLY},
    {0},
};

const char *const admin_totp_settings[] = {"enabled", "comment", NULL};

/* The profile that is worked on. */
struct subject {
    struct svm svm;
    struct store store;
    struct account account;
    bool is_gone; /* the account */
};

static void subject_close(struct subject *subject)
{
    store_close(&subject->store);
    svm_free(&subject->svm);
}

static enum result not_there(const char *svm, const char *user, struct fault *fault)
{
    fault_set(fault, "user \"%.64s\" has no TOTP profile in SVM \"%.64s\"", user, svm);
    return RESULT_NOT_THERE;
}

/* Opens the store of SVM and finds USER there. If done, the caller ends with subject_close. */
static enum result subject_open(struct subject *subject, const struct host *host, const char *svm, const char *user,
                                struct fault *fault)
{
    enum result result = admin_svm_read(host, svm, &subject->svm, fault);

    if (result != RESULT_DONE)
        return result;
    /* Without the key: switching and removing must be possible when it is lost. */
    if (store_open_without_key(&subject->store, host, svm, fault) != 0) {
        svm_free(&subject->svm);
        return RESULT_FAILED;
    }
    switch (store_account(&subject->store, user, &subject->account, &subject->is_gone, fault)) {
    case FOUND: return RESULT_DONE;
    case FOUND_NOTHING: result = not_there(svm, user, fault); break;
    case FOUND_FAULT: result = RESULT_FAILED; break;
    }
    subject_close(subject);
    return result;
}

static enum result apply(struct profile *profile, const struct setting *settings, size_t count, struct fault *fault)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(settings[i].name, "enabled") == 0) {
            if (!value_parse_boolean(settings[i].value, &profile->enabled)) {
                fault_set(fault, "enabled is \"%.64s\", expected true or false", settings[i].value);
                return RESULT_INVALID;
            }
        } else if (setting_set(profile_fields, profile, settings[i].name, settings[i].value, fault) != 0)
            return RESULT_INVALID;
    }
    return RESULT_DONE;
}

/* One try; *AGAIN: the user was faster. */
static enum result modify_once(const struct subject *subject, const struct setting *settings, size_t count, bool *again,
                               struct fault *fault)
{
    struct profile profile, expected;
    enum result result;

    *again = false;
    switch (store_read(&subject->store, &subject->account, &profile, fault)) {
    case FOUND_FAULT: return RESULT_FAILED;
    case FOUND_NOTHING: return not_there(subject->svm.name, subject->account.name, fault);
    case FOUND: break;
    }
    expected = profile;
    result = apply(&profile, settings, count, fault);
    if (result != RESULT_DONE)
        return result;
    /* The secrets and with them the profile_id stay, so the state stays as well. */
    switch (store_put(&subject->store, &subject->account, &expected, &profile, 0, fault)) {
    case STORE_CHANGE_DONE: return RESULT_DONE;
    case STORE_CHANGE_FAULT: return RESULT_FAILED;
    case STORE_CHANGE_CONFLICT: *again = true; break;
    }
    fault_set(fault, "the user changes the profile all the time; try again");
    return RESULT_FAILED;
}

enum result admin_totp_modify(const struct host *host, const char *svm, const char *user,
                              const struct setting *settings, size_t count, struct fault *fault)
{
    struct subject subject;
    enum result result = subject_open(&subject, host, svm, user, fault);
    bool again = true;

    if (result != RESULT_DONE)
        return result;
    for (int tries = 0; again && tries < TRIES; tries++)
        result = modify_once(&subject, settings, count, &again, fault);
    subject_close(&subject);
    return result;
}

/* Removes what can be believed, as its user would. *AGAIN: the user was faster; else what failed is to be discarded. */
static enum result delete_once(const struct subject *subject, bool *again, struct fault *fault)
{
    struct profile profile;

    *again = false;
    switch (store_read(&subject->store, &subject->account, &profile, fault)) {
    case FOUND_FAULT: return RESULT_FAILED;
    case FOUND_NOTHING: return not_there(subject->svm.name, subject->account.name, fault);
    case FOUND: break;
    }
    switch (store_delete(&subject->store, &subject->account, &profile, fault)) {
    case STORE_CHANGE_DONE: return RESULT_DONE;
    case STORE_CHANGE_FAULT: return RESULT_FAILED;
    case STORE_CHANGE_CONFLICT: *again = true; break;
    }
    return RESULT_FAILED;
}

enum result admin_totp_delete(const struct host *host, const char *svm, const char *user, struct fault *fault)
{
    struct subject subject;
    enum result result = subject_open(&subject, host, svm, user, fault);
    bool again = true;

    if (result != RESULT_DONE)
        return result;
    result = RESULT_FAILED;
    for (int tries = 0; !subject.is_gone && again && tries < TRIES; tries++)
        result = delete_once(&subject, &again, fault);
    /* Broken, or of an account that is gone: then nothing of it is of use to anyone. */
    if (result == RESULT_FAILED) {
        switch (store_discard(&subject.store, user, false, fault)) {
        case FOUND: result = RESULT_DONE; break;
        case FOUND_NOTHING: result = not_there(svm, user, fault); break;
        case FOUND_FAULT: break;
        }
    }
    subject_close(&subject);
    return result;
}

static enum store_decision clear_failures(void *context, const struct profile *profile, struct totp_state *totp,
                                          struct fault *fault)
{
    (void)context;
    (void)profile;
    (void)fault;
    totp_state_clear(totp);
    return STORE_WRITE;
}

/* The last step that a code may have been used of by NOW. */
static long long last_step_at(const struct subject *subject, const struct profile *profile, long long now)
{
    return now / profile->period + subject->svm.totp.window;
}

enum result admin_totp_unlock(const struct host *host, const char *svm, const char *user, long long now, bool *renewed,
                              struct fault *fault)
{
    struct subject subject;
    struct profile profile;
    enum result result = subject_open(&subject, host, svm, user, fault);

    *renewed = false;
    if (result != RESULT_DONE)
        return result;
    result = RESULT_FAILED;
    switch (store_read(&subject.store, &subject.account, &profile, fault)) {
    case FOUND_FAULT: break;
    case FOUND_NOTHING: result = not_there(svm, user, fault); break;
    case FOUND:
        if (store_update(&subject.store, &subject.account, clear_failures, NULL, fault) == FOUND)
            result = RESULT_DONE;
        else if (store_renew_state(&subject.store, &subject.account, last_step_at(&subject, &profile, now), fault) ==
                 FOUND) {
            *renewed = true;
            result = RESULT_DONE;
        }
        break;
    }
    subject_close(&subject);
    return result;
}

/* What showing a profile needs. */
struct walk {
    const struct show *show;
    const struct svm *svm;
    const struct store *store;
    bool needs_file, needs_state;
};

static void fill_state(const struct walk *walk, const struct account *account, const char *profile_id,
                       struct record *record)
{
    const struct totp_state *totp;
    struct state state;
    struct fault broken;

    if (store_read_state(walk->store, account, &state, &broken) == FOUND_FAULT) {
        report_line(walk->show->problems, "%s", broken.text);
        return;
    }
    totp = state_totp(&state, profile_id);
    if (totp != NULL) {
        record_set_integer(record, "failures", totp->failures);
        record_set_boolean(record, "is_locked", totp_state_is_locked(totp));
    }
    state_free(&state);
}

static void fill(const struct walk *walk, const struct account *account, struct record *record)
{
    time_t created;
    struct profile profile;
    struct fault broken;
    struct tm when;
    char text[32];

    switch (store_read(walk->store, account, &profile, &broken)) {
    case FOUND_FAULT: report_line(walk->show->problems, "%s", broken.text); return;
    case FOUND_NOTHING: return; /* removed meanwhile */
    case FOUND: break;
    }
    record_set_string(record, "comment", profile.comment);
    record_set_boolean(record, "enabled", profile.enabled);
    record_set_string(record, "sha_fingerprint", profile.sha_fingerprint);
    created = (time_t)profile.created;
    if (gmtime_r(&created, &when) != NULL && strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &when) > 0)
        record_set_string(record, "created", text);
    record_set_string(record, "algorithm", otp_algorithm_words[profile.algorithm]);
    record_set_integer(record, "digits", profile.digits);
    record_set_integer(record, "period", profile.period);
    if (walk->needs_state)
        fill_state(walk, account, profile.profile_id, record);
}

static int show_user(void *context, const struct account *account, struct fault *fault)
{
    const struct walk *walk = context;
    struct record record = {.fields = admin_totp_fields};

    admin_set_owner(&record, walk->svm);
    record_set_string(&record, "account.name", account->name);
    record_set_string(&record, "scope", svm_scope_words[walk->svm->scope]);
    if (query_excludes(walk->show->run->query, &record)) {
        record_free(&record);
        return 0;
    }
    if (walk->needs_file)
        fill(walk, account, &record);
    return query_offer(walk->show->run, &record, fault);
}

/* What is broken is reported and skipped. */
static int show_svm(const struct show *show, const struct svm *svm, const void *context, struct fault *fault)
{
    struct walk walk = *(const struct walk *)context;
    struct fault broken;
    struct store store;
    int result;

    if (store_open_without_key(&store, show->host, svm->name, &broken) != 0) {
        report_line(show->problems, "%s", broken.text);
        return 0;
    }
    walk.svm = svm;
    walk.store = &store;
    result = store_walk(&store, show_user, &walk, fault);
    store_close(&store);
    return result;
}

int admin_totp_show(const struct show *show, struct fault *fault)
{
    const struct query *query = show->run->query;
    struct walk walk = {.show = show};

    for (size_t i = 0; admin_totp_fields[i].name != NULL; i++)
        if ((admin_totp_fields[i].flags & RECORD_EARLY) == 0 && query_needs(query, admin_totp_fields[i].name))
            walk.needs_file = true;
    walk.needs_state = query_needs(query, "failures") || query_needs(query, "is_locked");
    return admin_for_each_svm(show, show_svm, &walk, fault);
}
