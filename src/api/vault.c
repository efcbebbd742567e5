/* SPDX-License-Identifier: BSD-2-Clause */
/* Vault's /sys/mfa/method/duo/:name, where :name is an SVM: the same profiles as ONTAP's API, by other names. */
#include "api/resources.h"

#include "admin/admin_duo.h"
#include "records/json.h"

#include <stdint.h>
#include <string.h>

/* The fields of a body, and the settings they are. `always`: what is not given goes back to what it starts as. */
static const struct {
    const char *name, *setting;
    bool required, always;
} known[] = {
    {"mount_accessor", "mount_accessor", true, false}, {"username_format", "username_format", false, true},
    {"secret_key", "secret_key", false, false},        {"integration_key", "integration_key", false, false},
    {"api_hostname", "api_host", false, false},        {"push_info", "push_info", false, true},
};

#define KNOWN (sizeof known / sizeof *known)

static void vault_failed(struct request *request, enum result result, const struct fault *fault)
{
    if (result == RESULT_INVALID || result == RESULT_NOT_THERE)
        reply_error(&request->reply, result == RESULT_INVALID ? REPLY_INVALID : REPLY_NOT_THERE, NULL, "%s",
                    fault->text);
    else
        reply_fault(&request->reply, fault);
}

static int read_settings(struct request *request, struct setting *settings, size_t *count)
{
    const struct member *unused;

    for (size_t i = 0; i < KNOWN; i++) {
        const struct member *member = body_find(&request->body, known[i].name);

        if (member != NULL && member->type != MEMBER_STRING)
            return reply_error(&request->reply, REPLY_INVALID, NULL, "%s must be a string", known[i].name);
        if (known[i].required && (member == NULL || member->text[0] == '\0'))
            return reply_error(&request->reply, REPLY_INVALID, NULL, "%s is missing", known[i].name);
        if (member != NULL || known[i].always)
            settings[(*count)++] = (struct setting){known[i].setting, member != NULL ? member->text : ""};
    }
    unused = body_unused(&request->body);
    if (unused != NULL)
        return reply_error(&request->reply, REPLY_UNEXPECTED, NULL, "unexpected field %.100s", unused->name);
    return 0;
}

/* What is there is changed, what is not is made. */
static void put(struct request *request, const char *svm)
{
    struct setting settings[KNOWN];
    enum result result;
    struct fault fault;
    size_t count = 0;

    if (read_settings(request, settings, &count) != 0)
        return;
    result = admin_duo_modify(&request->host, svm, settings, count, &fault);
    if (result == RESULT_NOT_THERE)
        result = admin_duo_create(&request->host, svm, settings, count, &fault);
    if (result == RESULT_DONE)
        reply_empty(&request->reply, 204);
    else
        vault_failed(request, result, &fault);
}

struct found_method {
    FILE *out;
    const char *svm;
    bool found;
};

static void print(const struct found_method *method, const struct record *record, const char *name, const char *field,
                  const char *end)
{
    struct record *mutable = (struct record *)(uintptr_t)record;
    const struct value *value = record_at(mutable, field);

    fprintf(method->out, "    \"%s\": ", name);
    json_string(method->out, value->type == VALUE_STRING ? value->texts[0] : "");
    fputs(end, method->out);
}

static int print_method(void *context, const struct query *query, const struct record *record, struct fault *fault)
{
    struct found_method *method = context;

    (void)query;
    (void)fault;
    fputs("{\n  \"data\": {\n", method->out);
    print(method, record, "api_hostname", "api_host", ",\n");
    print(method, record, "id", "owner.uuid", ",\n");
    print(method, record, "integration_key", "integration_key", ",\n");
    print(method, record, "mount_accessor", "mount_accessor", ",\n");
    print(method, record, "name", "owner.name", ",\n");
    print(method, record, "pushinfo", "push_info", ",\n");
    fputs("    \"type\": \"duo\",\n", method->out);
    print(method, record, "username_format", "username_format", "\n  }\n}\n");
    method->found = true;
    return 0;
}

static void get(struct request *request, const char *svm)
{
    struct found_method method = {.out = request->reply.out, .svm = svm};
    struct query query;
    struct query_run run = {.query = &query, .put = print_method, .context = &method};
    struct report problems = {.line = resource_log_problem};
    const struct show show = {.host = &request->host, .run = &run, .problems = &problems};
    char pattern[NAME_SIZE + 2];
    struct fault fault;
    int result = -1;

    snprintf(pattern, sizeof pattern, "\"%s\"", svm);
    query_init(&query, admin_duo_fields, false);
    /* A name with a quote in it is no SVM's that this API can tell. */
    if (strchr(svm, '"') == NULL && strchr(svm, '\\') == NULL && name_is_valid(svm) &&
        query_show(&query, "*", &fault) == 0 && query_filter(&query, "owner.name", pattern, &fault) == 0) {
        result = admin_duo_show(&show, &fault);
        if (query_finish(&run, result != 0, &fault) != 0 || result != 0)
            reply_fault(&request->reply, &fault);
    }
    if (result == 0 || !method.found) {
        if (!method.found)
            reply_error(&request->reply, REPLY_NOT_THERE, NULL, "no such method");
    }
    query_free(&query);
}

void vault_serve(struct request *request, const char *svm)
{
    struct fault fault;
    enum result result;

    if (!request->is_root) {
        reply_error(&request->reply, REPLY_DENIED, NULL, "permission denied");
        return;
    }
    switch (request->method) {
    case METHOD_GET: get(request, svm); return;
    case METHOD_POST: put(request, svm); return;
    case METHOD_DELETE:
        result = admin_duo_delete(&request->host, svm, &fault);
        if (result == RESULT_DONE || result == RESULT_NOT_THERE)
            reply_empty(&request->reply, 204); /* it is gone, as asked */
        else
            vault_failed(request, result, &fault);
        return;
    case METHOD_PATCH:
    case METHOD_OTHER: break;
    }
    strcpy(request->reply.answer->allow, "GET, POST, DELETE");
    reply_error(&request->reply, REPLY_METHOD, NULL, "unsupported operation");
}
