/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The pam_mfa authors */
/*
 * many SERVICE USER ANSWER WARM COUNT [threads]: COUNT logins from one process, after WARM that let caches fill; with
 * `threads`, from four threads at once. Prints memory, descriptors, children and processor time before and after the COUNT,
 * and threads and shared libraries of the process when it starts and at the first prompt. Exits with 0 if each login
 * succeeded.
 */
#include <security/pam_appl.h>

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <syslog.h>

struct work {
    const char *service, *user, *answer;
    int count, failed;
    int prompts;
};

static void report_loaded(const char *when);

static int converse(int count, const struct pam_message **messages, struct pam_response **responses, void *data)
{
    struct work *work = data;

    *responses = calloc((size_t)count, sizeof **responses);
    for (int i = 0; i < count; i++) {
        if (messages[i]->msg_style != PAM_PROMPT_ECHO_OFF && messages[i]->msg_style != PAM_PROMPT_ECHO_ON)
            continue;
        if (work->prompts++ == 0)
            report_loaded("prompt");
        (*responses)[i].resp = strdup(work->answer);
    }
    return PAM_SUCCESS;
}

static void *log_in(void *context)
{
    struct work *work = context;

    for (int i = 0; i < work->count; i++) {
        const struct pam_conv conversation = {converse, work};
        pam_handle_t *pamh = NULL;
        int code = pam_start(work->service, work->user, &conversation, &pamh);

        if (code == PAM_SUCCESS)
            code = pam_authenticate(pamh, 0);
        pam_end(pamh, code);
        work->failed += code != PAM_SUCCESS;
    }
    return NULL;
}

static int descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int count = -1; /* the directory's own */

    while (dir != NULL && readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count;
}

/* The number behind NAME in FILE of /proc/self. */
static long number(const char *file, const char *name)
{
    FILE *status = fopen(file, "r");
    char line[256];
    long found = -1;

    while (status != NULL && found < 0 && fgets(line, sizeof line, status) != NULL)
        if (strncmp(line, name, strlen(name)) == 0)
            found = strtol(line + strlen(name), NULL, 10);
    if (status != NULL)
        fclose(status);
    return found;
}

static void report_loaded(const char *when)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512], last[512] = "";

    printf("%s threads=%ld libraries=", when, number("/proc/self/status", "Threads:"));
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        char *name = strrchr(line, '/');

        line[strcspn(line, "\n")] = '\0';
        if (name == NULL || strstr(name, ".so") == NULL || strcmp(name, last) == 0)
            continue; /* a library has several mappings, one behind the other */
        strcpy(last, name);
        printf("%s", name);
    }
    if (maps != NULL)
        fclose(maps);
    printf("\n");
}

static long cpu_us(int who)
{
    struct rusage usage;

    getrusage(who, &usage);
    return (long)((usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 + usage.ru_utime.tv_usec +
                  usage.ru_stime.tv_usec);
}

/* Memory is the process's own. Pages of files, which the kernel maps as it pleases, are not counted. */
static void report(const char *when)
{
    int child = waitpid(-1, NULL, WNOHANG);

    printf("%s anonymous_kib=%ld descriptors=%d children=%d cpu_us=%ld cpu_children_us=%ld\n", when,
           number("/proc/self/smaps_rollup", "Anonymous:"), descriptors(), child < 0 && errno == ECHILD ? 0 : 1,
           cpu_us(RUSAGE_SELF), cpu_us(RUSAGE_CHILDREN));
}

int main(int argc, char **argv)
{
    struct work work[4];
    pthread_t threads[4];
    int failed = 0, lanes = argc > 6 ? 4 : 1;

    if (argc < 6)
        return 2;
    openlog("many", LOG_NDELAY, LOG_AUTHPRIV);
    report_loaded("start");
    work[0] = (struct work){argv[1], argv[2], argv[3], atoi(argv[4]), 0, 0};
    log_in(&work[0]);
    failed += work[0].failed;
    report("before");
    for (int i = 0; i < lanes; i++) {
        work[i] = (struct work){argv[1], argv[2], argv[3], atoi(argv[5]) / lanes, 0, 1};
        if (lanes == 1) /* where the first ones were: a thread would bring memory of its own */
            log_in(&work[i]);
        else if (pthread_create(&threads[i], NULL, log_in, &work[i]) != 0)
            return 2;
    }
    for (int i = 0; i < lanes; i++) {
        if (lanes > 1)
            pthread_join(threads[i], NULL);
        failed += work[i].failed;
    }
    report("after");
    printf("failed=%d\n", failed);
    return failed != 0;
}
