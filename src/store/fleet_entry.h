/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An entry as a fleet keeps it, in three values of bytes (wire/fleet_value.h has what brokers know of them):
 *
 *   profile: version 1 | seal_id 4, which of the tenant's keys seals it | the part
 *   state:   head | version 1 | epoch 8 | length of the host's name 1, name | the part | 32 that authenticate all but cut-offs
 *   pushes:  head | version 1 | the part | 32 that authenticate all but cut-offs
 *
 * What authenticates is HMAC-SHA256 under a key derived from the tenant's seal key, over SVM, user, profile_id and the rest:
 * nodes and brokers can put an old value back, but make none.
 */
#ifndef PAM_MFA_FLEET_ENTRY_H
#define PAM_MFA_FLEET_ENTRY_H

#include "store/part.h"
#include "store/store.h"
#include "wire/fleet_value.h"
#include "wire/store_frame.h"

#define FLEET_KEYS_MAX 4
#define FLEET_HOST_SIZE 65

/* A tenant's keys. The first seals, all open. */
struct fleet_keys {
    struct seal seals[FLEET_KEYS_MAX];
    uint32_t ids[FLEET_KEYS_MAX]; /* the first 4 bytes of each key's SHA-256 */
    size_t count;
};

/* Reads the keys of SVM in HOST's seal_dir. -1: fault. */
__attribute__((warn_unused_result)) int fleet_keys_read(struct fleet_keys *keys, const struct host *host, const char *svm,
                                                        struct fault *fault);
void fleet_keys_wipe(struct fleet_keys *keys);

/* What is beside an entry. */
struct fleet_entry {
    struct store_entry entry;
    struct fleet_meta meta;
    struct fleet_head head;       /* of the state: its cut-offs are still to be counted */
    struct store_part profile;    /* the value, borrowed */
    size_t key;                   /* which of the keys seals the profile */
    bool halted;
};

/* Whose values they are. Borrowed. */
struct fleet_owner {
    const struct fleet_keys *keys;
    const char *svm;
    const char *user;
};

/* Takes apart the entry in ANSWER. -1: it cannot be believed, and FOUND is all zero, but for what was found of `profile`. */
__attribute__((warn_unused_result)) int fleet_entry_read(const struct fleet_owner *owner, const struct store_frame *answer,
                                                         struct fleet_entry *found, struct fault *fault);

/* The profile and the meta in ANSWER alone, whatever the state is. -1: not that either. */
__attribute__((warn_unused_result)) int fleet_entry_profile(const struct fleet_owner *owner, const struct store_frame *answer,
                                                            struct fleet_entry *found, struct fault *fault);

struct fleet_value {
    unsigned char bytes[FLEET_VALUE_MAX];
    size_t length;
};

/* The values of an entry, to be written. KEY: which of the owner's keys seals. Each has a new attempt. */
__attribute__((warn_unused_result)) int fleet_make_profile(const struct fleet_owner *owner, size_t key,
                                                           const struct profile *profile, struct fleet_value *value,
                                                           struct fault *fault);
__attribute__((warn_unused_result)) int fleet_make_state(const struct fleet_owner *owner, size_t key, long long epoch,
                                                         const struct totp_state *totp, struct fleet_value *value,
                                                         struct fault *fault);
__attribute__((warn_unused_result)) int fleet_make_pushes(const struct fleet_owner *owner, const struct push_state *pushes,
                                                          struct fleet_value *value, struct fault *fault);

#endif
