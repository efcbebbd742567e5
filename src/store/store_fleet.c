/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold:
 *  - a change is done only if nothing has changed since it was decided, on whatever host; else it is decided again;
 *  - before a response is looked at, the broker is told, and from then on is the witness: however this process ends, the
 *    attempt counts unless it was brought to its end;
 *  - attempts that were cut off are counted, and that is written, before a response is looked at.
 * What MUST NOT happen: a store that is unavailable, once an attempt has begun: then every loss is a fault of that attempt;
 * a success without the broker's word that it is written.
 */
#include "store/store_fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 8

static struct fleet_store *of(const struct store *store)
{
    return (struct fleet_store *)(uintptr_t)store;
}

int fleet_begin(const struct fleet_store *store, struct store_broker *broker, enum frame_word word, const char *user,
                struct store_frame *answer, struct fault *fault)
{
    const struct store_part parts[] = {store_part_text(store->fleet->name), store_part_text(store->store.svm),
                                       store_part_text(user)};

    broker->fd = -1;
    if (store_broker_open(broker, store->host, store->fleet, fault) != 0)
        return -1;
    return store_broker_ask(broker, word, parts, 3, answer, fault);
}

static int read_entry(const struct store *store, const struct store_owner *owner, struct store_entry *entry,
                      struct fault *fault)
{
    const struct fleet_owner whose = fleet_owner(of(store), owner->name);
    struct store_broker broker;
    struct store_frame answer;
    struct fleet_entry found;
    int result = -1;

    if (fleet_begin(of(store), &broker, FRAME_READ, owner->name, &answer, fault) == 0 &&
        fleet_entry_read(&whose, &answer, &found, fault) == 0) {
        *entry = found.entry;
        entry->halted = found.halted;
        result = 0;
    }
    crypto_wipe(&found, sizeof found);
    store_broker_close(&broker);
    return result;
}

/* A fleet's records are of names, and of no user ids, which differ from host to host. */
static enum found find_renamed(const struct store *store, const struct store_owner *owner, char name[NAME_SIZE],
                               struct fault *fault)
{
    (void)store;
    (void)owner;
    (void)fault;
    name[0] = '\0';
    return FOUND_NOTHING;
}

/* ---- changes */

/* A change being made: what was found, and what was decided on that. */
struct change {
    struct fleet_owner owner;
    struct store_broker broker;
    struct store_frame answer;
    struct fleet_entry found;
    struct store_entry decided;
    struct fleet_value values[2];
};

static bool same_pushes(const struct push_state *a, const struct push_state *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->pushes[i].at != b->pushes[i].at)
            return false;
    return true;
}

static bool same_totp(const struct totp_state *a, const struct totp_state *b)
{
    return strcmp(a->profile_id, b->profile_id) == 0 && a->last_step == b->last_step && a->failures == b->failures &&
           a->last_failure == b->last_failure && a->used_codes == b->used_codes;
}

static bool same_profile(const struct profile *a, const struct profile *b)
{
    return strcmp(a->profile_id, b->profile_id) == 0 && a->enabled == b->enabled && strcmp(a->comment, b->comment) == 0 &&
           a->created == b->created && a->algorithm == b->algorithm && a->digits == b->digits && a->period == b->period &&
           strcmp(a->sha_fingerprint, b->sha_fingerprint) == 0 && strcmp(a->sealed, b->sealed) == 0;
}

static bool differs(const struct store_entry *a, const struct store_entry *b)
{
    return a->enrolled != b->enrolled || !same_pushes(&a->pushes, &b->pushes) ||
           (a->enrolled && (!same_profile(&a->profile, &b->profile) || !same_totp(&a->totp, &b->totp)));
}

