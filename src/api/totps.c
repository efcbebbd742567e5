/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TOTP profiles.
 *
 * What MUST hold: a profile is made by its user and by nobody else, root included; who is not root removes one with a
 * code of it, under the same throttle as a login; the answer to a creation is the only one that ever holds a secret.
 * What MUST NOT happen: a profile replaced: for that there is mfa-enroll --replace, which asks for a code.
 */
#include "api/resources.h"

#include "admin/admin_totp.h"
#include "admin/enrolment_record.h"
#include "api/collection.h"
#include "api/render.h"
#include "base/text.h"
#include "gateway/worker.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct record_field *const fields = admin_totp_fields;
static const char *const settings_known[] = {"comment", "enabled", NULL};
static const char *const order[] = {"owner.name", "account.name", NULL};

/* What a creation is made of. It outlives its request, to be undone. */
struct creation {
    struct account account;
    struct svm svm;
    struct store *store;
    struct permit permit;
    struct enrolment enrolment;
    const char *comment; /* the request's */
};

static void creation_free(void *kept)
{
    struct creation *creation = kept;

    enrolment_wipe(&creation->enrolment);
    store_close(creation->store);
    svm_free(&creation->svm);
    free(creation);
}

/* A secret that nobody has seen is no enrolment: takes the profile away, as long as it is the one that was made. */
static bool creation_undo(void *kept)
{
    const struct creation *creation = kept;
    const struct store_owner owner = store_owner(&creation->account);
    struct fault fault;

    if (enrolment_remove(creation->store, &owner, &creation->enrolment.profile, &fault) == 0)
        return true;
    resource_log_problem(NULL, fault.text);
    return false;
}

/* Answers with what was made. -1: it could not be told, and must not have been made. */
static int print_created(struct request *request, const struct creation *creation, const char *uri, long long now)
{
    struct answer *answer = request->reply.answer;
    FILE *out = request->reply.out;
    struct record record;
    int result = -1;

    enrolment_record(&record, &creation->svm, &creation->enrolment.profile);
    enrolment_record_secrets(&record, &creation->enrolment, uri, now);
    if (!record.incomplete && render_path(&resource_totps, &record, answer->location, sizeof answer->location) == 0) {
        fputs("{\n  \"num_records\": 1,\n  \"records\": [\n    ", out);
        render_record(out, &resource_totps, &record, NULL, request->hal, 4);
        fputs("\n  ]\n}\n", out);
        answer->status = 201;
        answer->secret = true;
        answer->hal = request->hal;
        result = fflush(out) == 0 ? 0 : -1;
    }
    record_free(&record);
    return result;
}

/* Stores what was made, and tells it. If the client does not get to know it, the profile goes again. */
static void store_and_tell(struct request *request, struct creation *creation, const char *uri, long long now)
{
    const struct store_owner owner = store_owner(&creation->account);
    struct reply *reply = &request->reply;
    struct fault fault;

    if (enrolment_save(creation->store, &owner, &creation->permit, &creation->enrolment, &fault) != 0) {
        if (fault.class == FAULT_CONFLICT)
            reply_error(reply, REPLY_EXISTS, "account.name", "entry exists already");
        else
            reply_fault(reply, &fault);
        return;
    }
    if (print_created(request, creation, uri, now) == 0) {
        reply->answer->undo = creation_undo;
        return;
    }
    reply_error(reply, REPLY_FAILED, NULL, creation_undo(creation)
                                               ? "out of memory; nothing was made"
                                               : "out of memory; the profile was made, have it removed");
}

/* Whether the person may make a key; else it is answered. Duo may have to be asked, and its user to look for the phone. */
static bool has_leave(struct request *request, struct creation *creation)
{
    struct fault fault;
    enum permit_answer answer;

    worker_pause();
    answer = permit_ask(&request->host, &creation->svm, &request->caller, -1, &creation->permit, &fault);
    if (worker_resume() != 0)
        reply_error(&request->reply, REPLY_FAILED, NULL, "the gateway has ended");
    else if (answer != PERMIT_GRANTED)
        reply_error(&request->reply, REPLY_DENIED, NULL, "not authorized: %s", fault.text);
    else
        return true;
    return false;
}

