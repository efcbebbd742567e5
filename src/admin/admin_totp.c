/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: what is made anew or discarded was found broken; that somebody else is at it is no such thing.
 * What MUST NOT happen: an unlocked profile accepting a code that was used before.
 */
#include "admin/admin_totp.h"

#include "admin/admin_svm.h"
#include "store/store_admin.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

const struct record_field admin_totp_fields[] = {
    {"owner.uuid", VALUE_STRING, .flags = RECORD_KEY | RECORD_EARLY},
    {"owner.name", VALUE_STRING, .flags = RECORD_KEY | RECORD_EARLY | RECORD_LISTED},
    {"account.name", VALUE_STRING, .flags = RECORD_KEY | RECORD_EARLY | RECORD_LISTED},
    {"comment", VALUE_STRING, .flags = RECORD_LISTED},
    {"enabled", VALUE_BOOLEAN, .flags = RECORD_LISTED},
    {"scope", VALUE_STRING, .flags = RECORD_EARLY, .words = svm_scope_words},
    {"sha_fingerprint", VALUE_STRING, .flags = 0},
    {"created", VALUE_STRING, .flags = 0},
    {"last_used", VALUE_STRING, .flags = 0}, /* the last accepted code's; an emergency code has no time */
    {"algorithm", VALUE_STRING, .words = otp_algorithm_words},
    {"digits", VALUE_INTEGER, .min = 6, .max = 8},
    {"period", VALUE_INTEGER, .min = 15, .max = 120},
    {"emergency_codes_left", VALUE_INTEGER, .flags = RECORD_COSTLY, .max = PROFILE_CODES_MAX},
    {"failures", VALUE_INTEGER, .flags = RECORD_COSTLY, .max = STATE_FAILURES_MAX},
    {"is_locked", VALUE_BOOLEAN, .flags = RECORD_COSTLY},
    {0},
};

const char *const admin_totp_settings[] = {"enabled", "comment", NULL};

/* The profile that is worked on. */
struct subject {
    struct svm svm;
    struct store *store;
    struct store_owner owner;
    bool is_gone; /* the account */
};

static void subject_close(struct subject *subject)
{
    store_close(subject->store);
    svm_free(&subject->svm);
}

static enum result not_there(const char *svm, const char *user, struct fault *fault)
{
    fault_set_class(fault, FAULT_ABSENT, "user \"%.64s\" has no TOTP profile in SVM \"%.64s\"", user, svm);
    return RESULT_NOT_THERE;
}

/* The user id of USER: from the passwd database, or, if the account is gone from there, from what it left. */
static enum found find_owner(struct subject *subject, const char *user, struct fault *fault)
{
    struct account account;
    enum found found = account_find(user, &account, fault);

    subject->owner = (struct store_owner){.name = user, .uid = account.uid};
    /* Under another spelling the passwd database may know somebody, but what is kept is that of this one. */
    if (found == FOUND_FAULT || (found == FOUND && strcmp(account.name, user) == 0))
        return found;
    subject->is_gone = true;
    return store_find(subject->store, user, &subject->owner.uid, fault);
}

/* Opens the store of SVM and finds USER there. If done, the caller ends with subject_close. */
static enum result subject_open(struct subject *subject, const struct host *host, const char *svm, const char *user,
                                struct fault *fault)
{
    enum result result;

    *subject = (struct subject){0};
    result = admin_svm_read(host, svm, &subject->svm, fault);
    if (result != RESULT_DONE)
        return result;
    subject->store = store_open_admin(host, svm, fault);
    if (subject->store == NULL) {
        svm_free(&subject->svm);
        return RESULT_FAILED;
    }
    switch (find_owner(subject, user, fault)) {
    case FOUND: return RESULT_DONE;
    case FOUND_NOTHING: result = not_there(svm, user, fault); break;
    case FOUND_FAULT: result = RESULT_FAILED; break;
    }
    subject_close(subject);
    return result;
}

/* A change, and what came of it. */
struct change {
    const struct setting *settings;
    size_t count;
    enum result result;
};

static enum result apply(struct profile *profile, const struct setting *settings, size_t count, struct fault *fault)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(settings[i].name, "enabled") == 0) {
            if (!value_parse_boolean(settings[i].value, &profile->enabled)) {
                fault_set_field(fault, "enabled", "enabled is \"%.64s\", expected true or false", settings[i].value);
                return RESULT_INVALID;
            }
        } else if (setting_set(profile_fields, profile, settings[i].name, settings[i].value, fault) != 0)
            return RESULT_INVALID;
    }
    return RESULT_DONE;
}

/* The secrets and with them the profile_id stay, so the state stays as well. */
static enum store_decision modify(void *context, struct store_entry *entry, struct fault *fault)
{
    struct change *change = context;

