/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold:
 *  - a profile without a state that is its own and authentic is a fault, and never "nothing used yet";
 *  - a state of an epoch before the store was begun anew has used up every code up to the floor and every emergency code:
 *    what it does not know of may have been accepted before the store was restored;
 *  - what is written says the epoch that it was read in, so a write that was decided before a new beginning is old after it.
 * What MUST NOT happen: a value of another user, SVM or profile, or of a later epoch than the store has, believed.
 */
#include "store/fleet_entry.h"

#include "store/bytes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define VALUE_VERSION 1
#define ID_BYTES 4
#define MAC_BYTES 32
#define MAC_INPUT_SIZE (3 * NAME_SIZE + 64 + FLEET_VALUE_MAX)

static int broken(struct fault *fault, const struct fleet_owner *owner, const char *what)
{
    fault_set_field(fault, "store_record", "the %s of \"%.64s\" in SVM \"%.64s\" that the store keeps is none that a host with "
                    "the SVM's key has made for them", what, owner->user, owner->svm);
    fault->class = FAULT_BROKEN;
    return -1;
}

/* A part that is not believed is, for the log, what a store keeps. */
static int as_record(struct fault *fault)
{
    strcpy(fault->field, "store_record");
    return -1;
}

static uint32_t key_id(const unsigned char key[CRYPTO_KEY_BYTES])
{
    char hex[65];
    unsigned char bytes[32] = {0};
    size_t length = 0;

    if (crypto_sha256_hex(key, CRYPTO_KEY_BYTES, hex) != 0 || crypto_unhex(hex, bytes, sizeof bytes, &length) != 0)
        return 0;
    return (uint32_t)bytes_get(bytes, ID_BYTES);
}

int fleet_keys_read(struct fleet_keys *keys, const struct host *host, const char *svm, struct fault *fault)
{
    struct file_rule rule = {.owner = 0, .forbidden = 0137, .size_max = FLEET_KEYS_MAX * CRYPTO_KEY_BYTES};
    struct dir dir = DIR_CLOSED;
    struct file_data data = {0};
    char name[NAME_SIZE + 8];
    enum found found;
    int result = -1;

    *keys = (struct fleet_keys){.count = 0};
    snprintf(name, sizeof name, "%s.key", svm);
    found = dir_open(&dir, NULL, host->seal_dir, 027, fault);
    rule.reader = &dir.group;
    if (found == FOUND)
        found = file_read(&dir, name, &rule, &data, fault);
    if (found == FOUND_NOTHING)
        fault_set(fault, "%s/%s: does not exist; copy it from a host that serves the SVM, or for a new SVM run: mfactl store "
                  "key --svm %s", host->seal_dir, name, svm);
    if (found == FOUND && (data.length == 0 || data.length % CRYPTO_KEY_BYTES != 0))
        fault_set(fault, "%s/%s: is %zu bytes long, expected %d for each key; copy it from a host that serves the SVM",
                  host->seal_dir, name, data.length, CRYPTO_KEY_BYTES);
    else if (found == FOUND) {
        for (; keys->count < data.length / CRYPTO_KEY_BYTES; keys->count++) {
            const unsigned char *key = (const unsigned char *)data.data + keys->count * CRYPTO_KEY_BYTES;

            seal_set_key(&keys->seals[keys->count], key);
            keys->ids[keys->count] = key_id(key);
        }
        result = 0;
    }
    file_data_free(&data);
    dir_close(&dir);
    return result;
}

void fleet_keys_wipe(struct fleet_keys *keys)
{
    crypto_wipe(keys, sizeof *keys);
}

/* The HMAC over who and what, the ATTEMPT, and LENGTH bytes of BODY. */
static int authenticate(const struct fleet_owner *owner, size_t key, const char *what, const char *profile_id,
                        const unsigned char *attempt, const unsigned char *body, size_t length, unsigned char mac[MAC_BYTES])
{
    static const char purpose[] = "pam_mfa fleet values 1";
    unsigned char derived[CRYPTO_DIGEST_MAX], whole[MAC_INPUT_SIZE], digest[CRYPTO_DIGEST_MAX];
    size_t derived_length, digest_length, used;
    int result = -1;

    /* Names hold no newline, and attempt and body come last: no field can be moved into its neighbour. */
    used = (size_t)snprintf((char *)whole, sizeof whole, "%s\n%s\n%s\n%s\n", what, owner->svm, owner->user, profile_id);
    if (used + FLEET_ATTEMPT_BYTES + length > sizeof whole)
        return -1;
    memcpy(whole + used, attempt, FLEET_ATTEMPT_BYTES);
    memcpy(whole + used + FLEET_ATTEMPT_BYTES, body, length);
    if (crypto_hmac(CRYPTO_SHA256, owner->keys->seals[key].key, CRYPTO_KEY_BYTES, purpose, sizeof purpose - 1, derived,
                    &derived_length) == 0 &&
        crypto_hmac(CRYPTO_SHA256, derived, derived_length, whole, used + FLEET_ATTEMPT_BYTES + length, digest,
                    &digest_length) == 0) {
        memcpy(mac, digest, MAC_BYTES);
        result = 0;
    }
    crypto_wipe(derived, sizeof derived);
    return result;
}

