/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: each file is replaced whole, after its own reader has accepted the new text, and only if it differs.
 * What MUST NOT happen: a secret that the document does not name being lost; an enrolment being removed.
 */
#include "admin/apply.h"

#include "admin/admin_duo.h"
#include "admin/admin_svm.h"
#include "admin/document.h"
#include "admin/duo_edit.h"
#include "admin/duo_list.h"
#include "admin/place.h"
#include "base/crypto.h"
#include "config/duo_user.h"

#include <stdio.h>
#include <string.h>

#define CHANGED_SIZE 512

/* One pass: with `dry`, to see whether all can be done, or what would be. */
struct pass {
    const struct host *host;
    const struct apply_order *order;
    struct document document;
    struct report *report;
    bool dry;
};

/* A change to an SVM's own settings. */
struct svm_wish {
    const struct pass *pass;
    struct document_svm *from;
    char changed[CHANGED_SIZE];
};

static enum result change_svm(void *context, struct svm *svm, bool *changed, struct fault *fault)
{
    struct svm_wish *wish = context;

    wish->changed[0] = '\0';
    if (document_move(&wish->pass->document, wish->from, svm, wish->changed, sizeof wish->changed, fault) != 0)
        return RESULT_FAILED;
    *changed = wish->changed[0] != '\0';
    return RESULT_DONE;
}

static enum result make_svm(const struct pass *pass, const struct document_svm *from, struct fault *fault)
{
    const struct setting uuid = {"uuid", from->svm.uuid};
    struct service_account account;

    switch (service_account_find(&account, fault)) {
    case FOUND: break;
    case FOUND_NOTHING: fault_set(fault, "the group or the user " SERVICE_ACCOUNT " does not exist; run: mfactl init");
        __attribute__((fallthrough));
    case FOUND_FAULT: return RESULT_FAILED;
    }
    return admin_svm_create(pass->host, from->svm.name, &uuid, from->svm.uuid[0] != '\0', &account, NULL, fault);
}

static enum result apply_svm(const struct pass *pass, struct document_svm *from, struct fault *fault)
{
    struct svm_wish wish = {.pass = pass, .from = from};
    struct svm now;
    char name[NAME_SIZE];
    enum result result = admin_svm_read(pass->host, from->svm.name, &now, fault);
    bool is_new = result == RESULT_NOT_THERE;

    snprintf(name, sizeof name, "%s", from->svm.name);
    if (result == RESULT_DONE)
        svm_free(&now);
    else if (!is_new)
        return result;
    if (is_new && !pass->dry)
        result = make_svm(pass, from, fault);
    if (is_new && (pass->dry || result == RESULT_DONE))
        report_line(pass->report, "svm %s: made", name);
    if (!is_new || pass->dry || result == RESULT_DONE)
        result = admin_svm_edit(pass->host, name, pass->dry, change_svm, &wish, fault);
    if (result == RESULT_DONE && !is_new && wish.changed[0] != '\0')
        report_line(pass->report, "svm %s: set %s", name, wish.changed);
    return result;
}

/* Puts the secret in the file at PATH into SETTING of PROFILE. */
static enum result take_secret(const struct pass *pass, struct duo_profile *profile, const char *setting, char *now,
                               const char *path, char *changed, struct fault *fault)
{
    char secret[512], before[512];
    size_t used = strlen(changed);
    enum result result = RESULT_DONE;

    snprintf(before, sizeof before, "%s", now);
    if (pass->order->secret(path, secret, sizeof secret, fault) != 0)
        return RESULT_INVALID;
    if (setting_set(setting_find(duo_profile_fields, "duo")->fields, profile, setting, secret, fault) != 0)
        result = RESULT_INVALID;
    else if (strcmp(before, now) != 0)
        snprintf(changed + used, CHANGED_SIZE - used, "%s%s", used > 0 ? ", " : "", setting);
    crypto_wipe(secret, sizeof secret);
    crypto_wipe(before, sizeof before);
    return result;
}

