/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: an identifier is taken whole or not at all; a text may be cut.
 * What MUST NOT happen: two readings of one reply (duplicate keys are refused), or a word that is not known reading as
 * one that is.
 */
#include "helper/duo_reply.h"

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* `response` of a reply that says OK, borrowed from *ROOT, which the caller gives back. NULL: it is no such reply. */
static const json_t *open_reply(const char *data, size_t length, json_t **root)
{
    const char *stat;

    *root = json_loadb(data, length, JSON_REJECT_DUPLICATES, NULL);
    stat = json_string_value(json_object_get(*root, "stat"));
    return stat != NULL && strcmp(stat, "OK") == 0 ? json_object_get(*root, "response") : NULL;
}

/* The string KEY of OBJECT into OUT of SIZE bytes, cut if it is longer; "" if there is none. */
static void copy_text(char *out, size_t size, const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));

    snprintf(out, size, "%s", value != NULL ? value : "");
}

/* Likewise, but never cut: -1 if it is there and does not fit, or is no string. */
static int copy_id(char *out, size_t size, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    out[0] = '\0';
    if (value == NULL || json_is_null(value))
        return 0;
    if (!json_is_string(value) || json_string_length(value) >= size)
        return -1;
    strcpy(out, json_string_value(value));
    return 0;
}

static enum duo_result result_of(const json_t *response)
{
    static const struct {
        const char *word;
        enum duo_result result;
    } known[] = {
        {"auth", DUO_RESULT_AUTH},     {"allow", DUO_RESULT_ALLOW},     {"deny", DUO_RESULT_DENY},
        {"enroll", DUO_RESULT_ENROLL}, {"waiting", DUO_RESULT_WAITING},
    };
    const char *word = json_string_value(json_object_get(response, "result"));

    if (word == NULL)
        return DUO_RESULT_NONE;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(word, known[i].word) == 0)
            return known[i].result;
    return DUO_RESULT_UNKNOWN;
}

/* A device without an identifier, or that can do nothing here, is passed over. */
static void read_device(const json_t *entry, struct duo_preauth *preauth)
{
    static const char *const names[] = {"display_name", "name", "number"};
    struct duo_device *device = &preauth->devices[preauth->device_count];
    const json_t *capabilities = json_object_get(entry, "capabilities");

    *device = (struct duo_device){0};
    if (copy_id(device->id, sizeof device->id, entry, "device") != 0 || device->id[0] == '\0')
        return;
    for (size_t i = 0; device->name[0] == '\0' && i < sizeof names / sizeof *names; i++)
        copy_text(device->name, sizeof device->name, entry, names[i]);
    for (size_t i = 0; i < json_array_size(capabilities); i++) {
        const char *word = json_string_value(json_array_get(capabilities, i));

        device->push = device->push || (word != NULL && strcmp(word, "push") == 0);
        device->phone = device->phone || (word != NULL && strcmp(word, "phone") == 0);
        device->sms = device->sms || (word != NULL && strcmp(word, "sms") == 0);
    }
    if (device->push || device->phone || device->sms)
        preauth->device_count++;
}

/* The factors of a ready menu, but for `default`, which stands for one of the others. */
static int read_factors(const json_t *factors, struct duo_preauth *preauth)
{
    const char *key;
    const json_t *value;
    void *iterator;

    for (iterator = json_object_iter((json_t *)(uintptr_t)factors); iterator != NULL;
         iterator = json_object_iter_next((json_t *)(uintptr_t)factors, iterator)) {
        struct duo_factor *factor = &preauth->factors[preauth->factor_count];

        key = json_object_iter_key(iterator);
        value = json_object_iter_value(iterator);
        if (strcmp(key, "default") == 0)
            continue;
        if (preauth->factor_count == DUO_FACTORS_MAX || !json_is_string(value) || key[0] == '\0' ||
            strlen(key) >= sizeof factor->key || json_string_length(value) == 0 ||
            json_string_length(value) >= sizeof factor->value)
            return -1;
        strcpy(factor->key, key);
        strcpy(factor->value, json_string_value(value));
        preauth->factor_count++;
    }
    return 0;
}

