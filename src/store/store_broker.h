/* SPDX-License-Identifier: BSD-2-Clause */
/* A conversation with this host's broker to shared stores, mfa-stored: see wire/store_frame.h. For this room, and tools. */
#ifndef PAM_MFA_STORE_BROKER_H
#define PAM_MFA_STORE_BROKER_H

#include "base/deadline.h"
#include "base/fault.h"
#include "config/host.h"
#include "wire/store_frame.h"

struct store_broker {
    int fd;           /* -1: not connected */
    int milliseconds; /* that an answer may take */
    unsigned char bytes[STORE_FRAME_HEAD + STORE_FRAME_MAX]; /* of the answer */
};

/* Connects to the broker of HOST, which speaks to FLEET. -1: it is not there. Close it in either case. */
__attribute__((warn_unused_result)) int store_broker_open(struct store_broker *broker, const struct host *host,
                                                          const struct host_fleet *fleet, struct fault *fault);
void store_broker_close(struct store_broker *broker);

/* Sends a message that has no answer, or whose answer is not waited for. */
__attribute__((warn_unused_result)) int store_broker_tell(struct store_broker *broker, enum frame_word word,
                                                          const struct store_part *parts, size_t count,
                                                          struct fault *fault);

/*
 * Sends a message and waits for its answer. *ANSWER, which borrows from BROKER, becomes DONE or CONFLICT, with PARTS parts or
 * none. -1: anything else; a fault that is about the field "store_..." is the broker's, whose reason that is. Only one about
 * STORE_UNAVAILABLE or STORE_CLOCK is of class unavailable: nothing was begun.
 */
__attribute__((warn_unused_result)) int store_broker_ask(struct store_broker *broker, enum frame_word word,
                                                         const struct store_part *parts, size_t count,
                                                         struct store_frame *answer, struct fault *fault);

/* The reason of a fault of the broker's, as a word for the log that lasts; NULL: it is none. */
const char *store_broker_reason(const struct fault *fault);

#endif
