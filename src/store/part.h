/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts of an entry as bytes, for whatever store keeps them: the profile, its state, the pushes. Each stands alone, so
 * that they can be kept in one place or in several, under one right or under several.
 *
 * The profile and the state are readable and authenticated (AES-256-GCM under the seal's key) for their SVM and user, the
 * state for its profile_id too: a part that was copied to another user, SVM, host or profile is none. What is secret in a
 * profile is sealed within it. Of pushes nothing hangs on more than that three may be sent.
 *
 * Numbers are little-endian. Each part starts with its version.
 */
#ifndef PAM_MFA_PART_H
#define PAM_MFA_PART_H

#include "base/fault.h"
#include "totp/profile.h"
#include "totp/state.h"

/* Fixed fields, comment, what is sealed, and what authenticates; see part.c. */
#define PART_PROFILE_MAX (67 + 256 + PROFILE_SEALED_MAX + CRYPTO_SEAL_EXTRA)
#define PART_STATE_SIZE (20 + CRYPTO_SEAL_EXTRA)
#define PART_PUSHES_MAX (2 + 8 * STATE_PUSHES_MAX)

struct part {
    size_t length; /* 0: there is none */
    unsigned char bytes[PART_PROFILE_MAX];
};

/* Whose part it is, and what authenticates it. Borrowed. */
struct part_owner {
    const struct seal *seal; /* one without a key makes nothing, and reads without believing: for administrators */
    const char *svm;
    const char *user;
};

/* -1: PROFILE is none that could be read back, or the seal fails. */
__attribute__((warn_unused_result)) int part_make_profile(const struct part_owner *owner, const struct profile *profile,
                                                          struct part *part, struct fault *fault);
__attribute__((warn_unused_result)) int part_read_profile(const struct part_owner *owner, const struct part *part,
                                                          struct profile *profile, struct fault *fault);

/* The state of the profile that TOTP names. */
__attribute__((warn_unused_result)) int part_make_state(const struct part_owner *owner, const struct totp_state *totp,
                                                        struct part *part, struct fault *fault);
/* The state of the profile with PROFILE_ID. */
__attribute__((warn_unused_result)) int part_read_state(const struct part_owner *owner, const char *profile_id,
                                                        const struct part *part, struct totp_state *totp,
                                                        struct fault *fault);

/* No pushes make no part, and no part is no pushes. */
void part_make_pushes(const struct push_state *pushes, struct part *part);
__attribute__((warn_unused_result)) int part_read_pushes(const struct part *part, struct push_state *pushes,
                                                         struct fault *fault);

#endif