    change->result = RESULT_NOT_THERE;
    if (!entry->enrolled)
        return STORE_KEEP;
    change->result = apply(&entry->profile, change->settings, change->count, fault);
    return change->result == RESULT_DONE ? STORE_WRITE : STORE_FAIL;
}

static enum store_decision clear_failures(void *context, struct store_entry *entry, struct fault *fault)
{
    struct change *change = context;

    (void)fault;
    change->result = entry->enrolled ? RESULT_DONE : RESULT_NOT_THERE;
    totp_state_clear(&entry->totp);
    return entry->enrolled ? STORE_WRITE : STORE_KEEP;
}

static enum store_decision remove_profile(void *context, struct store_entry *entry, struct fault *fault)
{
    struct change *change = context;

    (void)fault;
    change->result = entry->enrolled ? RESULT_DONE : RESULT_NOT_THERE;
    return entry->enrolled ? STORE_REMOVE : STORE_KEEP;
}

static enum result run(const struct subject *subject, store_decide *decide, struct change *change, struct fault *fault)
{
    change->result = RESULT_FAILED;
    if (store_change(subject->store, &subject->owner, decide, change, fault) != 0)
        return change->result == RESULT_INVALID ? RESULT_INVALID : RESULT_FAILED;
    return change->result == RESULT_NOT_THERE ? not_there(subject->svm.name, subject->owner.name, fault) : change->result;
}

enum result admin_totp_modify(const struct host *host, const char *svm, const char *user,
                              const struct setting *settings, size_t count, struct fault *fault)
{
    struct change change = {.settings = settings, .count = count};
    struct subject subject;
    enum result result = subject_open(&subject, host, svm, user, fault);

    if (result != RESULT_DONE)
        return result;
    result = run(&subject, modify, &change, fault);
    subject_close(&subject);
    return result;
}

/* Whether what FAULT is about can go without having been understood. Busy is nothing to be removed for. */
static bool is_to_be_discarded(const struct fault *fault)
{
    return fault->class != FAULT_BUSY && fault->class != FAULT_CONFLICT && fault->class != FAULT_UNAVAILABLE;
}

enum result admin_totp_delete(const struct host *host, const char *svm, const char *user, struct fault *fault)
{
    struct change change = {0};
    struct subject subject;
    enum result result = subject_open(&subject, host, svm, user, fault);
    bool discards;

    if (result != RESULT_DONE)
        return result;
    discards = subject.is_gone;
    if (!discards) {
        result = run(&subject, remove_profile, &change, fault);
        discards = result == RESULT_FAILED && is_to_be_discarded(fault);
    }
    /* Broken, or of an account that is gone: then nothing of it is of use to anyone. */
    if (discards) {
        switch (store_discard(subject.store, user, fault)) {
        case FOUND: result = RESULT_DONE; break;
        case FOUND_NOTHING: result = not_there(svm, user, fault); break;
        case FOUND_FAULT: result = RESULT_FAILED; break;
        }
    }
    subject_close(&subject);
    return result;
}

enum result admin_totp_unlock(const struct host *host, const char *svm, const char *user, long long now, bool *renewed,
                              struct fault *fault)
{
    struct change change = {0};
    struct subject subject;
    enum result result = subject_open(&subject, host, svm, user, fault);
    struct fault broken;

    *renewed = false;
    if (result != RESULT_DONE)
        return result;
    result = run(&subject, clear_failures, &change, fault);
    if (result == RESULT_FAILED && fault->class == FAULT_BROKEN) {
        switch (store_reset(subject.store, &subject.owner, now, subject.svm.totp.window, &broken)) {
        case FOUND:
            *renewed = true;
            result = RESULT_DONE;
            break;
        case FOUND_NOTHING: break; /* FAULT says why */
        case FOUND_FAULT: *fault = broken; break;
        }
    }
    subject_close(&subject);
    return result;
}

/* What showing a profile needs. */
struct walk {
    const struct show *show;
    const struct svm *svm;
    const struct store *store;
    bool needs_entry, needs_secrets;
};

/* TIME (Unix seconds) in UTC, as the records have it. */
static void set_time(struct record *record, const char *name, long long seconds)
{
    time_t at = (time_t)seconds;
    struct tm when;
    char text[32];

    if (gmtime_r(&at, &when) != NULL && strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &when) > 0)
        record_set_string(record, name, text);
}

/* How many are left is known to whoever can open the profile alone. */
static void set_codes_left(const struct walk *walk, const struct store_entry *entry, struct record *record)
{
    struct secrets secrets;
    struct fault broken;
    int left = 0;

    if (store_unseal(walk->store, &entry->profile, &secrets, &broken) != 0) {
        report_line(walk->show->problems, "%s", broken.text);
        return;
    }
    for (size_t i = 0; i < secrets.code_count; i++)
        left += (entry->totp.used_codes >> i & 1) == 0;
    secrets_wipe(&secrets);
    record_set_integer(record, "emergency_codes_left", left);
}

