/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a kind of store is: the operations behind store.h and store_admin.h, which say what each must do. For stores, and
 * for nothing else. A store's own struct starts with struct store, and `close` frees it.
 */
#ifndef PAM_MFA_STORE_TABLE_H
#define PAM_MFA_STORE_TABLE_H

#include "store/store_admin.h"

struct store_table {
    int (*read)(const struct store *store, const struct store_owner *owner, struct store_entry *entry,
                struct fault *fault);
    /* FOUND: under NAME. */
    enum found (*find_renamed)(const struct store *store, const struct store_owner *owner, char name[NAME_SIZE],
                               struct fault *fault);
    int (*change)(const struct store *store, const struct store_owner *owner, store_decide *decide, void *context,
                  struct fault *fault);
    int (*attempt)(const struct store *store, const struct store_owner *owner, const struct store_guess *guess,
                   void *context, struct fault *fault);
    /* NULL: it never ends one. */
    pid_t (*ended)(const struct store *store);
    void (*close)(struct store *store);
};

/* What logins have no use for, apart, so that it is not in the module. */
struct store_admin_table {
    int (*list)(const struct store *store, const char *after, store_visit *visit, void *context, struct fault *fault);
    enum found (*find)(const struct store *store, const char *name, uid_t *uid, struct fault *fault);
    enum found (*discard)(const struct store *store, const char *name, struct fault *fault);
    enum found (*reset)(const struct store *store, const struct store_owner *owner, long long now, int window,
                        struct fault *fault);
    /* NULL: there was no earlier form. */
    int (*upgrade)(const struct store *store, struct report *report, struct fault *fault);
    void (*check)(const struct store *store, struct report *report);
};

struct store {
    const struct store_table *table;
    const struct store_admin_table *admin; /* NULL: opened by store_open */
    char svm[NAME_SIZE];
    struct seal seal;
    const struct seal *older; /* keys that open as well; borrowed */
    size_t older_count;
};

/*
 * store_open, with *IS_FLEET (unless NULL) which kind it is. Without NEEDS_SEAL, a key that cannot be read is no fault.
 */
__attribute__((warn_unused_result)) struct store *store_open_as(const struct host *host, const char *name, bool needs_seal,
                                                                bool *is_fleet, struct fault *fault);

#endif
