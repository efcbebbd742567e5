/* SPDX-License-Identifier: BSD-2-Clause */
/* What MUST NOT happen: an address that Duo's network policy goes by coming from the client's own words. */
#include "module/duo_pushinfo.h"

#include "base/percent.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define COMMAND_SIZE 257

/* TEXT if it is an address, without the interface that may follow a local one ("fe80::1%eth0"), into OUT. */
static int copy_address(char *out, size_t size, const char *text, size_t length)
{
    unsigned char address[16];

    if (length >= size)
        return -1;
    memcpy(out, text, length);
    out[length] = '\0';
    out[strcspn(out, "%")] = '\0';
    if (inet_pton(AF_INET, out, address) == 1 || inet_pton(AF_INET6, out, address) == 1)
        return 0;
    out[0] = '\0';
    return -1;
}

/* Duo takes a literal address or none. Where the application gave a name, sshd's own word is the next best. */
static void find_address(const struct login_request *login, char out[64])
{
    out[0] = '\0';
    if (login->rhost != NULL && copy_address(out, 64, login->rhost, strlen(login->rhost)) == 0)
        return;
    if (login->ssh_connection != NULL)
        (void)copy_address(out, 64, login->ssh_connection, strcspn(login->ssh_connection, " "));
}

/* The command line of the host program without its name: for sudo, what is to be run. */
static void read_command(char out[COMMAND_SIZE])
{
    char raw[1024], words[1024];
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t length = -1;
    size_t start;

    out[0] = '\0';
    if (fd >= 0) {
        length = read(fd, raw, sizeof raw - 1);
        close(fd);
    }
    if (length <= 0)
        return;
    while (length > 0 && raw[length - 1] == '\0')
        length--;
    raw[length] = '\0';
    start = strlen(raw) + 1;
    for (size_t i = start; i < (size_t)length; i++)
        words[i - start] = raw[i] != '\0' ? raw[i] : ' ';
    words[start < (size_t)length ? (size_t)length - start : 0] = '\0';
    text_for_terminal(out, COMMAND_SIZE, words);
}

/* Appends `KEY=VALUE`, encoded, to OUT; nothing if VALUE is empty or there is no room. */
static void add_pair(char out[DUO_PUSHINFO_SIZE], const char *key, const char *value)
{
    char encoded[3 * COMMAND_SIZE];
    size_t used = strlen(out);

    if (value == NULL || value[0] == '\0' || percent_encode(encoded, sizeof encoded, value) != 0 ||
        used + strlen(key) + strlen(encoded) + 3 > DUO_PUSHINFO_SIZE)
        return;
    snprintf(out + used, DUO_PUSHINFO_SIZE - used, "%s%s=%s", used > 0 ? "&" : "", key, encoded);
}

void duo_pushinfo_fill(struct duo_request *request, const struct duo_profile *profile, const struct login *login)
{
    const char *service = login->request->service;
    char command[COMMAND_SIZE];
    size_t used;

    find_address(login->request, request->ipaddr);
    if (gethostname(request->hostname, sizeof request->hostname) != 0)
        request->hostname[0] = '\0';
    request->hostname[sizeof request->hostname - 1] = '\0';
    if (!profile->push_info.on)
        return;
    add_pair(request->pushinfo, "Server", request->hostname);
    add_pair(request->pushinfo, "SVM", login->svm.name);
    add_pair(request->pushinfo, "Service", service);
    add_pair(request->pushinfo, "From", request->ipaddr[0] != '\0' ? request->ipaddr : login->request->rhost);
    if (service != NULL && (strcmp(service, "sudo") == 0 || strcmp(service, "sudo-i") == 0)) {
        read_command(command);
        add_pair(request->pushinfo, "Command", command);
    }
    used = strlen(request->pushinfo);
    if (profile->push_info.text[0] != '\0' && used + strlen(profile->push_info.text) + 2 <= DUO_PUSHINFO_SIZE)
        snprintf(request->pushinfo + used, DUO_PUSHINFO_SIZE - used, "%s%s", used > 0 ? "&" : "",
                 profile->push_info.text);
}
