/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv4 and IPv6 networks, and addresses as networks of one. No name is ever resolved. */
#ifndef PAM_MFA_NETWORK_H
#define PAM_MFA_NETWORK_H

#include <stdbool.h>

#define NETWORK_TEXT_SIZE 64

struct network {
    unsigned char address[16]; /* IPv4 as ::ffff:a.b.c.d */
    unsigned int prefix;       /* bits, 0 to 128 */
};

/* Reads TEXT, an address or ADDRESS/PREFIX; an interface behind '%' is not part of it. 0 done, -1 it is neither. */
__attribute__((warn_unused_result)) int network_parse(const char *text, struct network *network);

/* Whether all of INNER is in NETWORK. */
bool network_holds(const struct network *network, const struct network *inner);

/* Whether TEXT is an address, and no network; then in *ADDRESS. */
bool network_is_address(const char *text, struct network *address);

/* A rule for struct conf_field: an address or a network. Returns NULL, or what is expected. */
const char *network_expect(const char *value);

#endif
