/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/network.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

int network_parse(const char *text, struct network *network)
{
    char address[NETWORK_TEXT_SIZE], *slash, *end, *scope;
    unsigned long prefix, bits;
    struct in_addr four;

    if (strlen(text) >= sizeof address)
        return -1;
    strcpy(address, text);
    slash = strchr(address, '/');
    if (slash != NULL)
        *slash++ = '\0';
    scope = strchr(address, '%'); /* fe80::1%eth0: the interface is not part of the address */
    if (scope != NULL)
        *scope = '\0';
    if (inet_pton(AF_INET, address, &four) == 1) {
        memset(network->address, 0, 10);
        memset(network->address + 10, 0xff, 2);
        memcpy(network->address + 12, &four, 4);
        bits = 32;
    } else if (inet_pton(AF_INET6, address, network->address) == 1)
        bits = 128;
    else
        return -1;
    prefix = bits;
    if (slash != NULL) {
        if (strspn(slash, "0123456789") != strlen(slash) || slash[0] == '\0' || strlen(slash) > 3)
            return -1;
        prefix = strtoul(slash, &end, 10);
        if (prefix > bits)
            return -1;
    }
    network->prefix = (unsigned int)(prefix + (128 - bits));
    return 0;
}

bool network_holds(const struct network *network, const struct network *inner)
{
    unsigned int bytes = network->prefix / 8, rest = network->prefix % 8;

    if (network->prefix > inner->prefix || memcmp(network->address, inner->address, bytes) != 0)
        return false;
    return rest == 0 || ((network->address[bytes] ^ inner->address[bytes]) >> (8 - rest)) == 0;
}

bool network_is_address(const char *text, struct network *address)
{
    return strchr(text, '/') == NULL && network_parse(text, address) == 0;
}

const char *network_expect(const char *value)
{
    struct network network;

    return network_parse(value, &network) == 0
               ? NULL
               : "an address or a network such as \"10.20.0.0/16\" or \"2001:db8::/32\"";
}