static void create(struct request *request, struct creation *creation)
{
    long long now = (long long)time(NULL);
    struct enrolment *enrolment = &creation->enrolment;
    struct reply *reply = &request->reply;
    char uri[ENROLMENT_URI_SIZE], issuer[NAME_SIZE], label[NAME_SIZE];
    const struct store_owner owner = store_owner(&request->caller);
    struct store_entry present;
    struct fault fault;

    enrolment_issuer(&creation->svm, issuer);
    enrolment_label(&request->caller, label);
    if (store_read(creation->store, &owner, &present, &fault) != 0)
        reply_fault(reply, &fault);
    else if (present.enrolled)
        reply_error(reply, REPLY_EXISTS, "account.name", "entry exists already");
    else if (!has_leave(request, creation))
        ;
    else if (enrolment_new(&creation->svm, &request->caller, NULL, creation->comment, now, enrolment, &fault) != 0)
        reply_error(reply, REPLY_INVALID, "comment", "%s", fault.text);
    else if (enrolment_uri(enrolment, issuer, label, uri, &fault) != 0)
        reply_fault(reply, &fault);
    else {
        store_and_tell(request, creation, uri, now);
        crypto_wipe(uri, sizeof uri);
    }
}

/* The fields beside the owner. -1: answered already. */
static int read_fields(struct request *request, const struct svm *svm, const char **comment)
{
    const struct member *given = body_find(&request->body, "comment");
    const struct member *enabled = body_find(&request->body, "enabled");
    const struct member *scope = body_find(&request->body, "scope");
    const struct member *fingerprint = body_find(&request->body, "sha_fingerprint"); /* says nothing: there is no key yet */
    const struct member *unused = body_unused(&request->body);
    struct reply *reply = &request->reply;
    bool on = false;

    if (unused != NULL)
        return reply_error(reply, REPLY_UNEXPECTED, unused->name, "unexpected body field \"%.100s\"", unused->name);
    if (given != NULL && given->type != MEMBER_STRING)
        return reply_error(reply, REPLY_INVALID, "comment", "comment has another type than expected: a string");
    if (fingerprint != NULL && fingerprint->type != MEMBER_STRING)
        return reply_error(reply, REPLY_INVALID, "sha_fingerprint",
                           "sha_fingerprint has another type than expected: a string");
    if (enabled != NULL && ((enabled->type != MEMBER_BOOLEAN && enabled->type != MEMBER_INTEGER) ||
                            !value_parse_boolean(enabled->text, &on)))
        return reply_error(reply, REPLY_TOTP_ENABLED, "enabled", "enabled has an invalid value");
    if (enabled != NULL && !on)
        return reply_error(reply, REPLY_TOTP_ADMIN, "enabled", "only an administrator may change enabled");
    if (scope != NULL && strcmp(scope->text, svm_scope_words[svm->scope]) != 0)
        return reply_error(reply, REPLY_INVALID, "scope", "scope is not that of the SVM");
    *comment = given == NULL ? "" : given->text;
    return 0;
}

static void post(struct request *request, const struct resource *resource)
{
    const char *records = target_parameter(&request->target, "return_records");
    const struct member *account;
    char name[NAME_SIZE], uuid[37];
    struct creation *creation;
    bool wants_records;
    struct fault fault;

    (void)resource;
    if (resource_has_unexpected(request))
        return;
    if (records != NULL && value_parse_boolean(records, &wants_records) && !wants_records) {
        reply_error(&request->reply, REPLY_INVALID, "return_records",
                    "return_records must not be false: nothing but this answer ever shows the key");
        return;
    }
    account = body_find(&request->body, "account.name");
    if (account == NULL || account->type != MEMBER_STRING) {
        reply_error(&request->reply, REPLY_INVALID, "account.name", "account.name is missing, or no string");
        return;
    }
    if (request->caller.name[0] == '\0' || strcmp(account->text, request->caller.name) != 0) {
        reply_error(&request->reply, REPLY_DENIED, "account.name",
                    "not authorized: everyone makes their own TOTP profile, and nobody another's");
        return;
    }
    if (resource_owner(request, name, uuid) != 0)
        return;
    creation = calloc(1, sizeof *creation);
    if (creation != NULL)
        creation->account = request->caller;
    if (creation == NULL)
        reply_error(&request->reply, REPLY_FAILED, NULL, "out of memory");
    else if (svm_read(&request->host, name, &creation->svm, &fault) != 0 ||
             (creation->store = store_open(&request->host, name, &fault)) == NULL)
        reply_fault(&request->reply, &fault);
    else if (read_fields(request, &creation->svm, &creation->comment) != 0)
        ;
    else if (!svm_has_factor(&creation->svm, FACTOR_TOTP))
        reply_error(&request->reply, REPLY_TOTP_NOT_USED, NULL, "TOTP is not configured for the user");
    else
        create(request, creation);
    if (creation == NULL)
        return;
    request->reply.answer->kept = creation;
    request->reply.answer->drop = creation_free;
}

static long long seconds_now(void)
{
    return (long long)time(NULL);
}