static int read_prompt(const json_t *prompt, struct duo_preauth *preauth)
{
    const json_t *factors = json_object_get(prompt, "factors");

    if (prompt == NULL || json_is_null(prompt))
        return 0;
    if (!json_is_object(prompt) || !json_is_string(json_object_get(prompt, "text")))
        return -1;
    copy_text(preauth->prompt, sizeof preauth->prompt, prompt, "text");
    return factors == NULL || json_is_null(factors) ? 0 : json_is_object(factors) ? read_factors(factors, preauth) : -1;
}

static int read_verification(const json_t *response, struct duo_preauth *preauth)
{
    const char *code = preauth->verification_code;

    if (copy_id(preauth->txid, sizeof preauth->txid, response, "txid") != 0 ||
        copy_id(preauth->verification_code, sizeof preauth->verification_code, response, "verification_code") != 0)
        return -1;
    if (code[0] == '\0') {
        preauth->txid[0] = '\0';
        return 0;
    }
    return preauth->txid[0] != '\0' && strspn(code, "0123456789") == strlen(code) ? 0 : -1;
}

int duo_reply_preauth(const char *data, size_t length, struct duo_preauth *preauth)
{
    json_t *root = NULL;
    const json_t *response = open_reply(data, length, &root), *devices;
    int result = -1;

    *preauth = (struct duo_preauth){0};
    if (!json_is_object(response))
        goto out;
    preauth->result = result_of(response);
    if (preauth->result == DUO_RESULT_NONE || preauth->result == DUO_RESULT_WAITING)
        goto out;
    copy_text(preauth->status_msg, sizeof preauth->status_msg, response, "status_msg");
    copy_text(preauth->enroll_url, sizeof preauth->enroll_url, response, "enroll_portal_url");
    if (preauth->result == DUO_RESULT_AUTH) {
        devices = json_object_get(response, "devices");
        for (size_t i = 0; i < json_array_size(devices) && preauth->device_count < DUO_DEVICES_MAX; i++)
            read_device(json_array_get(devices, i), preauth);
        if (read_prompt(json_object_get(response, "prompt"), preauth) != 0 ||
            read_verification(response, preauth) != 0)
            goto out;
    }
    result = 0;
out:
    json_decref(root);
    if (result != 0)
        *preauth = (struct duo_preauth){0};
    return result;
}

int duo_reply_status(const char *data, size_t length, struct duo_status *status)
{
    json_t *root = NULL;
    const json_t *response = open_reply(data, length, &root);
    int result = -1;

    *status = (struct duo_status){0};
    if (!json_is_object(response) || copy_id(status->txid, sizeof status->txid, response, "txid") != 0)
        goto out;
    status->result = result_of(response);
    if (status->result == DUO_RESULT_NONE && status->txid[0] == '\0')
        goto out;
    copy_text(status->status, sizeof status->status, response, "status");
    copy_text(status->status_msg, sizeof status->status_msg, response, "status_msg");
    result = 0;
out:
    json_decref(root);
    if (result != 0)
        *status = (struct duo_status){0};
    return result;
}

int duo_reply_time(const char *data, size_t length, long long *time)
{
    json_t *root = NULL;
    const json_t *response = open_reply(data, length, &root), *value = json_object_get(response, "time");
    int result = -1;

    *time = 0;
    if (json_is_integer(value) && json_integer_value(value) > 0) {
        *time = json_integer_value(value);
        result = 0;
    }
    json_decref(root);
    return result;
}

void duo_reply_failure(const char *data, size_t length, struct duo_failure *failure)
{
    json_t *root = json_loadb(data, length, JSON_REJECT_DUPLICATES, NULL);
    const json_t *code = json_object_get(root, "code");
    size_t used;

    *failure = (struct duo_failure){0};
    if (json_is_integer(code) && json_integer_value(code) > 0 && json_integer_value(code) < 1000000)
        failure->code = (long)json_integer_value(code);
    else if (json_is_string(code) && json_string_length(code) < 7 &&
             strspn(json_string_value(code), "0123456789") == json_string_length(code))
        failure->code = atol(json_string_value(code));
    copy_text(failure->message, sizeof failure->message, root, "message");
    used = strlen(failure->message);
    if (json_is_string(json_object_get(root, "message_detail")))
        snprintf(failure->message + used, sizeof failure->message - used, " (%s)",
                 json_string_value(json_object_get(root, "message_detail")));
    json_decref(root);
}
