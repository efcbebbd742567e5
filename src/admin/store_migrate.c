/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Moving an SVM's enrolments between this host's files and its fleet.
 *
 * What MUST hold:
 *  - nothing is accepted in either place meanwhile: the settings say `moving` here, and the fleet's SVM is halted;
 *  - what is in the new place is compared with the old one before the old one is put aside, and that is renamed, never
 *    deleted; a second run finds what the first has done;
 *  - no code works twice: a state takes along what is used up, and back in files everything up to now is.
 * What MUST NOT happen: one of two different enrolments of a user dropped unless that was asked for.
 */
#include "admin/admin_store.h"

#include "admin/admin_svm.h"
#include "admin/directory.h"
#include "base/crypto.h"
#include "store/store_admin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct move {
    const struct admin_migration *migration;
    const struct store *from, *to;
    const struct svm *svm;
    struct report *report;
    struct store_entry entry; /* being moved, sealed as it is to be */
    struct secrets secrets;
    bool differs;             /* from what is in the new place, and that stays */
    size_t moved, there, failed;
};

/* The same secrets of the same profile: sealed by whatever key. */
static bool is_same(const struct store_entry *a, const struct store_entry *b)
{
    return strcmp(a->profile.profile_id, b->profile.profile_id) == 0 &&
           strcmp(a->profile.sha_fingerprint, b->profile.sha_fingerprint) == 0;
}

static enum store_decision put(void *context, struct store_entry *present, struct fault *fault)
{
    struct move *move = context;
    const struct push_state pushes = present->pushes;

    (void)fault;
    move->differs = false;
    if (present->enrolled && is_same(present, &move->entry)) {
        struct totp_state *totp = &present->totp;
        const struct totp_state *old = &move->entry.totp;

        /* Moved before: whatever is used up in one of the two is. */
        if (totp->last_step >= old->last_step && (old->used_codes & ~totp->used_codes) == 0)
            return STORE_KEEP;
        totp->last_step = totp->last_step > old->last_step ? totp->last_step : old->last_step;
        totp->used_codes |= old->used_codes;
        return STORE_WRITE;
    }
    if (present->enrolled && !(move->migration->newest && move->entry.profile.created > present->profile.created)) {
        move->differs = !move->migration->newest;
        return STORE_KEEP;
    }
    *present = move->entry;
    present->pushes = pushes;
    present->host[0] = '\0';
    return STORE_WRITE;
}

/* What is there now is what was moved. */
static bool is_there(const struct move *move, const struct store_owner *owner, struct fault *fault)
{
    struct store_entry present;
    struct secrets secrets;
    bool same = false;

    if (store_read(move->to, owner, &present, fault) == 0 && present.enrolled &&
        store_unseal(move->to, &present.profile, &secrets, fault) == 0) {
        same = (is_same(&present, &move->entry) && secrets.key_length == move->secrets.key_length &&
                crypto_equal(&secrets, &move->secrets, sizeof secrets) && present.totp.last_step >= move->entry.totp.last_step &&
                (move->entry.totp.used_codes & ~present.totp.used_codes) == 0 &&
                present.profile.enabled == move->entry.profile.enabled) ||
               (move->migration->newest && present.profile.created >= move->entry.profile.created);
        if (!same)
            fault_set(fault, "what is in the new place is not what was moved there");
        secrets_wipe(&secrets);
    }
    crypto_wipe(&present, sizeof present);
    return same;
}

static int move_entry(struct move *move, const struct store_owner *owner, struct fault *fault)
{
    struct totp_state *totp = &move->entry.totp;
    const struct admin_migration *migration = move->migration;
    long long now_step;

    if (store_read(move->from, owner, &move->entry, fault) != 0)
        return -1;
    if (!move->entry.enrolled)
        return 0;
    if (store_unseal(move->from, &move->entry.profile, &move->secrets, fault) != 0 ||
        store_reseal(move->to, &move->entry.profile, &move->secrets, fault) != 0)
        return -1;
    if (migration->to == SVM_STORE_FILES) {
        /* Other hosts may have accepted what this one has never seen, up to this moment. */
        now_step = migration->now / move->entry.profile.period + move->svm->totp.window;
        totp->last_step = totp->last_step > now_step ? totp->last_step : now_step;
    }
    if (migration->dry_run)
        return 1;
    if (store_change(move->to, owner, put, move, fault) != 0)
        return -1;
    if (move->differs)
        return fault_set(fault, "is enrolled in both places, and not the same; see --newest, or remove one of the two");
    return is_there(move, owner, fault) ? 1 : -1;
}

