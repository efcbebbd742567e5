/* SPDX-License-Identifier: BSD-2-Clause */
#include "totp/state.h"

#include "totp/profile.h"

#include <stddef.h>
#include <string.h>

#define FIELD(member) .offset = offsetof(struct totp_state, member), .size = sizeof(((struct totp_state *)0)->member)
static const struct conf_field totp_fields[] = {
    {.name = "profile_id", .type = CONF_STRING, .required = true, FIELD(profile_id), .min = 32, .max = 32},
    {.name = "last_step", .type = CONF_INT64, .required = true, FIELD(last_step), .min = 0, .max = STATE_TIME_MAX},
    {.name = "failures", .type = CONF_INT, .required = true, FIELD(failures), .min = 0, .max = STATE_FAILURES_MAX},
    {.name = "last_failure", .type = CONF_INT64, .required = true, FIELD(last_failure), .min = 0, .max = STATE_TIME_MAX},
    {.name = "used_codes", .type = CONF_INT, .required = true, FIELD(used_codes), .min = 0,
     .max = (1 << PROFILE_CODES_MAX) - 1},
    {0},
};
#undef FIELD

static const struct conf_field push_fields[] = {
    {.name = "at", .type = CONF_INT64, .required = true, .offset = offsetof(struct push, at), .min = 0,
     .max = STATE_TIME_MAX},
    {0},
};
static const struct conf_field duo_fields[] = {
    {.name = "pushes", .type = CONF_LIST, .required = true, .offset = offsetof(struct state, pushes),
     .size = sizeof(struct push), .max = STATE_PUSHES_MAX, .fields = push_fields},
    {0},
};

#define FIELD(member) .offset = offsetof(struct state, member), .size = sizeof(((struct state *)0)->member)
static const struct conf_field state_fields[] = {
    {.name = "svm", .type = CONF_STRING, .required = true, FIELD(svm)},
    {.name = "user", .type = CONF_STRING, .required = true, FIELD(user)},
    {.name = "totp", .type = CONF_LIST, .required = true, .offset = offsetof(struct state, totp),
     .size = sizeof(struct totp_state), .max = 2, .fields = totp_fields},
    /* Required like the rest: a file that was cut must not pass for one of a user without pushes. */
    {.name = "duo", .type = CONF_GROUP, .required = true, .fields = duo_fields},
    {0},
};
#undef FIELD

int state_parse(const char *path, const char *text, size_t length, const char *svm, const char *user,
                struct state *state, struct fault *fault)
{
    *state = (struct state){0};
    if (conf_parse(path, text, length, state_fields, state, fault) != 0) {
        state_free(state);
        return -1;
    }
    if (strcmp(state->svm, svm) != 0 || strcmp(state->user, user) != 0) {
        fault_set(fault, "%s: is the state of user \"%.64s\" in SVM \"%.64s\", expected \"%.64s\" in \"%.64s\"", path,
                  state->user, state->svm, user, svm);
        state_free(state);
        return -1;
    }
    return 0;
}

char *state_text(const struct state *state, size_t *length)
{
    return conf_text(state_fields, state, length);
}

void state_free(struct state *state)
{
    conf_free(state_fields, state);
}

struct totp_state *state_totp(const struct state *state, const char *profile_id)
{
    struct totp_state *states = state->totp.items;

    for (size_t i = 0; i < state->totp.count; i++)
        if (strcmp(states[i].profile_id, profile_id) == 0)
            return &states[i];
    return NULL;
}

bool totp_state_equals(const struct totp_state *a, const struct totp_state *b)
{
    return strcmp(a->profile_id, b->profile_id) == 0 && a->last_step == b->last_step && a->failures == b->failures &&
           a->last_failure == b->last_failure && a->used_codes == b->used_codes;
}

bool totp_state_is_locked(const struct totp_state *totp)
{
    return totp->failures >= STATE_FAILURES_MAX;
}

int totp_state_wait(struct totp_state *totp, long long now, bool *restarted)
{
    int doublings = totp->failures - STATE_FREE_FAILURES;
    int wait = STATE_WAIT_FIRST;

    *restarted = false;
    if (doublings < 0)
        return 0;
    while (doublings-- > 0 && wait < STATE_WAIT_MAX)
        wait *= 2;
    if (wait > STATE_WAIT_MAX)
        wait = STATE_WAIT_MAX;
    if (now < totp->last_failure) {
        totp->last_failure = now;
        *restarted = true;
    }
    return now - totp->last_failure < wait ? (int)(wait - (now - totp->last_failure)) : 0;
}

void totp_state_fail(struct totp_state *totp, long long now)
{
    if (totp->failures < STATE_FAILURES_MAX)
        totp->failures++;
    totp->last_failure = now;
}

void totp_state_clear(struct totp_state *totp)
{
    totp->failures = 0;
    totp->last_failure = 0;
}

bool push_state_take(struct push_state *pushes, long long now, bool *changed)
{
    size_t kept = 0;

    *changed = false;
    for (size_t i = 0; i < pushes->count; i++) {
        if (pushes->pushes[i].at > now) {
            pushes->pushes[i].at = now;
            *changed = true;
        }
        if (now - pushes->pushes[i].at < STATE_PUSH_WINDOW)
            pushes->pushes[kept++] = pushes->pushes[i];
    }
    pushes->count = kept;
    if (kept == STATE_PUSHES_MAX)
        return false;
    pushes->pushes[pushes->count++] = (struct push){.at = now};
    *changed = true;
    return true;
}
