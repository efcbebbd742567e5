/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: who may do what is decided here, before anything is looked up, so that an answer tells nobody what
 * they may not know; a body is understood whole before anything changes.
 */
#include "api/resource.h"

#include "admin/admin_svm.h"
#include "api/collection.h"
#include "api/render.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>

void resource_log_problem(void *context, const char *text)
{
    (void)context;
    syslog(LOG_WARNING, "%s", text);
}

static const struct {
    enum method method;
    const char *name;
} methods[] = {{METHOD_GET, "GET"}, {METHOD_POST, "POST"}, {METHOD_PATCH, "PATCH"}, {METHOD_DELETE, "DELETE"}};

static void method_not_allowed(struct request *request, unsigned int allowed)
{
    char *allow = request->reply.answer->allow;

    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if ((allowed & methods[i].method) != 0) {
            strcat(allow, allow[0] != '\0' ? ", " : "");
            strcat(allow, methods[i].name);
        }
    }
    reply_error(&request->reply, REPLY_METHOD, NULL, "the method is none of those that this path takes: %s", allow);
}

void resource_failed(struct request *request, enum result result, const struct fault *fault)
{
    const char *target = fault->field[0] != '\0' ? fault->field : NULL;
    struct reply *reply = &request->reply;

    switch (result) {
    case RESULT_DONE: break;
    case RESULT_FAILED: reply_fault(reply, fault); break;
    case RESULT_INVALID: reply_error(reply, REPLY_INVALID, target, "%s", fault->text); break;
    case RESULT_EXISTS: reply_error(reply, REPLY_EXISTS, target, "entry exists already"); break;
    case RESULT_NOT_THERE: reply_error(reply, REPLY_NOT_THERE, target, "entry doesn't exist"); break;
    }
}

bool resource_has_unexpected(struct request *request)
{
    for (size_t i = 0; i < request->target.parameter_count; i++) {
        const struct parameter *parameter = &request->target.parameters[i];
        bool on;

        if (strcmp(parameter->name, "return_timeout") == 0)
            continue;
        if (strcmp(parameter->name, "return_records") == 0) {
            if (value_parse_boolean(parameter->value, &on))
                continue;
            reply_error(&request->reply, REPLY_INVALID, "return_records",
                        "return_records is \"%.64s\", expected true or false", parameter->value);
            return true;
        }
        reply_error(&request->reply, REPLY_UNEXPECTED, parameter->name, "unexpected query field \"%.100s\"",
                    parameter->name);
        return true;
    }
    return false;
}

/* The SVM with the uuid TEXT. */
struct search {
    const char *uuid;
    char name[NAME_SIZE];
};

static int compare_uuid(void *context, const struct query *query, const struct record *record, struct fault *fault)
{
    const struct value *uuid = &record->values[0], *name = &record->values[1];
    struct search *search = context;

    (void)query;
    (void)fault;
    if (uuid->type == VALUE_STRING && name->type == VALUE_STRING && strcasecmp(uuid->texts[0], search->uuid) == 0)
        snprintf(search->name, sizeof search->name, "%s", name->texts[0]);
    return 0;
}

static int name_of_uuid(struct request *request, const char *uuid, char name[NAME_SIZE])
{
    struct search search = {.uuid = uuid};
    struct query query;
    struct query_run run = {.query = &query, .put = compare_uuid, .context = &search};
    struct report problems = {.line = resource_log_problem};
    const struct show show = {.host = &request->host, .run = &run, .problems = &problems};
    struct fault fault;
    int result;

    query_init(&query, admin_svm_fields, false);
    result = admin_svm_show(&show, &fault);
    if (query_finish(&run, result != 0, &fault) != 0 || result != 0)
        result = reply_fault(&request->reply, &fault);
    else if (search.name[0] == '\0')
        result = reply_error(&request->reply, REPLY_NOT_THERE, "owner.uuid", "entry doesn't exist");
    query_free(&query);
    strcpy(name, search.name);
    return result;
}

