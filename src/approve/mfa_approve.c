/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mfa-approve SVM [--push|--ticket|--use-ticket]: whether its real user id may make a TOTP key of its own in SVM, asking Duo
 * where Duo covers
 * that user. Set-user-ID root, since duo.conf with its secret key is root's alone; only group pam_mfa may start it, so
 * only mfa-enroll and the REST API's workers do. The person is asked at standard input and standard error; with --push
 * nobody is, and Duo sends a push. Standard output gets one line: `granted`, `refused TEXT` or `fault TEXT`.
 *
 * What MUST hold:
 *  - the account is that of the real user id, the settings are those of the installed path: of what the caller says
 *    nothing counts but the SVM's name;
 *  - `granted` is the last thing that is decided, after a complete verdict; everything else is a refusal;
 *  - a Duo that cannot be reached approves nothing, whatever fail_mode says;
 *  - the push says what it is for: whoever holds the phone must not take it for a login's;
 *  - limits and descriptors of the caller's making keep no look-up from its answer: "in none of the groups" grants.
 * What MUST NOT happen: the secret key in a core, or before a debugger; the environment steering anything; words of
 * duo.conf before the caller, who may not read it: they are for the log; this process outliving the one that asks, or its
 * user's limits on processes.
 */
#include "base/close_from.h"
#include "base/crypto.h"
#include "base/percent.h"
#include "base/rlimit.h"
#include "base/text.h"
#include "config/duo_user.h"
#include "duo/duo_ask.h"
#include "duo/duo_helper.h"
#include "enrol/permit.h"
#include "enrol/rings.h"
#include "enrol/ticket.h"
#include "enroll/terminal.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define RESPONSE_SIZE 256

enum way { ASK_PERSON = 0, ASK_PUSH, ASK_TICKET, ASK_USE_TICKET };

/* What is asked, and by whom. */
struct question {
    const char *name; /* the SVM's */
    struct host host;
    struct svm svm;
    struct account account;
    enum way way;
};

enum answer { ANSWER_FAULT = 0, ANSWER_REFUSED, ANSWER_GRANTED };

struct limit {
    rlimit_resource resource;
    rlim_t least;
};

static const struct limit limits[] = {
    {RLIMIT_NOFILE, 256}, {RLIMIT_AS, 1UL << 30}, {RLIMIT_DATA, 1UL << 28}, {RLIMIT_FSIZE, 1UL << 20}, {RLIMIT_CPU, 60},
};

/* Raises what the caller has set too low to work with. */
static int raise_limits(struct fault *fault)
{
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        struct rlimit limit;

        if (getrlimit(limits[i].resource, &limit) != 0)
            return fault_set(fault, "cannot read the resource limits: %m");
        if (limit.rlim_cur >= limits[i].least)
            continue;
        limit.rlim_cur = limits[i].least;
        limit.rlim_max = limit.rlim_max > limit.rlim_cur ? limit.rlim_max : limit.rlim_cur;
        if (setrlimit(limits[i].resource, &limit) != 0)
            return fault_set(fault, "a resource limit is too low to ask Duo, and cannot be raised: %m");
    }
    return 0;
}

/*
 * The real user id stays the caller's, as in su: so their limit on processes counts this one, and they can end it, which
 * is a refusal.
 */
static int harden(struct fault *fault)
{
    const struct rlimit none = {0, 0};
    sigset_t signals;
    int fd;

    closefrom(STDERR_FILENO + 1);
    /* A file of ours must not get the number that a text is written to. */
    do
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd < 0)
        return fault_set(fault, "cannot open /dev/null");
    close(fd);
    clearenv();
    umask(077);
    alarm(0);
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigemptyset(&signals);
    if (geteuid() != 0)
        return fault_set(fault, "mfa-approve is not set-user-ID root, or no new privileges are allowed to who starts it, "
                         "so Duo cannot be asked for its approval");
    if (setgroups(0, NULL) != 0 || setresgid(0, 0, 0) != 0)
        return fault_set(fault, "cannot give up the caller's groups: %m");
    /* After that: a change of ids undoes the last two. */
    if (setrlimit(RLIMIT_CORE, &none) != 0 || sigprocmask(SIG_SETMASK, &signals, NULL) != 0 || chdir("/") != 0 ||
        prctl(PR_SET_DUMPABLE, 0) != 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        return fault_set(fault, "cannot make this process safe: %m");
    return raise_limits(fault);
}

