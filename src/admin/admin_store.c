/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: a store is begun anew only because an administrator says so.
 * What MUST NOT happen: this program holding etcd's root: what needs it is printed as commands.
 */
#include "admin/admin_store.h"

#include "admin/admin_svm.h"
#include "base/shell.h"
#include "store/store_broker.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#define PREFIX "/pam_mfa/1"

static int ask_once(const struct host *host, const struct host_fleet *fleet, enum frame_word word,
                    const struct store_part *parts, size_t count, char *text, size_t size, struct fault *fault)
{
    struct store_broker broker;
    struct store_frame answer;
    int result = -1;

    text[0] = '\0';
    if (store_broker_open(&broker, host, fleet, fault) == 0 &&
        store_broker_ask(&broker, word, parts, count, &answer, fault) == 0) {
        result = 0;
        if (answer.count > 0 && store_part_string(&answer.parts[0], text, size) != 0)
            result = fault_set(fault, "mfa-stored sends what is no answer");
    }
    store_broker_close(&broker);
    return result;
}

static int ask_status(const struct host *host, const struct host_fleet *fleet, char *text, size_t size, struct fault *fault)
{
    const struct store_part parts[] = {store_part_text(fleet->name)};

    return ask_once(host, fleet, FRAME_STATUS, parts, 1, text, size, fault);
}

enum result admin_store_status(const struct host *host, struct report *report, struct fault *fault)
{
    const struct host_fleet *fleets = host->fleets.items;
    char text[4096], *rest, *line;

    if (host->fleets.count == 0) {
        fault_set(fault, "pam_mfa.conf has no fleets");
        return RESULT_NOT_THERE;
    }
    for (size_t i = 0; i < host->fleets.count; i++) {
        report_line(report, "fleet %s", fleets[i].name);
        if (ask_status(host, &fleets[i], text, sizeof text, fault) != 0)
            return RESULT_FAILED;
        for (line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
            report_line(report, "  %s", line);
    }
    return RESULT_DONE;
}

enum result admin_store_fleet(const struct host *host, const char *svm, struct svm *settings, const struct host_fleet **fleet,
                            struct fault *fault)
{
    enum result result = admin_svm_read(host, svm, settings, fault);

    if (result != RESULT_DONE)
        return result;
    *fleet = host_fleet(host, settings->fleet);
    if (*fleet != NULL)
        return RESULT_DONE;
    fault_set(fault, "SVM \"%s\" has no fleet that this host knows; set fleet in its svm.conf, and fleets in pam_mfa.conf", svm);
    svm_free(settings);
    return RESULT_INVALID;
}

enum result admin_store_halt(const struct host *host, const char *svm, const char *why, struct fault *fault)
{
    const struct host_fleet *fleet;
    struct svm settings;
    char text[64];
    enum result result = admin_store_fleet(host, svm, &settings, &fleet, fault);

    if (result == RESULT_DONE) {
        const struct store_part parts[] = {store_part_text(fleet->name), store_part_text(svm), store_part_text(why)};

        if (ask_once(host, fleet, FRAME_HALT, parts, 3, text, sizeof text, fault) != 0)
            result = RESULT_FAILED;
        svm_free(&settings);
    }
    return result;
}

/* Calls EACH with every SVM of HOST whose fleet is FLEET. */
static enum result each_svm(const struct host *host, const struct host_fleet *fleet,
                            enum result (*each)(void *context, const struct svm *svm, struct fault *fault), void *context,
                            struct fault *fault)
{
    enum result result = RESULT_DONE;
    struct dirent *entry;
    DIR *svms = opendir(host->svm_dir);

    if (svms == NULL) {
        fault_set(fault, "%s: cannot be read", host->svm_dir);
        return RESULT_FAILED;
    }
    while (result == RESULT_DONE && (entry = readdir(svms)) != NULL) {
        struct svm svm;

        if (!name_is_valid(entry->d_name))
            continue;
        /* It may be one of FLEET's, and must not be left out. */
        if (svm_read(host, entry->d_name, &svm, fault) != 0) {
            result = RESULT_FAILED;
            break;
        }
        if (strcmp(svm.fleet, fleet->name) == 0)
            result = each(context, &svm, fault);
        svm_free(&svm);
    }
    closedir(svms);
    return result;
}

struct beginning {
    const struct host *host;
    struct report *report;
    long long seconds; /* for which codes made before could still be good */
};

static enum result add_seconds(void *context, const struct svm *svm, struct fault *fault)
{
    struct beginning *beginning = context;
    /* A profile's period is what its policy was when it was made, at most 120. */
    const long long seconds = (svm->totp.window + 1LL) * 120;