static int move_one(void *context, const struct store_owner *owner, struct fault *fault)
{
    struct move *move = context;
    int moved;

    if (move->migration->to == SVM_STORE_FILES && owner->uid == (uid_t)-1) {
        report_line(move->report, "%s: has no account on this host, and stays in the fleet alone", owner->name);
        return 0;
    }
    moved = move_entry(move, owner, fault);
    secrets_wipe(&move->secrets);
    crypto_wipe(&move->entry, sizeof move->entry);
    if (moved > 0)
        move->moved++;
    else if (moved < 0) {
        move->failed++;
        report_line(move->report, "%s: %s", owner->name, fault->text);
    }
    return 0;
}

/* The SVM's files go aside, and an empty directory takes their place, for what this host keeps while the fleet is away. */
static int put_aside(const struct host *host, const char *svm, struct report *report, struct fault *fault)
{
    char aside[NAME_SIZE + 16];
    struct dir states = DIR_CLOSED, old = DIR_CLOSED, new = DIR_CLOSED;
    int result = -1;

    snprintf(aside, sizeof aside, "%s.migrated", svm);
    if (dir_open(&states, NULL, host->state_dir, 0, fault) != FOUND || dir_open(&old, &states, svm, 0, fault) != FOUND)
        goto out;
    if (faccessat(states.fd, aside, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
        fault_set(fault, "%s/%s: is there already, of an earlier migration; put it elsewhere", host->state_dir, aside);
        goto out;
    }
    if (renameat(states.fd, svm, states.fd, aside) != 0) {
        fault_set(fault, "%s/%s: cannot be renamed: %s", host->state_dir, svm, strerror(errno));
        goto out;
    }
    if (directory_make(&new, &states, svm, old.group, 01770, NULL, fault) != 0 || fsync(states.fd) != 0)
        goto out;
    report_line(report, "what was in files is in %s/%s, and is not used any more", host->state_dir, aside);
    result = 0;
out:
    dir_close(&new);
    dir_close(&old);
    dir_close(&states);
    return result;
}

static enum result conclude(const struct host *host, const struct move *move, struct fault *fault)
{
    const struct admin_migration *migration = move->migration;
    const char *to = migration->to == SVM_STORE_FLEET ? "fleet" : "files";

    report_line(move->report, "%zu enrolments %s, %zu could not be", move->moved,
                migration->dry_run ? "would be moved" : "are in the new place and were compared", move->failed);
    if (move->failed > 0) {
        fault_set(fault, "%zu enrolments were not moved; nothing of the old ones has changed", move->failed);
        return RESULT_FAILED;
    }
    if (migration->dry_run)
        return RESULT_DONE;
    if (migration->to == SVM_STORE_FLEET && move->moved > 0 &&
        put_aside(host, move->svm->name, move->report, fault) != 0)
        return RESULT_FAILED;
    report_line(move->report, "now, on every host of the SVM, set store = \"%s\" in its svm.conf%s%s", to,
                migration->to == SVM_STORE_FLEET ? "; then let it go on: mfactl store resume --svm " : "",
                migration->to == SVM_STORE_FLEET ? move->svm->name : "");
    return RESULT_DONE;
}

enum result admin_store_migrate(const struct host *host, const char *svm, const struct admin_migration *migration,
                                struct report *report, struct fault *fault)
{
    struct move move = {.migration = migration, .report = report};
    const struct host_fleet *fleet;
    struct store *from = NULL, *to = NULL;
    struct svm settings;
    enum result result = admin_store_fleet(host, svm, &settings, &fleet, fault);

    if (result != RESULT_DONE)
        return result;
    move.svm = &settings;
    if (settings.store != SVM_STORE_MOVING && !migration->dry_run) {
        fault_set(fault, "set store = \"moving\" in the svm.conf of SVM \"%s\" first, on every host: nothing may be accepted "
                  "meanwhile", svm);
        result = RESULT_INVALID;
    }
    if (result == RESULT_DONE && !migration->dry_run)
        result = admin_store_halt(host, svm, "its enrolments are being moved", fault);
    if (result == RESULT_DONE) {
        from = store_open_kind(host, &settings, migration->to == SVM_STORE_FLEET ? SVM_STORE_FILES : SVM_STORE_FLEET, true,
                               fault);
        to = from == NULL ? NULL : store_open_kind(host, &settings, migration->to, true, fault);
        move.from = from;
        move.to = to;
        result = to != NULL && store_list(from, "", move_one, &move, fault) == 0 ? conclude(host, &move, fault) : RESULT_FAILED;
    }
    store_close(from);
    store_close(to);
    svm_free(&settings);
    return result;
}