int resource_owner(struct request *request, char name[NAME_SIZE], char uuid[37])
{
    const struct member *by_name = body_find(&request->body, "owner.name");
    const struct member *by_uuid = body_find(&request->body, "owner.uuid");
    struct fault fault;
    struct svm svm;

    if ((by_name != NULL && by_name->type != MEMBER_STRING) || (by_uuid != NULL && by_uuid->type != MEMBER_STRING))
        return reply_error(&request->reply, REPLY_INVALID, "owner", "owner.name and owner.uuid must be strings");
    if (by_uuid != NULL && name_of_uuid(request, by_uuid->text, name) != 0)
        return -1;
    if (by_uuid != NULL && by_name != NULL && strcmp(name, by_name->text) != 0)
        return reply_error(&request->reply, REPLY_INVALID, "owner.uuid", "owner.name and owner.uuid are of two SVMs");
    if (by_uuid == NULL && by_name != NULL && !name_is_valid(by_name->text))
        return reply_error(&request->reply, REPLY_NOT_THERE, "owner.name", "entry doesn't exist");
    if (by_uuid == NULL)
        snprintf(name, NAME_SIZE, "%s", by_name != NULL ? by_name->text : "cluster");
    switch (admin_svm_read(&request->host, name, &svm, &fault)) {
    case RESULT_DONE:
        snprintf(uuid, 37, "%s", svm.uuid);
        svm_free(&svm);
        return 0;
    case RESULT_NOT_THERE:
        return reply_error(&request->reply, REPLY_NOT_THERE, "owner.name", "entry doesn't exist");
    case RESULT_FAILED:
    case RESULT_INVALID:
    case RESULT_EXISTS: break;
    }
    return reply_fault(&request->reply, &fault);
}

/* What a value of TYPE is called, if MEMBER is none; a boolean may also be written 1 or 0. */
static const char *expected(enum value_type type, const struct member *member)
{
    bool switches = member->type == MEMBER_BOOLEAN || member->type == MEMBER_INTEGER;

    if (strcmp(member->name, "push_info") == 0)
        return member->type == MEMBER_STRING || switches ? NULL : "true, false or a string";
    switch (type) {
    case VALUE_UNSET:
    case VALUE_STRING: return member->type == MEMBER_STRING ? NULL : "a string";
    case VALUE_INTEGER: return member->type == MEMBER_INTEGER ? NULL : "a whole number";
    case VALUE_BOOLEAN: return switches ? NULL : "true or false";
    case VALUE_STRINGS: return member->type == MEMBER_STRINGS ? NULL : "a list of strings";
    case VALUE_MAP: break;
    }
    return "a value that this API can set";
}

int resource_settings(struct request *request, const struct record_field *fields, const char *const *names,
                      struct setting *settings, size_t *count)
{
    const struct member *unused;

    *count = 0;
    for (size_t i = 0; names[i] != NULL; i++) {
        const struct member *member = body_find(&request->body, names[i]);
        const char *key, *wanted;
        int field;

        if (member == NULL)
            continue;
        field = record_find(fields, names[i], &key);
        wanted = expected(field < 0 ? VALUE_STRING : fields[field].type, member);
        if (wanted != NULL)
            return reply_error(&request->reply, REPLY_INVALID, names[i], "%s has another type than expected: %s",
                               names[i], wanted);
        settings[(*count)++] = (struct setting){names[i], member->text};
    }
    unused = body_unused(&request->body);
    if (unused == NULL)
        return 0;
    return reply_error(&request->reply, REPLY_UNEXPECTED, unused->name, "unexpected body field \"%.100s\"",
                       unused->name);
}

static bool wants_records(const struct request *request)
{
    const char *text = target_parameter(&request->target, "return_records");
    bool on;

    return text != NULL && value_parse_boolean(text, &on) && on;
}

/* Answers a POST that made the record NAME of the SVM with UUID. */
static void created(struct request *request, const struct resource *resource, const char *svm, const char *uuid,
                    const char *name)
{
    struct answer *answer = request->reply.answer;
    char encoded[3 * NAME_SIZE + 1] = "";
    FILE *out = request->reply.out;

    if (name[0] != '\0' && target_encode(encoded, sizeof encoded, name) != 0)
        encoded[0] = '\0';
    answer->status = 201;
    snprintf(answer->location, sizeof answer->location, "%s/%s%s%s", resource->path, uuid, name[0] != '\0' ? "/" : "",
             encoded);
    if (!wants_records(request)) {
        reply_empty(&request->reply, 201);
        return;
    }
    fputs("{\n  \"num_records\": 1,\n  \"records\": [\n    ", out);
    if (collection_print(request, resource, svm, name) != 0)
        return;
    fputs("\n  ]\n}\n", out);
    answer->hal = request->hal;
}

/* `fingerprint` and `status` are in the example of a POST. The one must be right, the other says nothing yet. */
static int take_example(struct request *request)
{
    const struct member *fingerprint = body_find(&request->body, "fingerprint");
    const struct member *secret = body_find(&request->body, "secret_key");
    char hex[65] = "";

    body_find(&request->body, "status");
    if (fingerprint == NULL)
        return 0;
    if (secret != NULL && crypto_sha256_hex(secret->text, strlen(secret->text), hex) == 0 &&
        strcmp(hex, fingerprint->text) == 0)
        return 0;
    return reply_error(&request->reply, REPLY_INVALID, "fingerprint", "fingerprint is not that of secret_key");
}

