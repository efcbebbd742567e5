/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: a ticket is used up by the removal of its file, which the kernel lets one process do, and which is on the
 * disk before anybody is told; it is good for the user id and the SVM that it was made for, and no longer than said.
 * What MUST NOT happen: the ticket itself in a file or a message. It has 160 random bits, so its hash needs no salt, and
 * guesses no throttle.
 */
#include "enrol/ticket.h"

#include "base/conf.h"
#include "base/crypto.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TIME_MAX (1LL << 48)

/* What is kept of a ticket. */
struct ticket {
    char hash[65]; /* SHA-256 of the ticket in its plain form */
    char svm_uuid[37];
    long long uid;
    long long until; /* Unix seconds */
};

#define FIELD(member) .required = true, .offset = offsetof(struct ticket, member), .size = sizeof(((struct ticket *)0)->member)
static const struct conf_field fields[] = {
    {.name = "hash", .type = CONF_STRING, FIELD(hash), .min = 64, .max = 64, .secret = true},
    {.name = "svm_uuid", .type = CONF_STRING, FIELD(svm_uuid), .min = 36, .max = 36},
    {.name = "uid", .type = CONF_INT64, FIELD(uid), .min = 0, .max = UINT32_MAX},
    {.name = "until", .type = CONF_INT64, FIELD(until), .min = 1, .max = TIME_MAX},
    {0},
};
#undef FIELD

/* Opens directory NAME in PARENT; with MAKE it is made if it is not there. */
static enum found enter(struct dir *dir, const struct dir *parent, const char *name, bool make, struct fault *fault)
{
    if (make && mkdirat(parent->fd, name, 0700) == 0) {
        if (fsync(parent->fd) != 0) {
            fault_set(fault, "%s: cannot sync: %s", parent->path, strerror(errno));
            return FOUND_FAULT;
        }
    } else if (make && errno != EEXIST) {
        fault_set(fault, "%s: cannot make %s: %s", parent->path, name, strerror(errno));
        return FOUND_FAULT;
    }
    return dir_open(dir, parent, name, 077, fault);
}

/* The directory of SVM's tickets. */
static enum found open_tickets(struct dir *dir, const struct host *host, const char *svm, bool make,
                               struct fault *fault)
{
    struct dir state = DIR_CLOSED, all = DIR_CLOSED;
    enum found found;

    *dir = (struct dir)DIR_CLOSED;
    if (!name_is_valid(svm)) {
        fault_set(fault, "the name of the SVM cannot be part of a path");
        return FOUND_FAULT;
    }
    found = dir_open(&state, NULL, host->state_dir, 0, fault);
    if (found == FOUND_NOTHING && make) {
        fault_set(fault, "%s: does not exist; run: mfactl init", host->state_dir);
        found = FOUND_FAULT;
    }
    if (found == FOUND)
        found = enter(&all, &state, TICKET_DIRECTORY, make, fault);
    if (found == FOUND)
        found = enter(dir, &all, svm, make, fault);
    dir_close(&all);
    dir_close(&state);
    return found;
}

/* The hash of TEXT without blanks and dashes, in capitals. -1: it cannot be a ticket, or there is no hash to be had. */
static int hash_of(const char *text, char out[65])
{
    char plain[BASE32_SIZE(TICKET_BYTES)];
    size_t length = 0;
    int result = -1;

    for (; *text != '\0' && length < sizeof plain; text++)
        if (*text != ' ' && *text != '-' && *text != '\t' && *text != '\r')
            plain[length++] = (char)toupper((unsigned char)*text);
    if (length == sizeof plain - 1)
        result = crypto_sha256_hex(plain, length, out);
    crypto_wipe(plain, sizeof plain);
    return result;
}

/* PLAIN in groups of four. */
static void group(const char *plain, char out[TICKET_SIZE])
{
    size_t used = 0;

    for (size_t i = 0; plain[i] != '\0'; i++) {
        if (i > 0 && i % 4 == 0)
            out[used++] = '-';
        out[used++] = plain[i];
    }
    out[used] = '\0';
}

