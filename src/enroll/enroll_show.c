/* SPDX-License-Identifier: BSD-2-Clause */
/* What MUST NOT happen: a colour or another escape code in what is not a terminal. */
#include "enroll/enroll.h"

#include "admin/enrolment_record.h"
#include "base/text.h"
#include "enroll/terminal.h"
#include "records/json.h"
#include "totp/attempt.h"

#include <string.h>
#include <time.h>

void enroll_show_key(const struct session *session, const struct enrolment *enrolment, const char *uri)
{
    char key[BASE32_SIZE(PROFILE_KEY_MAX)];
    FILE *out = session->talk;

    fprintf(out, "A new key for %s in SVM %s. %s your authenticator app:\n\n", session->account.name, session->svm.name,
            session->settings->qr != QR_NONE ? "Scan the QR code with" : "Type it into");
    enrolment_key(enrolment, key);
    fprintf(out, "Key: %s\nURI: %s\n\n", key, uri);
    crypto_wipe(key, sizeof key);
}

bool enroll_show_qr(const struct session *session, const char *uri)
{
    const struct settings *settings = session->settings;
    struct qr_place place = {.utf8 = settings->terminal.utf8,
                             .colour = terminal_has_colour(&settings->terminal, session->talk)};
    struct fault fault;

    if (settings->qr == QR_NONE)
        return false;
    terminal_size(session->talk, &place.columns, &place.rows);
    if (qr_draw(session->talk, uri, settings->qr, &place, &fault) == 0)
        return true;
    fprintf(session->talk, "No QR code: %s. Type the key into your app instead.\n\n", fault.text);
    return false;
}

/* The record, as in the answer of the REST API. Frees it. */
static enum exit_status print_record(struct record *record)
{
    enum exit_status status = EXIT_DONE;
    const struct fault fault = {.text = "out of memory, so not everything is shown"};

    fputs("{\n  \"records\": [\n    ", stdout);
    json_record(stdout, record, NULL, 4);
    fputs("\n  ],\n  \"num_records\": 1\n}\n", stdout);
    if (record->incomplete)
        status = enroll_fail(&fault);
    record_free(record);
    return enroll_finish(status);
}

static void print_codes(const struct enrolment *enrolment)
{
    if (enrolment->secrets.code_count == 0)
        return;
    puts("\nEmergency codes, for when your app is out of reach. Each works once.\n"
         "Keep them somewhere safe, they are not shown again:\n");
    for (size_t i = 0; i < enrolment->secrets.code_count; i++)
        printf("    %.4s %s\n", enrolment->codes[i], enrolment->codes[i] + 4);
    puts("");
}

enum exit_status enroll_show_result(const struct session *session, const struct enrolment *enrolment, const char *uri)
{
    struct record record;

    if (!session->settings->json) {
        print_codes(enrolment);
        return enroll_finish(EXIT_DONE);
    }
    enrolment_record(&record, &session->svm, &enrolment->profile);
    enrolment_record_secrets(&record, enrolment, uri, enroll_now());
    return print_record(&record);
}

/* What the status says beside the profile. */
struct glimpse {
    int codes, codes_left;
    bool locked;
    int wait;
};

static int look(const struct store *store, const struct store_entry *entry, struct glimpse *glimpse, struct fault *fault)
{
    struct totp_state copy = entry->totp;
    struct secrets secrets;
    bool restarted;

    if (store_unseal(store, &entry->profile, &secrets, fault) != 0)
        return -1;
    glimpse->codes = (int)secrets.code_count;
    glimpse->codes_left = attempt_codes_left(&secrets, &entry->totp);
    glimpse->locked = totp_state_is_locked(&entry->totp);
    glimpse->wait = totp_state_wait(&copy, enroll_now(), &restarted);
    secrets_wipe(&secrets);
    return 0;
}

static void print_status(const struct profile *profile, const struct glimpse *glimpse)
{
    char created[32] = "", comment[sizeof profile->comment];
    time_t seconds = (time_t)profile->created;
    struct tm tm;

    if (gmtime_r(&seconds, &tm) != NULL)
        strftime(created, sizeof created, "%Y-%m-%d %H:%M:%S UTC", &tm);
    text_for_terminal(comment, sizeof comment, profile->comment);
    /* A fingerprint behind its label fits 80 columns. */
    printf("SVM:         %s\n"
           "User:        %s\n"
           "Enabled:     %s\n"
           "Created:     %s\n"
           "Comment:     %s\n"
           "Codes:       %s, %d digits, every %d s\n"
           "Key SHA-256: %s\n"
           "Emergency:   %d of %d codes left\n",
           profile->svm, profile->user, profile->enabled ? "yes" : "no, an administrator has disabled it", created,
           comment, otp_algorithm_words[profile->algorithm], profile->digits, profile->period, profile->sha_fingerprint,
           glimpse->codes_left, glimpse->codes);
    if (glimpse->locked)
        puts("Wrong codes: too many, an administrator must unlock the profile");
    else if (glimpse->wait > 0)
        printf("Wrong codes: too many, the next is looked at in %d s\n", glimpse->wait);
}

enum exit_status enroll_status(const struct session *session)
{
    const struct store_owner owner = store_owner(&session->account);
    struct glimpse glimpse = {0};
    struct store_entry entry;
    struct record record;
    struct fault fault;

    if (store_read(session->store, &owner, &entry, &fault) != 0)
        return enroll_fail(&fault);
    if (!entry.enrolled)
        return enroll_not_enrolled(session);
    if (look(session->store, &entry, &glimpse, &fault) != 0)
        return enroll_fail(&fault);
    if (session->settings->json) {
        enrolment_record(&record, &session->svm, &entry.profile);
        return print_record(&record);
    }
    print_status(&entry.profile, &glimpse);
    return enroll_finish(EXIT_DONE);
}