static int ask_person(void *context, const char *text, bool echo, char **response)
{
    char line[RESPONSE_SIZE];
    int result;

    (void)context;
    (void)echo; /* as mfa-enroll's own questions, whose answers are of no use twice */
    *response = NULL;
    result = terminal_ask(stderr, text, line, sizeof line);
    if (result == 0)
        *response = strdup(line);
    crypto_wipe(line, sizeof line);
    return *response != NULL ? 0 : -1;
}

static int tell_person(void *context, const char *text)
{
    (void)context;
    return fprintf(stderr, "%s\n", text) < 0 ? -1 : 0;
}

static long long seconds_now(void)
{
    return (long long)time(NULL);
}

/* What the phone shows, whatever push_info says: it is the owner's one chance to tell this from a login. */
static void say_what_for(struct duo_request *request, const char *svm)
{
    char host[3 * sizeof request->hostname], tenant[3 * NAME_SIZE];

    if (gethostname(request->hostname, sizeof request->hostname) != 0)
        request->hostname[0] = '\0';
    request->hostname[sizeof request->hostname - 1] = '\0';
    if (percent_encode(host, sizeof host, request->hostname) != 0)
        host[0] = '\0';
    if (percent_encode(tenant, sizeof tenant, svm) != 0)
        tenant[0] = '\0';
    snprintf(request->pushinfo, sizeof request->pushinfo, "Request=%s&Server=%s&SVM=%s",
             "NEW%20AUTHENTICATOR%20APP%2C%20not%20a%20login", host, tenant);
}

static enum answer ask_duo(struct question *question, const struct duo_profile *profile, struct fault *fault)
{
    const struct conversation person = {.prompt = ask_person, .inform = tell_person};
    struct rings rings = {.host = &question->host, .svm = question->name, .owner = store_owner(&question->account),
                          .now = seconds_now};
    const struct duo_relay relay = {.conversation = question->way == ASK_PERSON ? &person : NULL, .count_ring = rings_count,
                                    .context = &rings};
    struct duo_request *request = malloc(sizeof *request);
    struct duo_verdict verdict;
    struct fault ignored;
    enum verdict decided;

    if (request == NULL) {
        fault_set(fault, "out of memory");
        return ANSWER_FAULT;
    }
    duo_ask_init(request, DUO_LOGIN, profile);
    request->echo = 1;
    request->fail_mode = DUO_FAIL_SECURE;
    if (question->way == ASK_PUSH) {
        request->auto_push = 1;
        request->max_prompts = 1;
    }
    strcpy(request->login_name, question->account.name);
    say_what_for(request, question->svm.name);
    if (duo_user_name(profile, question->svm.name, &question->account, request->username, fault) != 0) {
        duo_request_wipe(request);
        free(request);
        return ANSWER_FAULT;
    }
    duo_helper_run(question->host.duo_helper, request, &relay, &verdict);
    duo_request_wipe(request);
    free(request);

    decided = duo_reason_verdict(verdict.reason);
    fault_set(fault, "%s%s%.300s", duo_reason_word(verdict.reason), verdict.detail.text[0] != '\0' ? ": " : "",
              verdict.detail.text);
    /* What cannot be forgotten costs the person a push later on. */
    (void)!rings_end(&rings, verdict.reason, &ignored);
    if (decided == VERDICT_ACCEPTED)
        return ANSWER_GRANTED;
    return decided == VERDICT_ERROR ? ANSWER_FAULT : ANSWER_REFUSED;
}

/* The ticket comes by standard input, where nobody else sees it. */
static enum answer look_at_ticket(const struct question *question, struct fault *fault)
{
    char text[PERMIT_TICKET_SIZE] = "";
    size_t used = 0;
    ssize_t got;
    enum answer answer = ANSWER_FAULT;

    while ((got = read(STDIN_FILENO, text + used, sizeof text - 1 - used)) > 0)
        used += (size_t)got;
    text[used] = '\0';
    switch (ticket_take(&question->host, &question->svm, &question->account, text, question->way == ASK_USE_TICKET,
                        seconds_now(), fault)) {
    case FOUND_FAULT: break;
    case FOUND_NOTHING: answer = ANSWER_REFUSED; break;
    case FOUND:
        fault_set(fault, question->way == ASK_USE_TICKET ? "ticket" : "ticket_looked_at");
        answer = ANSWER_GRANTED;
        break;
    }
    crypto_wipe(text, sizeof text);
    return answer;
}

/* FAULT says why, whatever the answer is, for the log. */
static enum answer decide(struct question *question, struct duo_profile *profile, struct fault *fault)
{
    enum answer answer = ANSWER_FAULT;

