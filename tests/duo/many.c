/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * many SERVICE USER ANSWER WARM COUNT [threads]: COUNT logins from one process, after WARM that let caches fill; with
 * `threads`, from four threads at once. Prints memory, descriptors and children before and after. Exits with 0 if each
 * login succeeded.
 */
#include <security/pam_appl.h>

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <syslog.h>

struct work {
    const char *service, *user, *answer;
    int count, failed;
};

static int converse(int count, const struct pam_message **messages, struct pam_response **responses, void *data)
{
    *responses = calloc((size_t)count, sizeof **responses);
    for (int i = 0; i < count; i++)
        if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF || messages[i]->msg_style == PAM_PROMPT_ECHO_ON)
            (*responses)[i].resp = strdup(data);
    return PAM_SUCCESS;
}

static void *log_in(void *context)
{
    struct work *work = context;

    for (int i = 0; i < work->count; i++) {
        const struct pam_conv conversation = {converse, (void *)(size_t)work->answer};
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

/* Memory of the process's own. Pages of files, which the kernel maps as it pleases, are not counted. */
static long anonymous_kib(void)
{
    FILE *status = fopen("/proc/self/status", "r");
    char line[256];
    long kib = -1;

    while (status != NULL && fgets(line, sizeof line, status) != NULL)
        if (sscanf(line, "RssAnon: %ld", &kib) == 1)
            break;
    if (status != NULL)
        fclose(status);
    return kib;
}

static void report(const char *when)
{
    int child = waitpid(-1, NULL, WNOHANG);

    printf("%s anonymous_kib=%ld descriptors=%d children=%d\n", when, anonymous_kib(), descriptors(),
           child < 0 && errno == ECHILD ? 0 : 1);
}

int main(int argc, char **argv)
{
    struct work work[4];
    pthread_t threads[4];
    int failed = 0, lanes = argc > 6 ? 4 : 1;

    if (argc < 6)
        return 2;
    openlog("many", LOG_NDELAY, LOG_AUTHPRIV);
    work[0] = (struct work){argv[1], argv[2], argv[3], atoi(argv[4]), 0};
    log_in(&work[0]);
    failed += work[0].failed;
    report("before");
    for (int i = 0; i < lanes; i++) {
        work[i] = (struct work){argv[1], argv[2], argv[3], atoi(argv[5]) / lanes, 0};
        if (pthread_create(&threads[i], NULL, log_in, &work[i]) != 0)
            return 2;
    }
    for (int i = 0; i < lanes; i++) {
        pthread_join(threads[i], NULL);
        failed += work[i].failed;
    }
    report("after");
    printf("failed=%d\n", failed);
    return failed != 0;
}
