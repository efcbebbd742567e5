/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold:
 *  - reading, checking and writing are one step under the lock, and only then is a result believed. So a code is
 *    accepted once, however many logins race, and whatever is killed;
 *  - a response that may be a code and has been looked at costs, also where the process that looked is killed or cannot write;
 *  - one that has not been looked at costs nothing, or whoever runs su could use up the attempts of the user it is for.
 * What MUST NOT happen: an answer from a profile that was read before the lock was taken; secrets outside the step.
 */
#include "enrol/redeem.h"

#include "totp/response.h"

#include <stdio.h>
#include <string.h>

struct request {
    const struct store *store;
    char code[RESPONSE_CODE_SIZE];
    unsigned int window;
    long long (*now)(void);
    long long begun; /* the one time that this attempt goes by: under the lock, and before the charge */
    bool enrolled;
    struct redeemed redeemed;
};

static bool is_waiting(const struct totp_state *totp, long long at)
{
    struct totp_state present = *totp;
    bool restarted;

    return totp_state_is_locked(totp) || totp_state_wait(&present, at, &restarted) > 0;
}

/* An attempt whose end nobody has seen was a wrong one, then, and not now, or the wait for it would begin now. */
static void count(void *context, struct store_entry *entry, long long at)
{
    struct request *request = context;
    struct totp_state *totp = &entry->totp;
    const long long now = request->now();

    /*
     * During a wait nothing is looked at, so a mark from within is one that was counted already, and whose process was
     * killed before it had removed it. The clock that files go by may be a second behind at the end of a wait.
     */
    if (is_waiting(totp, at + 1))
        return;
    at = at > totp->last_failure ? at : totp->last_failure;
    totp_state_fail(totp, at < now ? at : now);
    request->redeemed.unfinished = true;
}

static bool looks(void *context, const struct store_entry *entry)
{
    struct request *request = context;

    request->begun = request->now();
    return entry->enrolled && entry->profile.enabled && !is_waiting(&entry->totp, request->begun) &&
           attempt_is_code(&entry->profile, request->code);
}

static enum store_decision decide(void *context, struct store_entry *entry, struct fault *fault)
{
    struct request *request = context;
    struct secrets secrets;

    request->enrolled = entry->enrolled;
    request->redeemed.disabled = entry->enrolled && !entry->profile.enabled;
    request->redeemed.attempt = (struct attempt){.result = ATTEMPT_WRONG};
    if (!entry->enrolled || !entry->profile.enabled)
        return STORE_KEEP;
    if (store_unseal(request->store, &entry->profile, &secrets, fault) != 0)
        return STORE_FAIL;
    request->redeemed.attempt = attempt_check(&entry->profile, &secrets, request->window, &entry->totp, request->code,
                                              request->begun, fault);
    secrets_wipe(&secrets);
    if (request->redeemed.attempt.result == ATTEMPT_REUSED)
        memcpy(request->redeemed.host, entry->host, sizeof request->redeemed.host);
    if (request->redeemed.attempt.state_changed)
        return STORE_WRITE;
    return request->redeemed.attempt.result == ATTEMPT_ERROR ? STORE_FAIL : STORE_KEEP;
}

enum found redeem_code(const struct store *store, const struct store_owner *owner, unsigned int window,
                       const char *response, long long (*now)(void), struct redeemed *redeemed, struct fault *fault)
{
    static const struct store_guess guess = {.count = count, .looks = looks, .decide = decide};
    struct request request = {.store = store, .window = window, .now = now};
    enum found found = FOUND_FAULT;

    /* No profile need be looked at, nor anyone's lock be taken, to see that. */
    if (response_read(response, request.code) != RESPONSE_CODE) {
        request.redeemed.attempt.result = ATTEMPT_NOT_A_CODE;
        found = FOUND;
    } else if (store_attempt(store, owner, &guess, &request, fault) == 0)
        found = request.enrolled ? FOUND : FOUND_NOTHING;
    crypto_wipe(request.code, sizeof request.code);
    /* An error that cost something is none the less an error. */
    if (found == FOUND && request.redeemed.attempt.result == ATTEMPT_ERROR)
        found = FOUND_FAULT;
    *redeemed = found == FOUND ? request.redeemed : (struct redeemed){.attempt = {.result = ATTEMPT_WRONG}};
    return found;
}

void redeem_nothing(const char *response)
{
    const struct secrets none = {0};
    char code[RESPONSE_CODE_SIZE];
    unsigned int index;

    if (response_read(response, code) == RESPONSE_CODE)
        (void)!secrets_find_code(&none, code, &index);
    crypto_wipe(code, sizeof code);
}

void redeemed_text(const struct redeemed *redeemed, char *text, size_t size)
{
    const struct attempt *attempt = &redeemed->attempt;

    text[0] = '\0';
    if (attempt->result == ATTEMPT_EMERGENCY && attempt->codes_left > 0)
        snprintf(text, size, "Emergency code accepted; %d left.", attempt->codes_left);
    else if (attempt->result == ATTEMPT_EMERGENCY)
        snprintf(text, size, "Emergency code accepted; that was the last one. Make new ones with: mfa-enroll codes");
    else if (attempt->result == ATTEMPT_THROTTLED)
        snprintf(text, size, "Too many wrong codes. Try again in %d second%s.", attempt->wait,
                 attempt->wait == 1 ? "" : "s");
    else if (attempt->result == ATTEMPT_LOCKED)
        snprintf(text, size, "Too many wrong codes. Ask an administrator to unlock your verification codes.");
    else if (attempt->result == ATTEMPT_REUSED)
        snprintf(text, size, "That code has been used already. Wait for the next one.");
}
