/* SPDX-License-Identifier: BSD-2-Clause */
/* A store of one owner in memory, for what stands above the store: it keeps every promise that needs no disk. */
#ifndef PAM_MFA_STORE_MEMORY_H
#define PAM_MFA_STORE_MEMORY_H

#include "store/store_table.h"

struct memory {
    struct store store;
    struct store_entry entry;
    long long marked;  /* when an attempt was begun that never ended; 0: none */
    bool dies;         /* the next attempt ends once it is charged, before anything is written */
    int conflicts;     /* decisions that are made again, on an entry that MEANWHILE has changed */
    void (*meanwhile)(struct memory *memory);
    enum fault_class fails; /* every operation does, so; other: none */
    int decisions, attempts;
};

/* An empty one, with a seal key of its own. */
void memory_open(struct memory *memory);

#endif
