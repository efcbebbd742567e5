/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The pam_mfa authors */
/*
 * Requests to the REST gateway, as far as no file is touched: method and target on the first line, a body behind it, over
 * a collection of five records in memory. Whatever comes, the answer is one JSON object, with an error's status or not.
 */
#include "api/collection.h"
#include "fuzz.h"
#include "api/resource.h"

#include "src/admin/admin_duo.h"

#include <jansson.h>
#include <time.h>

static const struct record_field *const fields = admin_duo_fields;
static const char *const order[] = {"owner.name", NULL};
static const char *const settings_known[] = {"api_host", "auto_push", "comment", "max_prompts", "push_info", NULL};

static int show(const struct show *what, struct fault *fault)
{
    int result = 0;

    for (int i = 0; i < 5 && result == 0; i++) {
        char name[16], uuid[48];
        struct record record = {.fields = fields};

        snprintf(name, sizeof name, "vs%d", i);
        snprintf(uuid, sizeof uuid, "5f618c80-d90a-11ed-a6e6-00000000000%d", i);
        record_set_string(&record, "owner.uuid", uuid);
        record_set_string(&record, "owner.name", name);
        if (i % 2 == 0)
            record_set_string(&record, "comment", i == 0 ? "a\"b\\c*|..\xc3\xa4\xff" : "second");
        record_set_integer(&record, "max_prompts", i % 3 + 1);
        record_set_boolean(&record, "auto_push", i % 2 != 0);
        result = query_offer(what->run, &record, fault);
    }
    return result < 0 ? -1 : 0;
}

static enum result make(const struct host *host, const char *svm, const char *name, const struct setting *settings,
                        size_t count, struct fault *fault)
{
    (void)host;
    (void)name;
    MUST(strlen(svm) < NAME_SIZE);
    for (size_t i = 0; i < count; i++)
        MUST(settings[i].value != NULL);
    if (count > 0 && settings[0].value[0] == '!') {
        fault_set(fault, "%s is bad", settings[0].name);
        return RESULT_INVALID;
    }
    return count > 1 ? RESULT_EXISTS : RESULT_DONE;
}

static enum result drop(const struct host *host, const char *svm, const char *name, struct fault *fault)
{
    (void)host;
    (void)name;
    (void)fault;
    MUST(svm[0] == 'v' && svm[1] == 's');
    return RESULT_DONE;
}

/* Without an owner to look up: POST makes what the body says in vs9. */
static void post(struct request *request, const struct resource *resource)
{
    struct setting settings[RESOURCE_SETTINGS_MAX];
    struct fault fault = {.text = ""};
    size_t count;

    if (resource_has_unexpected(request) ||
        resource_settings(request, *resource->fields, resource->settings, settings, &count) != 0)
        return;
    switch (make(NULL, "vs9", "", settings, count, &fault)) {
    case RESULT_DONE: reply_empty(&request->reply, 201); break;
    case RESULT_EXISTS: resource_failed(request, RESULT_EXISTS, &fault); break;
    default: resource_failed(request, RESULT_INVALID, &fault);
    }
}

static const struct resource resource = {
    .path = "/r", .fields = &fields, .settings = settings_known, .keys = {"owner.uuid"}, .order = order,
    .is_shown_in_order = true, .methods = METHOD_GET | METHOD_POST | METHOD_PATCH | METHOD_DELETE,
    .record_methods = METHOD_GET | METHOD_PATCH | METHOD_DELETE, .open_methods = METHOD_GET,
    .show = show, .modify = make, .remove = drop, .post = post, .patch_not_there = REPLY_NOT_THERE,
    .self = NULL,
};

/* Whether the next page, if there is one, is further on: such a walk ends. */
static void check_answer(const struct answer *answer)
{
    json_error_t error;
    json_t *root = json_loadb(answer->body, answer->length, JSON_REJECT_DUPLICATES, &error);

    MUST(root != NULL && json_is_object(root));
    MUST((answer->status >= 400) == (json_object_get(root, "error") != NULL));
    MUST(json_integer_value(json_object_get(root, "num_records")) <= 5);
    json_decref(root);
}

static void serve(struct request *request, const char *method, const char *target, const char *body, size_t length)
{
    struct fault fault;
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    request->deadline = (long long)now.tv_sec * 1000 + 5000;
    request->method = method[0] == 'G'   ? METHOD_GET
                      : method[0] == 'P' ? METHOD_POST
                      : method[0] == 'M' ? METHOD_PATCH
                      : method[0] == 'D' ? METHOD_DELETE
                                         : METHOD_OTHER;
    request->raw_target = target;
    request->hal = method[1] == '+';
    request->is_root = method[1] != '-';
    if (target_parse(&request->target, target, &fault) != 0 || body_parse(&request->body, body, length, &fault) != 0)
        reply_error(&request->reply, REPLY_INVALID, NULL, "%s", fault.text);
    else
        resource_serve(request, &resource, request->target.segments, request->target.segment_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), *end = memchr(text, '\n', size);
    struct request *request = calloc(1, sizeof *request);
    size_t head = end == NULL ? size : (size_t)(end - text);
    struct answer answer;

    MUST(request != NULL);
    if (head >= 2 && memchr(text, '\0', head) == NULL && reply_open(&request->reply, &answer) == 0) {
        if (end != NULL)
            *end = '\0';
        serve(request, text, text + 2, end == NULL ? "" : end + 1, end == NULL ? 0 : size - head - 1);
        MUST(reply_close(&request->reply) == 0);
        check_answer(&answer);
        answer_free(&answer);
    }
    body_free(&request->body);
    free(request);
    free(text);
    return 0;
}