static void fill(const struct walk *walk, const struct store_owner *owner, struct record *record)
{
    const struct profile *profile;
    struct store_entry entry;
    struct fault broken;

    if (store_read(walk->store, owner, &entry, &broken) != 0) {
        show_problem(walk->show, &broken);
        return;
    }
    if (!entry.enrolled) /* removed meanwhile */
        return;
    profile = &entry.profile;
    record_set_string(record, "comment", profile->comment);
    record_set_boolean(record, "enabled", profile->enabled);
    record_set_string(record, "sha_fingerprint", profile->sha_fingerprint);
    set_time(record, "created", profile->created);
    if (entry.totp.last_step > 0)
        set_time(record, "last_used", entry.totp.last_step * profile->period);
    record_set_string(record, "algorithm", otp_algorithm_words[profile->algorithm]);
    record_set_integer(record, "digits", profile->digits);
    record_set_integer(record, "period", profile->period);
    record_set_integer(record, "failures", entry.totp.failures);
    record_set_boolean(record, "is_locked", totp_state_is_locked(&entry.totp));
    if (walk->needs_secrets && store_has_seal(walk->store))
        set_codes_left(walk, &entry, record);
}

static int show_user(void *context, const struct store_owner *owner, struct fault *fault)
{
    const struct walk *walk = context;
    struct record record = {.fields = admin_totp_fields};

    admin_set_owner(&record, walk->svm);
    record_set_string(&record, "account.name", owner->name);
    record_set_string(&record, "scope", walk->svm->scope == 0 ? "cluster" : "svm");
    if (query_excludes(walk->show->run->query, &record)) {
        record_free(&record);
        return 0;
    }
    if (walk->needs_entry)
        fill(walk, owner, &record);
    return query_offer(walk->show->run, &record, fault);
}

/* What a store shows to somebody who may not list it: their own. */
static int show_own(struct walk *walk, struct fault *fault)
{
    const struct store_owner owner = store_owner(walk->show->only);
    struct store_entry entry;
    struct fault broken;

    if (store_read(walk->store, &owner, &entry, &broken) == 0)
        return entry.enrolled ? show_user(walk, &owner, fault) : 0;
    show_problem(walk->show, &broken);
    return broken.class == FAULT_BUSY || broken.class == FAULT_UNAVAILABLE ? 0 : show_user(walk, &owner, fault);
}

/* What is broken is reported and skipped. */
static int show_svm(const struct show *show, const struct svm *svm, const void *context, struct fault *fault)
{
    struct walk walk = *(const struct walk *)context;
    struct store *store;
    struct fault broken;
    int result;

    store = store_open_admin(show->host, svm->name, &broken);
    if (store == NULL) {
        show_problem(show, &broken);
        return 0;
    }
    walk.svm = svm;
    walk.store = store;
    result = show->only != NULL ? show_own(&walk, fault) : store_list(store, "", show_user, &walk, fault);
    store_close(store);
    return result;
}

int admin_totp_show(const struct show *show, struct fault *fault)
{
    const struct query *query = show->run->query;
    struct walk walk = {.show = show};

    for (size_t i = 0; admin_totp_fields[i].name != NULL; i++)
        if ((admin_totp_fields[i].flags & RECORD_EARLY) == 0 && query_needs(query, admin_totp_fields[i].name))
            walk.needs_entry = true;
    walk.needs_secrets = query_needs(query, "emergency_codes_left");
    return admin_for_each_svm(show, show_svm, &walk, fault);
}

enum result admin_totp_ticket(const struct host *host, const char *svm, const char *user, long long now, long long valid,
                              char *out, struct fault *fault)
{
    struct account account;
    struct svm policy;
    enum result result = admin_svm_read(host, svm, &policy, fault);

    if (result != RESULT_DONE)
        return result;
    switch (account_find_owner(user, &account, fault)) {
    case FOUND_FAULT: result = RESULT_FAILED; break;
    case FOUND_NOTHING:
        fault_set(fault, "there is no account \"%.64s\"", user);
        result = RESULT_NOT_THERE;
        break;
    case FOUND:
        if (ticket_make(host, &policy, &account, now, valid, out, fault) != 0)
            result = RESULT_FAILED;
        break;
    }
    svm_free(&policy);
    return result;
}

enum result admin_totp_withdraw(const struct host *host, const char *svm, const char *user, struct fault *fault)
{
    struct account account;
    struct fault untold;
    /* Whose account is gone may have left a ticket. */
    const bool is_known = account_find_owner(user, &account, &untold) == FOUND;

    switch (ticket_withdraw(host, svm, is_known ? account.name : user, fault)) {
    case FOUND_FAULT: return RESULT_FAILED;
    case FOUND: return RESULT_DONE;
    case FOUND_NOTHING: break;
    }
    fault_set(fault, "\"%.64s\" has no ticket in SVM \"%.64s\"", user, svm);
    return RESULT_NOT_THERE;
}
