/* SPDX-License-Identifier: BSD-2-Clause */
#include "store_memory.h"

#include <stdio.h>
#include <string.h>

static struct memory *of(const struct store *store)
{
    return (struct memory *)(uintptr_t)store;
}

static int failing(const struct memory *memory, struct fault *fault)
{
    return memory->fails == FAULT_OTHER ? 0 : fault_set_class(fault, memory->fails, "the store fails, as the test has it");
}

static int read_entry(const struct store *store, const struct store_owner *owner, struct store_entry *entry,
                      struct fault *fault)
{
    (void)owner;
    *entry = of(store)->entry;
    return failing(of(store), fault);
}

/* Decides, again for each conflict. */
static enum store_decision decide_on(struct memory *memory, store_decide *decide, void *context, struct store_entry *entry,
                                     struct fault *fault)
{
    enum store_decision decision;

    for (;;) {
        *entry = memory->entry;
        memory->decisions++;
        decision = decide(context, entry, fault);
        if (memory->conflicts == 0)
            return decision;
        memory->conflicts--;
        if (memory->meanwhile != NULL)
            memory->meanwhile(memory);
    }
}

static int settle(struct memory *memory, enum store_decision decision, struct store_entry *entry)
{
    if (decision == STORE_REMOVE)
        *entry = (struct store_entry){.pushes = entry->pushes};
    if (decision == STORE_WRITE || decision == STORE_REMOVE)
        memory->entry = *entry;
    return decision == STORE_FAIL ? -1 : 0;
}

static int change(const struct store *store, const struct store_owner *owner, store_decide *decide, void *context,
                  struct fault *fault)
{
    struct memory *memory = of(store);
    struct store_entry entry;

    (void)owner;
    if (failing(memory, fault) != 0)
        return -1;
    return settle(memory, decide_on(memory, decide, context, &entry, fault), &entry);
}

static int attempt(const struct store *store, const struct store_owner *owner, const struct store_guess *guess,
                   void *context, struct fault *fault)
{
    struct memory *memory = of(store);
    struct store_entry entry;
    int result;

    (void)owner;
    memory->attempts++;
    if (failing(memory, fault) != 0)
        return -1;
    if (memory->marked != 0 && memory->entry.enrolled)
        guess->count(context, &memory->entry, memory->marked);
    memory->marked = 0;
    if (guess->looks(context, &memory->entry))
        memory->marked = 1000000000;
    if (memory->dies)
        return fault_set(fault, "the process has ended, as the test has it");
    result = settle(memory, decide_on(memory, guess->decide, context, &entry, fault), &entry);
    memory->marked = 0;
    return result;
}

static void close_store(struct store *store)
{
    (void)store;
}

static enum found find_renamed(const struct store *store, const struct store_owner *owner, char name[NAME_SIZE],
                               struct fault *fault)
{
    (void)owner;
    name[0] = '\0';
    return failing(of(store), fault) == 0 ? FOUND_NOTHING : FOUND_FAULT;
}

void memory_open(struct memory *memory)
{
    static const struct store_table table = {.read = read_entry, .find_renamed = find_renamed, .change = change,
                                             .attempt = attempt, .close = close_store};
    static const unsigned char key[CRYPTO_KEY_BYTES] = "a seal key of thirty-two bytes..";

    *memory = (struct memory){.store = {.table = &table, .svm = "vs0"}};
    seal_set_key(&memory->store.seal, key);
}
