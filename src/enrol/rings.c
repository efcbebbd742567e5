/* SPDX-License-Identifier: BSD-2-Clause */
#include "enrol/rings.h"

#include <string.h>

struct taking {
    long long now;
    bool allowed;
};

static enum store_decision take(void *context, struct store_entry *entry, struct fault *fault)
{
    struct taking *taking = context;
    bool changed = false;

    (void)fault;
    taking->allowed = push_state_take(&entry->pushes, taking->now, &changed);
    return changed ? STORE_WRITE : STORE_KEEP;
}

static enum store_decision forget(void *context, struct store_entry *entry, struct fault *fault)
{
    (void)context;
    (void)fault;
    entry->pushes = (struct push_state){0};
    return STORE_WRITE;
}

static int update(const struct rings *rings, store_decide *decide, void *context, struct fault *fault)
{
    struct store *store = store_open(rings->host, rings->svm, fault);
    int result = -1;

    if (store != NULL)
        result = store_change(store, &rings->owner, decide, context, fault);
    store_close(store);
    /* Duo takes the place of codes while the fleet cannot be reached; so what it rings is counted here meanwhile. */
    if (result != 0 && fault->class == FAULT_UNAVAILABLE && rings->offline) {
        store = store_open_local(rings->host, rings->svm, fault);
        if (store != NULL)
            result = store_change(store, &rings->owner, decide, context, fault);
        store_close(store);
    }
    return result;
}

enum found rings_count(void *context, const char *kind, struct fault *fault)
{
    struct rings *rings = context;
    struct taking taking = {.now = rings->now()};

    if (update(rings, take, &taking, fault) != 0)
        return FOUND_FAULT;
    if (!taking.allowed)
        return FOUND_NOTHING;
    rings->counted = true;
    rings->sms = rings->sms || strcmp(kind, "sms") == 0;
    return FOUND;
}

int rings_end(const struct rings *rings, enum duo_reason reason, struct fault *fault)
{
    /* A passcode says nothing about pushes and calls. */
    if (!rings->counted || (reason != DUO_PUSH && reason != DUO_PHONE && (reason != DUO_PASSCODE || !rings->sms)))
        return 0;
    return update(rings, forget, NULL, fault);
}
