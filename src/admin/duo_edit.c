/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/duo_edit.h"

#include "base/shell.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum result duo_edit_begin(struct duo_edit *edit, const struct host *host, const char *svm, struct fault *fault)
{
    duo_profile_defaults(&edit->profile);
    edit->found = FOUND_FAULT;
    switch (place_open(&edit->place, host, svm, fault)) {
    case FOUND_FAULT: return RESULT_FAILED;
    case FOUND_NOTHING:
        fault_set(fault, "there is no SVM \"%.64s\"; see which there are with: mfactl svm show", svm);
        return RESULT_NOT_THERE;
    case FOUND: break;
    }
    edit->found = duo_profile_read_own(host, svm, &edit->profile, fault);
    return edit->found == FOUND_FAULT ? RESULT_FAILED : RESULT_DONE;
}

enum result duo_edit_try(struct duo_edit *edit, const struct host *host, const char *svm, struct fault *fault)
{
    edit->place = (struct place)PLACE_CLOSED;
    edit->found = duo_profile_read_own(host, svm, &edit->profile, fault);
    return edit->found == FOUND_FAULT ? RESULT_FAILED : RESULT_DONE;
}

enum result duo_edit_begin_existing(struct duo_edit *edit, const struct host *host, const char *svm,
                                    struct fault *fault)
{
    enum result result = duo_edit_begin(edit, host, svm, fault);

    if (result == RESULT_DONE && edit->found != FOUND) {
        fault_set(fault, "SVM \"%.64s\" has no Duo profile of its own; make one with: mfactl duo create --svm %s", svm,
                  shell_word(svm).text);
        result = RESULT_NOT_THERE;
    }
    return result;
}

static int prove(const void *context, const char *path, const char *text, size_t length, struct fault *fault)
{
    struct duo_profile proof;
    int result;

    (void)context;
    duo_profile_defaults(&proof);
    result = conf_parse(path, text, length, duo_profile_fields, &proof, fault);
    duo_profile_free(&proof);
    return result;
}

enum result duo_edit_write(struct duo_edit *edit, struct fault *fault)
{
    return place_write(&edit->place, "duo.conf", 0600, duo_profile_fields, &edit->profile, prove, NULL, fault) == 0
               ? RESULT_DONE
               : RESULT_FAILED;
}

int duo_check_ca_file(const char *path, struct fault *fault)
{
    struct stat status;

    if (path[0] == '\0')
        return 0;
    if (stat(path, &status) != 0)
        return fault_set(fault, "ca_file is %s, which cannot be read: %s; expected a file of certificates in PEM, or "
                         "\"\" for the system's", path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return fault_set(fault, "ca_file is %s, which is no file; expected a file of certificates in PEM", path);
    return 0;
}

void duo_edit_end(struct duo_edit *edit)
{
    duo_profile_free(&edit->profile);
    place_close(&edit->place);
}