/* Sends what differs between what was found and what was decided. 1 done, 0 conflict: there is a newer entry; -1 fault. */
static int send_difference(struct change *change, struct fault *fault)
{
    const struct store_entry *old = &change->found.entry, *new = &change->decided;
    const bool pushes = !same_pushes(&old->pushes, &new->pushes);
    const bool profile = !old->enrolled || !same_profile(&old->profile, &new->profile);
    /* A new profile is sealed with the newest key, and so is one that is changed; a state goes with its profile. */
    const size_t key = profile ? 0 : change->found.key;
    struct store_part parts[2];
    enum frame_word word = FRAME_PUSHES;
    size_t count = 0;

    if (pushes) {
        if (old->enrolled != new->enrolled || (new->enrolled && (profile || !same_totp(&old->totp, &new->totp))))
            return fault_set(fault, "a fleet keeps pushes and profiles apart: both cannot change at once");
        if (fleet_make_pushes(&change->owner, &new->pushes, &change->values[count++], fault) != 0)
            return -1;
    } else if (!new->enrolled)
        word = FRAME_DELETE;
    else {
        word = profile ? FRAME_PUT : FRAME_COMMIT;
        if (profile && fleet_make_profile(&change->owner, key, &new->profile, &change->values[count++], fault) != 0)
            return -1;
        if (fleet_make_state(&change->owner, key, change->found.meta.epoch, &new->totp, &change->values[count++], fault) != 0)
            return -1;
    }
    for (size_t i = 0; i < count; i++)
        parts[i] = (struct store_part){change->values[i].bytes, change->values[i].length};
    if (store_broker_ask(&change->broker, word, parts, count, &change->answer, fault) != 0)
        return -1;
    return change->answer.word == FRAME_DONE;
}

/* Lets DECIDE decide on what was found. 1: to be written; 0: nothing is; -1 fault. */
static int let_decide(struct change *change, store_decide *decide, void *context, struct fault *fault)
{
    change->decided = change->found.entry;
    switch (decide(context, &change->decided, fault)) {
    case STORE_FAIL: return -1;
    case STORE_KEEP: return 0;
    case STORE_WRITE:
        memcpy(change->decided.totp.profile_id, change->decided.profile.profile_id, sizeof change->decided.totp.profile_id);
        return 1;
    case STORE_REMOVE:
        change->decided.enrolled = false;
        change->decided.pushes = change->found.entry.pushes;
        return change->found.entry.enrolled ? 1 : 0;
    }
    return fault_set(fault, "a decision that is none");
}

static void change_end(struct change *change)
{
    store_broker_close(&change->broker);
    crypto_wipe(change, sizeof *change);
    free(change);
}

static struct change *change_new(const struct store *store, const struct store_owner *owner, struct fault *fault)
{
    struct change *change = calloc(1, sizeof *change);

    if (change == NULL) {
        fault_set(fault, "out of memory");
        return NULL;
    }
    change->broker.fd = -1;
    change->owner = fleet_owner(of(store), owner->name);
    return change;
}

static int contended(struct fault *fault)
{
    fault_set_field(fault, "store_contention", "others changed the record %d times meanwhile; try again", ROUNDS);
    fault->class = FAULT_BUSY;
    return -1;
}

static int change_entry(const struct store *store, const struct store_owner *owner, store_decide *decide, void *context,
                        struct fault *fault)
{
    struct change *change = change_new(store, owner, fault);
    int result = -1;

    if (change == NULL)
        return -1;
    if (fleet_begin(of(store), &change->broker, FRAME_READ, owner->name, &change->answer, fault) != 0)
        goto out;
    for (int round = 0; round < ROUNDS; round++) {
        int decided, sent;

        if (fleet_entry_read(&change->owner, &change->answer, &change->found, fault) != 0)
            goto out;
        decided = let_decide(change, decide, context, fault);
        sent = decided == 1 && differs(&change->found.entry, &change->decided) ? send_difference(change, fault) : 1;
        if (decided < 0 || sent < 0)
            goto out;
        if (sent == 1) {
            result = 0;
            goto out;
        }
    }
    contended(fault);
out:
    /* What is lost on the way of a change is not a store that was not there. */
    if (result != 0 && fault->class == FAULT_UNAVAILABLE && change->found.meta.epoch != 0)
        fault->class = FAULT_OTHER;
    change_end(change);
    return result;
}

/* ---- attempts */

/*
 * Counts the attempts that were cut off, in what was found. Once LOOKED, that is written with the attempt's own end; before,
 * at once. 1 done; 0 conflict; -1 fault.
 */
