/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: svm.conf is what makes an SVM: it is written last and removed first, so that whatever is killed, an
 * SVM is either whole or not there.
 * What MUST NOT happen: text in a file that the module's own reader has not accepted first.
 */
#include "admin_svm.h"

#include "crypto.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int admin_uuid(char out[37], struct fault *fault)
{
    unsigned char random[16];
    char hex[33];

    if (crypto_random(random, sizeof random) != 0)
        return fault_set(fault, "no random bytes to be had for a UUID");
    random[6] = (unsigned char)((random[6] & 0x0f) | 0x40); /* version */
    random[8] = (unsigned char)((random[8] & 0x3f) | 0x80); /* variant */
    crypto_hex(random, sizeof random, hex);
    snprintf(out, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
    return 0;
}

/* The text of SVM's file, proven to be one that can be read back. NULL: fault. */
static char *svm_text(const struct svm *svm, const char *path, size_t *length, struct fault *fault)
{
    char names[SVM_FACTORS_MAX][8], *fields, *text = NULL;
    struct svm copy = *svm, proof;

    for (size_t i = 0; i < svm->factor_count; i++)
        snprintf(names[i], sizeof names[i], "%s", factor_words[svm->factors[i]]);
    copy.factor_names = (struct conf_array){names, svm->factor_count};
    fields = conf_text(svm_fields, &copy, length);
    if (fields == NULL || asprintf(&text, ADMIN_HEADER "%s", fields) < 0) {
        text = NULL;
        fault_set(fault, "%s: out of memory", path);
    } else {
        *length = strlen(text);
        svm_defaults(&proof, svm->name);
        if (conf_parse(path, text, *length, svm_fields, &proof, fault) != 0) {
            free(text);
            text = NULL;
        }
        svm_free(&proof);
    }
    free(fields);
    return text;
}

/* Makes svm.conf in DIR, or finds that there is one. */
static enum found create_file(const struct dir *dir, struct svm *svm, struct fault *fault)
{
    char path[DIR_PATH_SIZE + 16], *text;
    enum found found;
    size_t length;

    snprintf(path, sizeof path, "%s/svm.conf", dir->path);
    if (svm->uuid[0] == '\0' && admin_uuid(svm->uuid, fault) != 0)
        return FOUND_FAULT;
    text = svm_text(svm, path, &length, fault);
    if (text == NULL)
        return FOUND_FAULT;
    found = faccessat(dir->fd, "svm.conf", F_OK, AT_SYMLINK_NOFOLLOW) == 0
                ? FOUND
                : file_create(dir, "svm.conf", 0, 0644, text, length, fault);
    free(text);
    return found;
}

enum found admin_svm_create(const struct host *host, struct svm *svm, const struct service_account *account,
                            struct report *report, struct fault *fault)
{
    struct dir states = DIR_CLOSED, state = DIR_CLOSED, svms = DIR_CLOSED, dir = DIR_CLOSED;
    enum found found = FOUND_FAULT;
    int lock = -1;

    if (!name_is_valid(svm->name)) {
        fault_set(fault, "\"%s\" cannot be the name of an SVM: expected 1 to %d bytes, no '/', no control characters, "
                  "no '.' or '-' at the start", svm->name, NAME_SIZE - 1);
        return FOUND_FAULT;
    }
    if (directory_make(&svms, NULL, host->svm_dir, 0, 0755, report, fault) == 0)
        lock = directory_lock(&svms, LOCK_SVMS, fault);
    if (lock >= 0 && directory_make(&states, NULL, host->state_dir, 0, 0755, report, fault) == 0 &&
        directory_make(&state, &states, svm->name, account->gid, 01770, report, fault) == 0 &&
        directory_make(&dir, &svms, svm->name, 0, 0755, report, fault) == 0)
        found = create_file(&dir, svm, fault);
    if (found == FOUND_NOTHING && report != NULL)
        report_line(report, "made %s/svm.conf: SVM \"%s\", uuid %s", dir.path, svm->name, svm->uuid);
    dir_close(&dir);
    dir_close(&state);
    dir_close(&states);
    if (lock >= 0)
        close(lock);
    dir_close(&svms);
    return found;
}