static void post(struct request *request, const struct resource *resource)
{
    struct setting settings[RESOURCE_SETTINGS_MAX];
    char svm[NAME_SIZE], uuid[37];
    const char *name = "";
    struct fault fault = {.text = ""};
    size_t count;
    enum result result;

    if (resource_has_unexpected(request) || resource_owner(request, svm, uuid) != 0)
        return;
    if (resource->keys[1] != NULL) {
        const struct member *member = body_find(&request->body, resource->keys[1]);

        if (member == NULL || member->type != MEMBER_STRING || member->text[0] == '\0') {
            reply_error(&request->reply, REPLY_INVALID, resource->keys[1], "%s is missing, or no string",
                        resource->keys[1]);
            return;
        }
        name = member->text;
    } else if (take_example(request) != 0)
        return;
    if (resource_settings(request, *resource->fields, resource->settings, settings, &count) != 0)
        return;
    result = resource->create(&request->host, svm, name, settings, count, &fault);
    if (result == RESULT_DONE)
        created(request, resource, svm, uuid, name);
    else
        resource_failed(request, result, &fault);
}

void resource_change(struct request *request, const struct resource *resource, const char *const *segments,
                     size_t count)
{
    struct setting settings[RESOURCE_SETTINGS_MAX];
    struct collection_item *items = NULL;
    size_t setting_count = 0, item_count = 0, done = 0, gone = 0;
    enum result result = RESULT_DONE;
    struct fault fault = {.text = ""};
    static const char *const none[] = {NULL};

    if (count > 0 && resource_has_unexpected(request))
        return;
    if (resource_settings(request, *resource->fields, request->method == METHOD_PATCH ? resource->settings : none,
                          settings, &setting_count) != 0)
        return;
    if (collection_find(request, resource, segments, count, &items, &item_count) != 0)
        return;
    for (; done < item_count && result == RESULT_DONE; done++) {
        if (request->method == METHOD_PATCH)
            result = resource->modify(&request->host, items[done].svm, items[done].name, settings, setting_count,
                                      &fault);
        else
            result = resource->remove(&request->host, items[done].svm, items[done].name, &fault);
        /* Of what a query has found, something may be gone by now, as it would be had the query come later. */
        if (count == 0 && result == RESULT_NOT_THERE) {
            result = RESULT_DONE;
            gone++;
        }
    }
    free(items);
    if (result != RESULT_DONE)
        resource_failed(request, result, &fault);
    else if (count > 0 && item_count == 0)
        reply_error(&request->reply,
                    request->method == METHOD_PATCH ? resource->patch_not_there : REPLY_NOT_THERE,
                    resource->keys[count - 1], "entry doesn't exist");
    else if (count > 0)
        reply_empty(&request->reply, 200);
    else
        fprintf(request->reply.out, "{\n  \"num_records\": %zu\n}\n", done - gone);
}

static void get_one(struct request *request, const struct resource *resource, const char *const *segments, size_t count)
{
    for (size_t i = 0; i < request->target.parameter_count; i++) {
        const char *name = request->target.parameters[i].name;

        if (strcmp(name, "fields") != 0 && strcmp(name, "return_timeout") != 0) {
            reply_error(&request->reply, REPLY_UNEXPECTED, name, "unexpected query field \"%.100s\"", name);
            return;
        }
    }
    collection_get_one(request, resource, segments, count);
}

void resource_serve(struct request *request, const struct resource *resource, const char *const *segments,
                    size_t count)
{
    size_t keys = resource->keys[1] == NULL ? 1 : 2;
    unsigned int allowed = count == 0 ? resource->methods : resource->record_methods;

    if (count != 0 && count != keys)
        reply_error(&request->reply, REPLY_UNKNOWN_PATH, NULL, "there is nothing at this path");
    else if ((allowed & request->method) == 0)
        method_not_allowed(request, allowed);
    else if (!request->is_root && (resource->open_methods & request->method) == 0)
        reply_error(&request->reply, REPLY_DENIED, NULL, "not authorized: only root may do this");
    else if (!request->is_root && count > 1 && resource->self != NULL && strcmp(segments[1], request->caller.name) != 0)
        reply_error(&request->reply, REPLY_DENIED, NULL, "not authorized: this is not yours");
    else if (request->method == METHOD_GET && body_unused(&request->body) != NULL)
        reply_error(&request->reply, REPLY_UNEXPECTED, NULL, "a GET has no body");
    else if (request->method == METHOD_GET && count == 0)
        collection_get(request, resource);
    else if (request->method == METHOD_GET)
        get_one(request, resource, segments, count);
    else if (request->method == METHOD_POST)
        (resource->post != NULL ? resource->post : post)(request, resource);
    else if (resource->change != NULL)
        resource->change(request, resource, segments, count);
    else
        resource_change(request, resource, segments, count);
}