static int settle(struct change *change, const struct store_guess *guess, void *context, bool looked, struct fault *fault)
{
    int sent;

    if (change->found.head.count == 0 || !change->found.entry.enrolled)
        return 1;
    for (size_t i = 0; i < change->found.head.count; i++)
        guess->count(context, &change->found.entry, fleet_cutoff_at(change->found.head.cutoffs[i]));
    if (looked)
        return 1;
    if (fleet_make_state(&change->owner, change->found.key, change->found.meta.epoch, &change->found.entry.totp,
                         &change->values[0], fault) != 0)
        return -1;
    sent = store_broker_ask(&change->broker, FRAME_COMMIT,
                            &(struct store_part){change->values[0].bytes, change->values[0].length}, 1, &change->answer,
                            fault);
    return sent != 0 ? -1 : change->answer.word == FRAME_DONE;
}

/* One round of an attempt. 1 done, 0 to be decided again, -1 fault. */
static int attempt_round(struct change *change, const struct store_guess *guess, void *context, bool *looked,
                         struct fault *fault)
{
    int step;

    if (fleet_entry_read(&change->owner, &change->answer, &change->found, fault) != 0)
        return -1;
    step = settle(change, guess, context, *looked, fault);
    if (step != 1)
        return step;
    if (guess->looks(context, &change->found.entry) && !*looked) {
        if (store_broker_tell(&change->broker, FRAME_LOOK, NULL, 0, fault) != 0)
            return -1;
        *looked = true;
    }
    step = let_decide(change, guess->decide, context, fault);
    if (step == 1)
        return send_difference(change, fault);
    /* Nothing is to be written: that is the end, also for the witness, even if this process goes before it is read. */
    if (store_broker_tell(&change->broker, FRAME_END, NULL, 0, &(struct fault){.text = ""}) != 0 && step == 0)
        return fault_set(fault, "mfa-stored has let go");
    return step == 0 ? 1 : -1;
}

static int attempt(const struct store *store, const struct store_owner *owner, const struct store_guess *guess, void *context,
                   struct fault *fault)
{
    struct change *change = change_new(store, owner, fault);
    bool begun = false, looked = false;
    int result = -1;

    if (change == NULL)
        return -1;
    if (fleet_begin(of(store), &change->broker, FRAME_BEGIN, owner->name, &change->answer, fault) == 0) {
        begun = true;
        result = 0;
        for (int round = 0; round < ROUNDS && result == 0; round++)
            result = attempt_round(change, guess, context, &looked, fault);
        if (result == 0)
            contended(fault);
    }
    /* Once it has begun, no loss is a store that was not there, which another factor could take the place of. */
    if (result != 1 && begun && (fault->class == FAULT_UNAVAILABLE || strcmp(fault->field, "store_broker") == 0))
        fault_set_field(fault, "attempt_unanswered", "the attempt had begun, and its end was not answered");
    change_end(change);
    return result == 1 ? 0 : -1;
}

/* ---- opening */

static void close_store(struct store *store)
{
    struct fleet_store *fleet = of(store);

    seal_wipe(&store->seal);
    fleet_keys_wipe(&fleet->keys);
    free(fleet);
}

static const struct store_table fleet_table = {.read = read_entry, .find_renamed = find_renamed, .change = change_entry, .attempt = attempt,
                                               .close = close_store};

struct store *fleet_open(const struct host *host, const struct svm *svm, bool needs_seal, struct fault *fault)
{
    struct fleet_store *store = calloc(1, sizeof *store);
    struct fault untold;

    if (store == NULL) {
        fault_set(fault, "out of memory");
        return NULL;
    }
    store->store.table = &fleet_table;
    snprintf(store->store.svm, sizeof store->store.svm, "%s", svm->name);
    store->host = host;
    store->fleet = host_fleet(host, svm->fleet);
    if (store->fleet == NULL)
        fault_set(fault, "there is no fleet \"%s\" in pam_mfa.conf", svm->fleet);
    else if (fleet_keys_read(&store->keys, host, svm->name, needs_seal ? fault : &untold) == 0 || !needs_seal) {
        if (store->keys.count > 0)
            store->store.seal = store->keys.seals[0];
        if (store->keys.count > 1) {
            store->store.older = store->keys.seals + 1;
            store->store.older_count = store->keys.count - 1;
        }
        return &store->store;
    }
    close_store(&store->store);
    return NULL;
}