    if (question->way == ASK_TICKET || question->way == ASK_USE_TICKET)
        return look_at_ticket(question, fault);
    switch ((enum self_enrolment)question->svm.self_enrolment) {
    case SELF_OPEN: fault_set(fault, "open"); return ANSWER_GRANTED;
    case SELF_CLOSED: fault_set(fault, "closed"); return ANSWER_REFUSED;
    case SELF_AFTER_DUO: break;
    }
    switch (duo_user_is_covered(&question->host, &question->svm, &question->account, profile, fault)) {
    case FOUND_FAULT: break;
    case FOUND_NOTHING:
        fault_set(fault, "not_covered");
        answer = ANSWER_GRANTED;
        break;
    case FOUND:
        if (question->way == ASK_PERSON)
            fprintf(stderr, "Before a new key, Duo must approve that it is you.\n");
        answer = ask_duo(question, profile, fault);
        break;
    }
    return answer;
}

static void log_answer(const struct question *question, enum answer answer, const struct fault *fault)
{
    static const char *const words[] = {[ANSWER_FAULT] = "error", [ANSWER_REFUSED] = "refused",
                                        [ANSWER_GRANTED] = "granted"};
    char line[1024] = "", uid[16];

    snprintf(uid, sizeof uid, "%u", (unsigned)getuid());
    text_add_field(line, sizeof line, "svm", question->name);
    text_add_field(line, sizeof line, "user", question->account.name[0] != '\0' ? question->account.name : NULL);
    text_add_field(line, sizeof line, "uid", uid);
    text_add_field(line, sizeof line, "command", "approve");
    text_add_field(line, sizeof line, "result", words[answer]);
    text_add_field(line, sizeof line, "reason", fault->text);
    openlog("mfa-approve", LOG_PID, LOG_AUTHPRIV);
    syslog(LOG_NOTICE, "%s", line);
}

static enum answer run(struct question *question, struct fault *fault)
{
    struct duo_profile *profile = calloc(1, sizeof *profile);
    enum answer answer = ANSWER_FAULT;
    enum found found;

    if (profile == NULL) {
        fault_set(fault, "out of memory");
        return ANSWER_FAULT;
    }
    found = account_find_uid(getuid(), &question->account, fault);
    if (found == FOUND_NOTHING)
        fault_set(fault, "user id %u has no account", (unsigned)getuid());
    if (found == FOUND && host_read(PAM_MFA_CONF_DIR "/pam_mfa.conf", &question->host, fault) == 0 &&
        svm_read(&question->host, question->name, &question->svm, fault) == 0)
        answer = decide(question, profile, fault);
    svm_free(&question->svm);
    host_free(&question->host);
    duo_profile_free(profile);
    free(profile);
    return answer;
}

/* For the person, who learns no word of duo.conf. REASON is a word of duo_reason_word, or of decide(). */
static void say(const struct question *question, enum answer answer, const char *reason)
{
    const bool duo = question->way == ASK_PERSON || question->way == ASK_PUSH;

    switch (answer) {
    case ANSWER_GRANTED: puts("granted"); break;
    case ANSWER_REFUSED:
        printf(duo ? "refused Duo has not approved it (%.*s), and without that nobody makes a new key\n"
                   : "refused that is no ticket that is good for you here (%.*s)\n", (int)strcspn(reason, ": "), reason);
        break;
    case ANSWER_FAULT:
        printf("fault %s, and without that nobody makes a new key; why is in the system's log, for an administrator\n",
               duo ? "Duo cannot be asked for its approval" : "the ticket cannot be looked at");
        break;
    }
}

int main(int argc, char **argv)
{
    static const char *const ways[] = {[ASK_PUSH] = "--push", [ASK_TICKET] = "--ticket", [ASK_USE_TICKET] = "--use-ticket"};
    struct question question = {.way = ASK_PERSON};
    enum answer answer = ANSWER_FAULT;
    struct fault fault = {.text = ""};

    for (int way = ASK_PUSH; argc == 3 && way <= ASK_USE_TICKET; way++)
        if (strcmp(argv[2], ways[way]) == 0)
            question.way = (enum way)way;
    if ((argc != 2 && question.way == ASK_PERSON) || !name_is_valid(argv[1])) {
        fputs("usage: mfa-approve SVM [--push|--ticket|--use-ticket]\nmfa-approve is started by mfa-enroll; it is of no use by itself\n", stderr);
        return 2;
    }
    question.name = argv[1];
    if (harden(&fault) == 0)
        answer = run(&question, &fault);
    log_answer(&question, answer, &fault);
    say(&question, answer, fault.text);
    return fflush(stdout) == 0 ? 0 : 1;
}