static enum result take_secrets(const struct pass *pass, const struct document_duo *from, struct duo_profile *profile,
                                char *changed, struct fault *fault)
{
    enum result result = RESULT_DONE;

    if (strchr(from->profile.http_proxy, '@') != NULL) {
        fault_set(fault, "http_proxy holds a password, which belongs into a file of its own; use http_proxy_file");
        return RESULT_INVALID;
    }
    if (from->http_proxy_file[0] != '\0' && document_has(&pass->document, from, "http_proxy") != NULL) {
        fault_set(fault, "http_proxy and http_proxy_file exclude each other");
        return RESULT_INVALID;
    }
    if (from->secret_key_file[0] != '\0')
        result = take_secret(pass, profile, "secret_key", profile->secret_key, from->secret_key_file, changed, fault);
    if (result == RESULT_DONE && from->http_proxy_file[0] != '\0')
        result = take_secret(pass, profile, "http_proxy", profile->http_proxy, from->http_proxy_file, changed, fault);
    return result;
}

/* What the file's reader would call missing in a line that nobody wrote. */
static enum result check_whole(const struct duo_profile *profile, const char *svm, struct fault *fault)
{
    const char *missing = profile->api_host[0] == '\0'          ? "api_host"
                          : profile->integration_key[0] == '\0' ? "integration_key"
                          : profile->secret_key[0] == '\0'      ? "secret_key_file"
                                                                : NULL;

    if (missing == NULL)
        return RESULT_DONE;
    fault_set(fault, "SVM \"%.64s\": duo: %s is missing, and there is no profile yet that has one", svm, missing);
    return RESULT_INVALID;
}

static enum result check_later(const struct pass *pass, const struct document_duo *from,
                               const struct duo_profile *profile, struct fault *fault)
{
    if ((document_has(&pass->document, from, "ca_file") != NULL && duo_check_ca_file(profile->ca_file, fault) != 0) ||
        (document_has(&pass->document, from, "username_format") != NULL &&
         duo_user_check_format(profile->username_format, fault) != 0))
        return RESULT_INVALID;
    return RESULT_DONE;
}

/* The lists, whose items have names of their own. *CHANGED: something is different. */
static enum result merge_lists(const struct pass *pass, struct document_svm *from, struct duo_profile *profile,
                               bool *changed, struct fault *fault)
{
    static const char *const names[] = {[DUO_GROUPS] = "groups", [DUO_ENTITIES] = "entities"};
    const size_t before = pass->report->count;

    for (enum duo_list list = DUO_GROUPS; list <= DUO_ENTITIES; list++) {
        const struct duo_list_merge merge = {.document = &pass->document, .svm = from->svm.name,
                                             .prune = pass->order->prune, .report = pass->report};

        if ((pass->order->prune || document_has(&pass->document, from, names[list]) != NULL) &&
            duo_list_merge(&merge, list, &from->duo.profile, profile, fault) != 0)
            return RESULT_FAILED;
    }
    *changed = pass->report->count > before;
    return RESULT_DONE;
}

/* With EDIT begun. */
static enum result change_duo(const struct pass *pass, struct document_svm *from, struct duo_edit *edit,
                              struct fault *fault)
{
    const char *svm = from->svm.name;
    char changed[CHANGED_SIZE] = "";
    bool lists = false;
    enum result result = RESULT_FAILED;

    if (document_move(&pass->document, &from->duo, &edit->profile, changed, sizeof changed, fault) == 0)
        result = take_secrets(pass, &from->duo, &edit->profile, changed, fault);
    if (result == RESULT_DONE)
        result = check_whole(&edit->profile, svm, fault);
    if (result == RESULT_DONE)
        result = check_later(pass, &from->duo, &edit->profile, fault);
    if (result != RESULT_DONE)
        return result;
    if (edit->found != FOUND)
        report_line(pass->report, "duo of svm %s: made", svm);
    else if (changed[0] != '\0')
        report_line(pass->report, "duo of svm %s: set %s", svm, changed);
    result = merge_lists(pass, from, &edit->profile, &lists, fault);
    if (result == RESULT_DONE && (edit->found != FOUND || changed[0] != '\0' || lists))
        result = duo_edit_write(edit, fault);
    return result;
}