    (void)fault;
    if (seconds > beginning->seconds)
        beginning->seconds = seconds;
    return RESULT_DONE;
}

/* What was removed since the backup is there again, and must go before anybody is let in. */
static enum result halt_one(void *context, const struct svm *svm, struct fault *fault)
{
    struct beginning *beginning = context;

    return admin_store_halt(beginning->host, svm->name, "its store was restored from a backup", fault);
}

static enum result tell_resume(void *context, const struct svm *svm, struct fault *fault)
{
    struct beginning *beginning = context;

    (void)fault;
    report_line(beginning->report, "SVM %s is halted: remove again what was removed since the backup (journalctl -t mfactl -t "
                "mfa-enroll -t mfa-restd --since ...), then: mfactl store resume --svm %s", svm->name, svm->name);
    return RESULT_DONE;
}

static const struct host_fleet *only_fleet(const struct host *host, const char *name, struct fault *fault)
{
    const struct host_fleet *fleets = host->fleets.items;

    if (name != NULL && host_fleet(host, name) != NULL)
        return host_fleet(host, name);
    if (name == NULL && host->fleets.count == 1)
        return &fleets[0];
    fault_set(fault, name != NULL ? "there is no fleet \"%s\" in pam_mfa.conf" : "there are %.0s%zu fleets in pam_mfa.conf; say "
              "which: --fleet", name != NULL ? name : "", host->fleets.count);
    return NULL;
}

enum result admin_store_accept(const struct host *host, const char *name, long long now, struct report *report,
                               struct fault *fault)
{
    const struct host_fleet *fleet = only_fleet(host, name, fault);
    struct beginning beginning = {.host = host, .report = report};
    char text[4096], epoch[24], floor[24];
    const char *line;
    enum result result;
    long long present;

    if (fleet == NULL)
        return RESULT_INVALID;
    if (ask_status(host, fleet, text, sizeof text, fault) != 0)
        return RESULT_FAILED;
    line = strstr(text, "meta fleet=");
    if (line == NULL || sscanf(line, "meta fleet=%*s epoch=%lld", &present) != 1) {
        fault_set(fault, "the store does not say its epoch; see: mfactl store status");
        return RESULT_FAILED;
    }
    result = each_svm(host, fleet, add_seconds, &beginning, fault);
    if (result == RESULT_DONE)
        result = each_svm(host, fleet, halt_one, &beginning, fault);
    if (result != RESULT_DONE)
        return result;
    snprintf(epoch, sizeof epoch, "%lld", present + 1);
    snprintf(floor, sizeof floor, "%lld", now + beginning.seconds);
    {
        const struct store_part parts[] = {store_part_text(fleet->name), store_part_text(epoch), store_part_text(floor)};

        if (ask_once(host, fleet, FRAME_META, parts, 3, text, sizeof text, fault) != 0)
            return RESULT_FAILED;
    }
    report_line(report, "fleet %s is of epoch %s: codes are good again in %lld seconds, emergency codes only when they are made "
                "anew: mfa-enroll codes", fleet->name, epoch, beginning.seconds);
    return each_svm(host, fleet, tell_resume, &beginning, fault);
}

enum result admin_store_roles(const char *svm, const char *name, bool enrols, struct report *report, struct fault *fault)
{
    static const char kinds[] = "psd";
    const char *kind = enrols ? "enrol" : "login";
    char role[NAME_SIZE + 16];

    if (!name_is_valid(svm) || !name_is_valid(name)) {
        fault_set(fault, "the SVM and the host must be names without '/', not starting with '.' or '-'");
        return RESULT_INVALID;
    }
    snprintf(role, sizeof role, "%s-%s", kind, svm);
    report_line(report, "etcdctl role add %s", shell_word(role).text);
    report_line(report, "etcdctl role grant-permission %s read " PREFIX "/meta", shell_word(role).text);
    for (const char *at = kinds; *at != '\0'; at++)
        report_line(report, "etcdctl role grant-permission %s %s --prefix %s%c/%s/", shell_word(role).text,
                    *at == 'p' && !enrols ? "read" : "readwrite", PREFIX "/", *at, shell_word(svm).text);
    report_line(report, "etcdctl role grant-permission %s readwrite " PREFIX "/halt/%s", shell_word(role).text,
                shell_word(svm).text);
    report_line(report, "etcdctl user add %s --no-password", shell_word(name).text);
    report_line(report, "etcdctl user grant-role %s %s", shell_word(name).text, shell_word(role).text);
    return RESULT_DONE;
}
