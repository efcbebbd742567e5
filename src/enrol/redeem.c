/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold:
 *  - reading, checking and writing are one step under the lock, and only then is a result believed. So a code is
 *    accepted once, however many logins race, and whatever is killed;
 *  - a response that may be a code and has been looked at costs, also where the process that looked is killed or cannot write;
 *  - one that has not been looked at costs nothing, or whoever runs su could use up the attempts of the user it is for.
 *  - the slow hash of what may be an emergency code is made before that step, and only compared in it: whoever sends such
 *    codes must not make others wait.
 * What MUST NOT happen: an answer from what was read before the step, but for "used up already", which nothing undoes.
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
    struct code_hash hash;
    bool is_stale; /* HASH is not under the salt that counts: nothing was looked at */
    bool is_sealed; /* what counts did not unseal, see UNSEALING: neither was anything then */
    struct fault unsealing;
    bool enrolled;
    struct redeemed redeemed;
};

#define TRIES 4 /* against emergency codes that are made anew at the same time */

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

static bool is_open(const struct request *request, const struct store_entry *entry, long long now)
{
    return entry->enrolled && entry->profile.enabled && !is_waiting(&entry->totp, now) &&
           attempt_is_code(&entry->profile, request->code);
}

/* Whether the hash can be compared with what ENTRY has. */
static bool has_hash_for(struct request *request, const struct store_entry *entry)
{
    struct secrets secrets;
    bool is_same;

    if (!code_has_hash(request->code))
        return true;
    request->is_sealed = store_unseal(request->store, &entry->profile, &secrets, &request->unsealing) != 0;
    if (request->is_sealed)
        return false;
    is_same = request->hash.result != CODE_HASH_NONE &&
              memcmp(request->hash.salt, secrets.salt, sizeof secrets.salt) == 0;
    secrets_wipe(&secrets);
    return is_same;
}

static bool looks(void *context, const struct store_entry *entry)
{
    struct request *request = context;
    bool open;

    request->begun = request->now();
    request->is_sealed = false;
    open = is_open(request, entry, request->begun);
    request->is_stale = open && !has_hash_for(request, entry);
    return open && !request->is_stale;
}

static enum store_decision decide(void *context, struct store_entry *entry, struct fault *fault)
{
    struct request *request = context;
    struct secrets secrets;

    request->enrolled = entry->enrolled;
    request->redeemed.disabled = entry->enrolled && !entry->profile.enabled;
    request->redeemed.attempt = (struct attempt){.result = ATTEMPT_WRONG};
    if (request->is_sealed) {
        *fault = request->unsealing;
        return STORE_FAIL;
    }
    if (!entry->enrolled || !entry->profile.enabled || request->is_stale)
        return STORE_KEEP;
    if (store_unseal(request->store, &entry->profile, &secrets, fault) != 0)
        return STORE_FAIL;
    request->redeemed.attempt = attempt_check(&entry->profile, &secrets, request->window, &entry->totp, request->code,
                                              &request->hash, request->begun, fault);
    secrets_wipe(&secrets);
    if (request->redeemed.attempt.result == ATTEMPT_REUSED)
        memcpy(request->redeemed.host, entry->host, sizeof request->redeemed.host);
    if (request->redeemed.attempt.state_changed)
        return STORE_WRITE;
    return request->redeemed.attempt.result == ATTEMPT_ERROR ? STORE_FAIL : STORE_KEEP;
}

/*
 * Makes the hash that the step will compare. FOUND: the response is an emergency code that is used up, and there is nothing
 * left to decide. FOUND_NOTHING: there is.
 */
static enum found prepare(struct request *request, const struct store_owner *owner, struct fault *fault)
{
    enum found found = FOUND_NOTHING;
    struct store_entry entry;
    struct secrets secrets;
    unsigned int index = 0;

    if (!code_has_hash(request->code))
        return FOUND_NOTHING;
    if (store_read(request->store, owner, &entry, fault) != 0)
        return FOUND_FAULT;
    if (!is_open(request, &entry, request->now()))
        return FOUND_NOTHING;
    if (store_unseal(request->store, &entry.profile, &secrets, fault) != 0)
        return FOUND_FAULT;
    code_hash_make(&secrets, request->code, &request->hash);
    /* Of a profile whose own codes have as many digits, it may be one of these as well. */
    if (entry.profile.digits != PROFILE_CODE_DIGITS && secrets_find_code(&secrets, &request->hash, &index) == 1 &&
        (entry.totp.used_codes >> index & 1) != 0) {
        request->enrolled = true;
        request->redeemed.attempt = (struct attempt){.result = ATTEMPT_REUSED};
        found = FOUND;
    }
    secrets_wipe(&secrets);
    return found;
}

static enum found redeem(struct request *request, const struct store_owner *owner, struct fault *fault)
{
    static const struct store_guess guess = {.count = count, .looks = looks, .decide = decide};

    for (int tries = 0; tries < TRIES; tries++) {
        switch (prepare(request, owner, fault)) {
        case FOUND_FAULT: return FOUND_FAULT;
        case FOUND: return FOUND;
        case FOUND_NOTHING: break;
        }
        if (store_attempt(request->store, owner, &guess, request, fault) != 0)
            return FOUND_FAULT;
        request->redeemed.ended = store_ended(request->store);
        if (!request->is_stale)
            return request->enrolled ? FOUND : FOUND_NOTHING;
    }
    fault_set_class(fault, FAULT_BUSY, "busy: the emergency codes are made anew all the time");
    return FOUND_FAULT;
}

enum found redeem_code(const struct store *store, const struct store_owner *owner, unsigned int window,
                       const char *response, long long (*now)(void), struct redeemed *redeemed, struct fault *fault)
{
    struct request request = {.store = store, .window = window, .now = now};
    enum found found = FOUND;

    /* No profile need be looked at, nor anyone's lock be taken, to see that. */
    if (response_read(response, request.code) != RESPONSE_CODE)
        request.redeemed.attempt.result = ATTEMPT_NOT_A_CODE;
    else
        found = redeem(&request, owner, fault);
    crypto_wipe(request.code, sizeof request.code);
    crypto_wipe(&request.hash, sizeof request.hash);
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
    struct code_hash hash;

    if (response_read(response, code) == RESPONSE_CODE)
        code_hash_make(&none, code, &hash);
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