int ticket_make(const struct host *host, const struct svm *svm, const struct account *account, long long now,
                long long valid, char out[TICKET_SIZE], struct fault *fault)
{
    struct ticket ticket = {.uid = account->uid, .until = now + valid};
    char plain[BASE32_SIZE(TICKET_BYTES)], *text = NULL;
    unsigned char random[TICKET_BYTES];
    struct dir dir = DIR_CLOSED;
    size_t length = 0;
    int result = -1;

    strcpy(ticket.svm_uuid, svm->uuid);
    if (crypto_random(random, sizeof random) != 0)
        return fault_set(fault, "no random bytes to be had for a ticket");
    base32_encode(random, sizeof random, plain);
    group(plain, out);
    if (hash_of(plain, ticket.hash) != 0 || (text = conf_text(fields, &ticket, &length)) == NULL)
        fault_set(fault, "out of memory, or the cryptographic library fails");
    else if (open_tickets(&dir, host, svm->name, true, fault) == FOUND)
        result = file_replace(&dir, account->name, 0, 0600, text, length, fault);
    free(text);
    dir_close(&dir);
    crypto_wipe(plain, sizeof plain);
    crypto_wipe(random, sizeof random);
    if (result != 0)
        crypto_wipe(out, TICKET_SIZE);
    return result;
}

/* One word in FAULT, for the log. */
static enum found is_none(struct fault *fault, const char *word)
{
    fault_set(fault, "%s", word);
    return FOUND_NOTHING;
}

/* Removes NAME, durably, if this process is the one that does. */
static enum found remove_once(const struct dir *dir, const char *name, struct fault *fault)
{
    if (unlinkat(dir->fd, name, 0) != 0) {
        if (errno == ENOENT)
            return FOUND_NOTHING;
        fault_set(fault, "%s/%s: cannot remove: %s", dir->path, name, strerror(errno));
        return FOUND_FAULT;
    }
    if (fsync(dir->fd) == 0)
        return FOUND;
    fault_set(fault, "%s: cannot sync: %s", dir->path, strerror(errno));
    return FOUND_FAULT;
}

static enum found read_ticket(const struct dir *dir, const char *name, struct ticket *ticket, struct fault *fault)
{
    const struct file_rule rule = {.owner = 0, .forbidden = 077, .size_max = 4096};
    struct file_data data = {0};
    char path[DIR_PATH_SIZE + NAME_SIZE];
    enum found found = file_read(dir, name, &rule, &data, fault);

    *ticket = (struct ticket){0};
    if (found == FOUND) {
        snprintf(path, sizeof path, "%s/%s", dir->path, name);
        if (conf_parse(path, data.data, data.length, fields, ticket, fault) != 0)
            found = FOUND_FAULT;
    }
    file_data_free(&data);
    return found;
}

enum found ticket_take(const struct host *host, const struct svm *svm, const struct account *account, const char *text,
                       bool use, long long now, struct fault *fault)
{
    struct dir dir = DIR_CLOSED;
    struct ticket ticket;
    enum found found;
    char hash[65];

    if (hash_of(text, hash) != 0)
        return is_none(fault, "not_a_ticket");
    found = open_tickets(&dir, host, svm->name, false, fault);
    if (found == FOUND)
        found = read_ticket(&dir, account->name, &ticket, fault);
    if (found == FOUND_NOTHING)
        found = is_none(fault, "no_ticket");
    else if (found == FOUND && !crypto_equal(hash, ticket.hash, sizeof hash - 1))
        found = is_none(fault, "wrong_ticket");
    else if (found == FOUND && (ticket.uid != (long long)account->uid || strcmp(ticket.svm_uuid, svm->uuid) != 0))
        found = is_none(fault, "another_users_ticket");
    else if (found == FOUND && now >= ticket.until)
        found = is_none(fault, "ticket_expired");
    else if (found == FOUND && use && (found = remove_once(&dir, account->name, fault)) == FOUND_NOTHING)
        found = is_none(fault, "ticket_used");
    dir_close(&dir);
    return found;
}

enum found ticket_withdraw(const struct host *host, const char *svm, const char *user, struct fault *fault)
{
    struct dir dir = DIR_CLOSED;
    enum found found = name_is_valid(user) ? open_tickets(&dir, host, svm, false, fault) : FOUND_NOTHING;

    if (found == FOUND)
        found = remove_once(&dir, user, fault);
    dir_close(&dir);
    return found;
}

int ticket_withdraw_all(const struct host *host, const char *svm, struct fault *fault)
{
    struct dir dir = DIR_CLOSED;
    enum found found = open_tickets(&dir, host, svm, false, fault);
    char path[DIR_PATH_SIZE];
    struct dirent *entry;
    DIR *entries;

    if (found != FOUND)
        return found == FOUND_NOTHING ? 0 : -1;
    strcpy(path, dir.path);
    entries = fdopendir(dir.fd);
    if (entries == NULL) {
        dir_close(&dir);
        return fault_set(fault, "%s: cannot list: %s", path, strerror(errno));
    }
    while ((entry = readdir(entries)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            (void)!unlinkat(dirfd(entries), entry->d_name, 0);
    closedir(entries);
    if (rmdir(path) != 0)
        return fault_set(fault, "%s: cannot remove: %s; look at what is in it", path, strerror(errno));
    return 0;
}