static int read_profile(const struct fleet_owner *owner, struct fleet_entry *found, struct fault *fault)
{
    const struct store_part *value = &found->profile;
    struct part_owner part_owner = {.svm = owner->svm, .user = owner->user};
    struct part part = {.length = value->length - 1 - ID_BYTES};
    uint32_t id;

    if (value->length <= 1 + ID_BYTES || value->data[0] != VALUE_VERSION || part.length > sizeof part.bytes)
        return broken(fault, owner, "profile");
    id = (uint32_t)bytes_get(value->data + 1, ID_BYTES);
    for (found->key = 0; found->key < owner->keys->count; found->key++)
        if (owner->keys->ids[found->key] == id)
            break;
    if (found->key == owner->keys->count) {
        fault_set_field(fault, "store_record", "the profile of \"%.64s\" is sealed with the key %08x of SVM \"%.64s\", which this "
                        "host does not have; copy it from a host that does", owner->user, id, owner->svm);
        return -1;
    }
    memcpy(part.bytes, value->data + 1 + ID_BYTES, part.length);
    part_owner.seal = &owner->keys->seals[found->key];
    return part_read_profile(&part_owner, &part, &found->entry.profile, fault) == 0 ? 0 : as_record(fault);
}

/* The state that BODY holds, behind the head: in what epoch, and by which host. */
static int read_state(const struct fleet_owner *owner, struct fleet_entry *found, const unsigned char *body, size_t length,
                      struct fault *fault)
{
    const char *profile_id = found->entry.profile.profile_id;
    struct part_owner part_owner = {&owner->keys->seals[found->key], owner->svm, owner->user};
    struct part part = {.length = PART_STATE_SIZE};
    struct totp_state *totp = &found->entry.totp;
    unsigned char mac[MAC_BYTES];
    long long epoch, floor;
    size_t name;

    if (length < 1 + 8 + 1 + PART_STATE_SIZE + MAC_BYTES || body[0] != VALUE_VERSION)
        return broken(fault, owner, "state");
    name = body[9];
    if (name >= sizeof found->entry.host || memchr(body + 10, '\0', name < length - 10 ? name : length - 10) != NULL || length != 1 + 8 + 1 + name + PART_STATE_SIZE + MAC_BYTES ||
        authenticate(owner, found->key, "state", profile_id, found->head.attempt, body, length - MAC_BYTES, mac) != 0 ||
        !crypto_equal(mac, body + length - MAC_BYTES, MAC_BYTES))
        return broken(fault, owner, "state");
    epoch = (long long)bytes_get(body + 1, 8);
    memcpy(found->entry.host, body + 10, name);
    memcpy(part.bytes, body + 10 + name, PART_STATE_SIZE);
    if (epoch > found->meta.epoch) {
        fault_set_field(fault, "store_went_back", "the state of \"%.64s\" is of epoch %lld, and the store of epoch %lld: its "
                        "beginning was put back", owner->user, epoch, found->meta.epoch);
        return -1;
    }
    if (part_read_state(&part_owner, profile_id, &part, totp, fault) != 0)
        return as_record(fault);
    if (epoch < found->meta.epoch) {
        floor = found->meta.floor / found->entry.profile.period;
        totp->last_step = totp->last_step > floor ? totp->last_step : floor;
        totp->used_codes = (1 << PROFILE_CODES_MAX) - 1;
    }
    return 0;
}

static int read_pushes(const struct fleet_owner *owner, const struct store_part *value, struct push_state *pushes,
                       struct fault *fault)
{
    struct fleet_head head;
    struct part part = {0};
    unsigned char mac[MAC_BYTES];
    size_t at = fleet_head_parse(&head, value->data, value->length), length;

    if (value->length == 0)
        return 0;
    length = value->length - at;
    if (at == 0 || length < 1 + MAC_BYTES || length > 1 + PART_PUSHES_MAX + MAC_BYTES || value->data[at] != VALUE_VERSION)
        return broken(fault, owner, "list of pushes");
    for (size_t key = 0; key < owner->keys->count; key++) {
        if (authenticate(owner, key, "pushes", "", head.attempt, value->data + at, length - MAC_BYTES, mac) != 0 ||
            !crypto_equal(mac, value->data + at + length - MAC_BYTES, MAC_BYTES))
            continue;
        part.length = length - 1 - MAC_BYTES;
        memcpy(part.bytes, value->data + at + 1, part.length);
        return part_read_pushes(&part, pushes, fault) == 0 ? 0 : as_record(fault);
    }
    /* Of a key that was retired, or of nobody's: no pushes, which is what a node that wants to harm can make of it anyway. */
    return 0;
}

static int read_entry(const struct fleet_owner *owner, const struct store_frame *answer, struct fleet_entry *found,
                      struct fault *fault)
{
    const struct store_part *state = &answer->parts[ENTRY_STATE], *meta = &answer->parts[ENTRY_META];
    size_t at;

