/* SPDX-License-Identifier: BSD-2-Clause */
/* The store that a fleet of hosts shares, over this host's broker. For this room, and for nothing else. */
#ifndef PAM_MFA_STORE_FLEET_H
#define PAM_MFA_STORE_FLEET_H

#include "config/svm.h"
#include "store/fleet_entry.h"
#include "store/store_broker.h"
#include "store/store_table.h"

struct fleet_store {
    struct store store;
    const struct host *host; /* borrowed: it outlives the store */
    const struct host_fleet *fleet;
    struct fleet_keys keys;
};

/* store_open for SVM's fleet. Without NEEDS_SEAL, keys that cannot be read are no fault. */
__attribute__((warn_unused_result)) struct store *fleet_open(const struct host *host, const struct svm *svm,
                                                             bool needs_seal, struct fault *fault);

extern const struct store_admin_table fleet_admin_table;

/* For store_fleet_admin.c: connects, and reads USER's entry. Close BROKER in either case. */
__attribute__((warn_unused_result)) int fleet_begin(const struct fleet_store *store, struct store_broker *broker,
                                                    enum frame_word word, const char *user, struct store_frame *answer,
                                                    struct fault *fault);

/* Whose values: for fleet_entry.h. */
static inline struct fleet_owner fleet_owner(const struct fleet_store *store, const char *user)
{
    return (struct fleet_owner){&store->keys, store->store.svm, user};
}

#endif