static enum result apply_duo(const struct pass *pass, struct document_svm *from, struct fault *fault)
{
    const struct document *document = &pass->document;
    struct duo_edit edit;
    enum result result;
    bool wanted = document_has(document, from, "duo") != NULL;

    result = pass->dry ? duo_edit_try(&edit, pass->host, from->svm.name, fault)
                       : duo_edit_begin(&edit, pass->host, from->svm.name, fault);
    if (result == RESULT_DONE && !wanted && edit.found != FOUND &&
        from->duo.profile.groups.count + from->duo.profile.entities.count > 0) {
        fault_set(fault, "SVM \"%.64s\" has groups or entities, and no duo to go with them", from->svm.name);
        result = RESULT_INVALID;
    } else if (result == RESULT_DONE && !wanted && pass->order->prune && edit.found == FOUND) {
        report_line(pass->report, "duo of svm %s: removed", from->svm.name);
        if (!pass->dry && file_remove(&edit.place.dir, "duo.conf", fault) != 0)
            result = RESULT_FAILED;
    } else if (result == RESULT_DONE && (wanted || edit.found == FOUND))
        result = change_duo(pass, from, &edit, fault);
    duo_edit_end(&edit);
    return result;
}

static bool has_svm(const struct document *document, const char *name)
{
    const struct document_svm *svms = document->svms.items;

    for (size_t i = 0; i < document->svms.count; i++)
        if (strcmp(svms[i].svm.name, name) == 0)
            return true;
    return false;
}

/* Removes the SVMs that the document does not have. One with enrolments is a fault. */
static enum result prune_svms(const struct pass *pass, struct fault *fault)
{
    enum result result = RESULT_DONE;
    struct svm_names names;

    if (svm_names_read(pass->host, &names, fault) != 0)
        return RESULT_FAILED;
    for (size_t i = 0; i < names.count && result == RESULT_DONE; i++) {
        if (strcmp(names.names[i], "cluster") == 0 || has_svm(&pass->document, names.names[i]))
            continue;
        if (!pass->dry)
            result = admin_svm_delete(pass->host, names.names[i], false, fault);
        if (result == RESULT_DONE)
            report_line(pass->report, "svm %s: removed", names.names[i]);
    }
    svm_names_free(&names);
    return result;
}

/* One pass over the document. */
static enum result run_pass(const struct host *host, const struct apply_order *order, bool dry, struct report *report,
                            struct fault *fault)
{
    struct pass pass = {.host = host, .order = order, .report = report, .dry = dry};
    enum result result = RESULT_DONE;

    if (document_read(&pass.document, order->path, order->text, order->length, fault) != 0)
        result = RESULT_INVALID;
    for (size_t i = 0; i < pass.document.svms.count && result == RESULT_DONE; i++) {
        struct document_svm *from = (struct document_svm *)pass.document.svms.items + i;

        result = apply_svm(&pass, from, fault);
        if (result == RESULT_DONE)
            result = apply_duo(&pass, from, fault);
    }
    if (result == RESULT_DONE && order->prune)
        result = prune_svms(&pass, fault);
    document_free(&pass.document);
    return result;
}

static void say_nothing(void *context, const char *text)
{
    (void)context;
    (void)text;
}

enum result apply_run(const struct host *host, const struct apply_order *order, struct report *report,
                      struct fault *fault)
{
    struct report silent = {.line = say_nothing};
    enum result result = run_pass(host, order, true, order->dry_run ? report : &silent, fault);

    return result == RESULT_DONE && !order->dry_run ? run_pass(host, order, false, report, fault) : result;
}