    if (answer->count != ENTRY_PARTS || fleet_meta_parse(&found->meta, meta->data, meta->length) != 0)
        return broken(fault, owner, "entry");
    found->profile = answer->parts[ENTRY_PROFILE];
    found->halted = answer->parts[ENTRY_HALT].length > 0;
    if (read_pushes(owner, &answer->parts[ENTRY_PUSHES], &found->entry.pushes, fault) != 0)
        return -1;
    if (found->profile.length == 0)
        return 0;
    if (read_profile(owner, found, fault) != 0)
        return -1;
    at = fleet_head_parse(&found->head, state->data, state->length);
    if (at == 0)
        return broken(fault, owner, "state");
    found->entry.enrolled = true;
    return read_state(owner, found, state->data + at, state->length - at, fault);
}

int fleet_entry_read(const struct fleet_owner *owner, const struct store_frame *answer, struct fleet_entry *found,
                     struct fault *fault)
{
    memset(found, 0, sizeof *found);
    if (read_entry(owner, answer, found, fault) == 0)
        return 0;
    memset(&found->entry, 0, sizeof found->entry);
    return -1;
}

int fleet_entry_profile(const struct fleet_owner *owner, const struct store_frame *answer, struct fleet_entry *found,
                        struct fault *fault)
{
    const struct store_part *meta = &answer->parts[ENTRY_META];

    memset(found, 0, sizeof *found);
    if (answer->count != ENTRY_PARTS || fleet_meta_parse(&found->meta, meta->data, meta->length) != 0)
        return broken(fault, owner, "entry");
    found->profile = answer->parts[ENTRY_PROFILE];
    return read_profile(owner, found, fault);
}

int fleet_make_profile(const struct fleet_owner *owner, size_t key, const struct profile *profile,
                       struct fleet_value *value, struct fault *fault)
{
    const struct part_owner part_owner = {&owner->keys->seals[key], owner->svm, owner->user};
    struct part part;

    if (part_make_profile(&part_owner, profile, &part, fault) != 0)
        return -1;
    value->bytes[0] = VALUE_VERSION;
    bytes_put(value->bytes + 1, ID_BYTES, owner->keys->ids[key]);
    memcpy(value->bytes + 1 + ID_BYTES, part.bytes, part.length);
    value->length = 1 + ID_BYTES + part.length;
    return 0;
}

/* A head with a new attempt and no cut-offs, at the start of VALUE. */
static int make_head(struct fleet_value *value, struct fleet_head *head, struct fault *fault)
{
    *head = (struct fleet_head){.count = 0};
    if (crypto_random(head->attempt, sizeof head->attempt) != 0)
        return fault_set(fault, "no random bytes to be had");
    value->length = fleet_head_build(value->bytes, head);
    return 0;
}

/* Authenticates what is in VALUE from START on, and appends that. */
static int finish(const struct fleet_owner *owner, size_t key, const char *what, const char *profile_id,
                  const struct fleet_head *head, size_t start, struct fleet_value *value, struct fault *fault)
{
    if (authenticate(owner, key, what, profile_id, head->attempt, value->bytes + start, value->length - start,
                     value->bytes + value->length) != 0)
        return fault_set(fault, "the cryptographic library cannot authenticate the user's %s", what);
    value->length += MAC_BYTES;
    return 0;
}

int fleet_make_state(const struct fleet_owner *owner, size_t key, long long epoch, const struct totp_state *totp,
                     struct fleet_value *value, struct fault *fault)
{
    const struct part_owner part_owner = {&owner->keys->seals[key], owner->svm, owner->user};
    char host[FLEET_HOST_SIZE] = "";
    struct fleet_head head;
    struct part part;
    unsigned char *at;
    size_t start;

    if (part_make_state(&part_owner, totp, &part, fault) != 0 || make_head(value, &head, fault) != 0)
        return -1;
    (void)!gethostname(host, sizeof host - 1);
    start = value->length;
    at = value->bytes + start;
    at[0] = VALUE_VERSION;
    bytes_put(at + 1, 8, (uint64_t)epoch);
    at[9] = (unsigned char)strlen(host);
    memcpy(at + 10, host, strlen(host));
    memcpy(at + 10 + strlen(host), part.bytes, part.length);
    value->length += 10 + strlen(host) + part.length;
    return finish(owner, key, "state", totp->profile_id, &head, start, value, fault);
}

int fleet_make_pushes(const struct fleet_owner *owner, const struct push_state *pushes, struct fleet_value *value,
                      struct fault *fault)
{
    struct fleet_head head;
    struct part part;
    size_t start;

    if (make_head(value, &head, fault) != 0)
        return -1;
    part_make_pushes(pushes, &part);
    start = value->length;
    value->bytes[start] = VALUE_VERSION;
    memcpy(value->bytes + start + 1, part.bytes, part.length);
    value->length += 1 + part.length;
    return finish(owner, 0, "pushes", "", &head, start, value, fault);
}
