/* SPDX-License-Identifier: BSD-2-Clause */
#include "duo/duo_check.h"

#include "base/shell.h"
#include "config/duo_profile.h"
#include "duo/duo_ask.h"
#include "duo/duo_helper.h"

#include <stdlib.h>

static enum duo_check_result ask(const struct host *host, const struct duo_profile *profile, struct fault *words)
{
    const struct duo_relay nobody = {0};
    struct duo_request *request = malloc(sizeof *request);
    struct duo_verdict verdict;

    if (request == NULL) {
        fault_set(words, "out of memory");
        return DUO_CHECK_FAILED;
    }
    duo_ask_init(request, DUO_CHECK, profile);
    duo_helper_run(host->duo_helper, request, &nobody, &verdict);
    duo_request_wipe(request);
    free(request);
    *words = verdict.detail;
    if (words->text[0] == '\0')
        fault_set(words, "%s", duo_reason_word(verdict.reason));
    return verdict.reason == DUO_CHECKED ? DUO_CHECK_OK : DUO_CHECK_FAILED;
}

enum duo_check_result duo_check(const struct host *host, const char *svm, struct fault *words)
{
    enum duo_check_result result = DUO_CHECK_FAILED;
    struct duo_profile *profile = calloc(1, sizeof *profile);
    const char *owner = "";

    if (profile == NULL) {
        fault_set(words, "out of memory");
        return DUO_CHECK_FAILED;
    }
    switch (duo_profile_read(host, svm, profile, &owner, words)) {
    case FOUND_FAULT: break;
    case FOUND_NOTHING:
        fault_set(words, "neither SVM \"%.64s\" nor the cluster has a duo.conf; make one with: mfactl duo create --svm %s", svm,
                  shell_word(svm).text);
        result = DUO_CHECK_NO_PROFILE;
        break;
    case FOUND: result = ask(host, profile, words); break;
    }
    duo_profile_free(profile);
    free(profile);
    return result;
}