/* Whether CODE, which the user has, allows what they ask for; else it is answered. */
static bool redeem(struct request *request, const struct store *store, const struct svm *svm, const char *code)
{
    const struct store_owner owner = store_owner(&request->caller);
    char response[64], text[160];
    struct redeemed redeemed;
    struct fault fault;
    enum found found;

    if (text_trim(response, sizeof response, code) != 0)
        response[0] = '\0';
    found = redeem_code(store, &owner, (unsigned int)svm->totp.window, response, seconds_now, &redeemed, &fault);
    crypto_wipe(response, sizeof response);
    if (found == FOUND && attempt_accepts(redeemed.attempt.result))
        return true;
    redeemed_text(&redeemed, text, sizeof text);
    if (found == FOUND_FAULT)
        reply_fault(&request->reply, &fault);
    else if (found == FOUND_NOTHING)
        reply_error(&request->reply, REPLY_NOT_THERE, "account.name", "entry doesn't exist");
    else
        reply_error(&request->reply, REPLY_DENIED, "code", "%s",
                    text[0] != '\0' ? text : redeemed.disabled ? "the profile is disabled" : "the code is not accepted");
    return false;
}

static void remove_from(struct request *request, const char *svm_name, const char *code)
{
    const struct store_owner owner = store_owner(&request->caller);
    struct store *store = NULL;
    struct store_entry entry;
    struct fault fault;
    struct svm svm;

    if (svm_read(&request->host, svm_name, &svm, &fault) != 0) {
        reply_fault(&request->reply, &fault);
        return;
    }
    store = store_open(&request->host, svm_name, &fault);
    if (store == NULL || store_read(store, &owner, &entry, &fault) != 0)
        reply_fault(&request->reply, &fault);
    else if (redeem(request, store, &svm, code)) {
        if (enrolment_remove(store, &owner, &entry.profile, &fault) != 0)
            reply_fault(&request->reply, &fault);
        else
            reply_empty(&request->reply, 200);
    }
    store_close(store);
    svm_free(&svm);
}

/* A user's own profile goes for a code of it. */
static void remove_own(struct request *request, const struct resource *resource, const char *const *segments,
                       size_t count)
{
    const struct member *code = body_find(&request->body, "code"), *unused = body_unused(&request->body);
    struct collection_item *items = NULL;
    size_t item_count = 0;

    if (resource_has_unexpected(request))
        return;
    if (unused != NULL)
        reply_error(&request->reply, REPLY_UNEXPECTED, unused->name, "unexpected body field \"%.100s\"", unused->name);
    else if (code == NULL || code->type != MEMBER_STRING || code->text[0] == '\0')
        reply_error(&request->reply, REPLY_INVALID, "code",
                    "code is missing: a verification code or an emergency code, as a string");
    else if (collection_find(request, resource, segments, count, &items, &item_count) != 0)
        ;
    else if (item_count == 0)
        reply_error(&request->reply, REPLY_NOT_THERE, "account.name", "entry doesn't exist");
    else
        remove_from(request, items[0].svm, code->text);
    free(items);
}

static void change(struct request *request, const struct resource *resource, const char *const *segments, size_t count)
{
    const struct member *enabled;
    bool on;

    if (request->method == METHOD_DELETE && !request->is_root && count == 0) {
        reply_error(&request->reply, REPLY_DENIED, NULL, "not authorized: name the profile in the path");
        return;
    }
    if (request->method == METHOD_DELETE && !request->is_root) {
        remove_own(request, resource, segments, count);
        return;
    }
    enabled = request->method == METHOD_PATCH ? body_find(&request->body, "enabled") : NULL;
    if (enabled != NULL && !request->is_root)
        reply_error(&request->reply, REPLY_TOTP_ADMIN, "enabled", "only an administrator may change enabled");
    else if (enabled != NULL && ((enabled->type != MEMBER_BOOLEAN && enabled->type != MEMBER_INTEGER) ||
                                 !value_parse_boolean(enabled->text, &on)))
        reply_error(&request->reply, REPLY_TOTP_ENABLED, "enabled", "enabled has an invalid value");
    else
        resource_change(request, resource, segments, count);
}

const struct resource resource_totps = {
    .path = "/api/security/login/totps",
    .fields = &fields,
    .settings = settings_known,
    .keys = {"owner.uuid", "account.name"},
    .order = order,
    .is_shown_in_order = true,
    .methods = METHOD_GET | METHOD_POST | METHOD_PATCH | METHOD_DELETE,
    .record_methods = METHOD_GET | METHOD_PATCH | METHOD_DELETE,
    .open_methods = METHOD_GET | METHOD_POST | METHOD_PATCH | METHOD_DELETE,
    .show = admin_totp_show,
    .modify = admin_totp_modify,
    .remove = admin_totp_delete,
    .post = post,
    .change = change,
    .patch_not_there = REPLY_TOTP_NOT_THERE,
    .self = "account.name",
};
