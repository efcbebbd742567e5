/* SPDX-License-Identifier: BSD-2-Clause */
/* What only root may ask of a fleet: who is enrolled, how it is, its halts, its beginning anew. Each begins a request. */
#ifndef PAM_MFA_OVERSEE_H
#define PAM_MFA_OVERSEE_H

#include "broker/client.h"

void oversee_walk(struct client *client, const struct store_frame *frame);
void oversee_halt(struct client *client, const struct store_frame *frame);
void oversee_status(struct client *client, const struct store_frame *frame);
void oversee_meta(struct client *client, const struct store_frame *frame);

#endif
