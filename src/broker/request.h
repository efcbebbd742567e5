/* SPDX-License-Identifier: BSD-2-Clause */
/* What a client asks of the store, as etcd's transactions, and what came of it, as the client's answer. */
#ifndef PAM_MFA_REQUEST_H
#define PAM_MFA_REQUEST_H

#include "broker/client.h"

/* Begins what FRAME asks. Answers at once if it may not or cannot be. */
void request_begin(struct client *client, const struct store_frame *frame);

/* Goes on with a READ or BEGIN that had to wait for the clock. */
void request_read(struct client *client);

/* Sends an answer; the request is over. */
void request_answer(struct client *client, enum frame_word word, const struct store_part *parts, size_t count);
__attribute__((format(printf, 4, 5))) void request_fail(struct client *client, enum frame_word word, const char *reason,
                                                        const char *format, ...);

/* Ends the attempt of CLIENT: with COUNTS, as one that was looked at and whose end nobody has seen. */
void request_end_attempt(struct client *client, bool counts);


/* The client has broken the protocol: it is let go. */
void request_reject(struct client *client);

/* For oversee.c: a message to be built; a call with it, which is answered at once if it cannot be made. */
struct pb_writer request_message(struct client *client);
void request_call(struct client *client, const char *method, int node, const struct pb_writer *writer, call_done *done);

/* A call's answer, taken apart into the broker's reply. -1: there is none, and the client has been told. */
__attribute__((warn_unused_result)) int request_take_reply(struct client *client, const struct call_result *result);

/* Reads fleet, svm and, with HAS_USER, user off FRAME. -1: they are no names. */
__attribute__((warn_unused_result)) int request_take_names(struct client *client, const struct store_frame *frame,
                                                           bool has_user);

/* Whether there is no such fleet; then the client has been told. */
__attribute__((warn_unused_result)) bool request_lacks_fleet(struct client *client);

#endif
