/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The pam_mfa authors */
/*
 * A long-lived program that logs people in, with a libcrypto that has been used before, as sshd's has:
 *
 *   warm_host [-j WORKERS] [-t] SERVICE <LOGINS
 *
 * Each line of standard input is a login: a user, and behind a tab what every prompt is answered with. WORKERS
 * processes, forked when everything is loaded, share the lines and begin at the same instant. Prints how many logins
 * succeeded and failed, wall and processor seconds from that instant on, and memory after the first and last login. With -t,
 * prints to standard error how many microseconds each has taken.
 */
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <security/pam_appl.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct login {
    char *user, *answer;
};

struct tally {
    long succeeded, failed, rss_first, rss_last; /* RSS in KiB */
};

static bool times; /* -t */

static int converse(int count, const struct pam_message **messages, struct pam_response **responses, void *data)
{
    *responses = calloc((size_t)count, sizeof **responses);
    if (*responses == NULL)
        return PAM_BUF_ERR;
    for (int i = 0; i < count; i++)
        if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF || messages[i]->msg_style == PAM_PROMPT_ECHO_ON)
            (*responses)[i].resp = strdup(data);
    return PAM_SUCCESS;
}

static long resident(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    if (file != NULL) {
        if (fscanf(file, "%*d %ld", &pages) != 1)
            pages = 0;
        fclose(file);
    }
    return pages * sysconf(_SC_PAGESIZE) / 1024;
}

/* The most that was resident since this program began; getrusage would count what its parent was before exec, too. */
static long resident_max(void)
{
    char line[256];
    long kib = 0;
    FILE *file = fopen("/proc/self/status", "r");

    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    if (file != NULL)
        fclose(file);
    return kib;
}

/* Not inlined: a profile finds it by its name. */
__attribute__((noinline)) static int log_in(const char *service, struct login *login)
{
    const struct pam_conv conversation = {converse, login->answer};
    pam_handle_t *pamh = NULL;
    int code = pam_start(service, login->user, &conversation, &pamh);

    if (code == PAM_SUCCESS)
        code = pam_authenticate(pamh, 0);
    pam_end(pamh, code);
    return code;
}

/* What a host with TLS or SSH traffic has done long before anybody logs in. */
static int warm_up(void)
{
    unsigned char data[64] = {0}, out[64];
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    unsigned int size;
    int length, good;

    good = cipher != NULL && RAND_bytes(data, sizeof data) == 1 && EVP_Digest(data, 64, out, &size, EVP_sha1(), NULL) == 1 &&
           EVP_Digest(data, 64, out, &size, EVP_sha256(), NULL) == 1 &&
           EVP_Digest(data, 64, out, &size, EVP_sha512(), NULL) == 1 &&
           EVP_EncryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, data, data) == 1 &&
           EVP_EncryptUpdate(cipher, out, &length, data, sizeof data) == 1;
    EVP_CIPHER_CTX_free(cipher);
    return good ? 0 : -1;
}

static struct tally work(const char *service, struct login *logins, long count, long first, long step)
{
    struct tally tally = {0};

    for (long i = first; i < count; i += step) {
        struct timespec begin, end;

        clock_gettime(CLOCK_MONOTONIC, &begin);
        if (log_in(service, &logins[i]) == PAM_SUCCESS)
            tally.succeeded++;
        else
            tally.failed++;
        clock_gettime(CLOCK_MONOTONIC, &end);
        if (times)
            fprintf(stderr, "%ld us\n", (long)(end.tv_sec - begin.tv_sec) * 1000000 + (end.tv_nsec - begin.tv_nsec) / 1000);
        if (tally.rss_first == 0)
            tally.rss_first = resident();
    }
    tally.rss_last = resident();
    return tally;
}

static double seconds(const struct timeval *time)
{
    return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

int main(int argc, char **argv)
{
    struct login *logins = NULL;
    struct tally sum = {0}, one;
    struct rusage self, children;
    struct timespec begin, end;
    char line[512], byte = 0;
    int option, go[2], results[2];
    long workers = 1, count = 0;

    while ((option = getopt(argc, argv, "j:t")) != -1) {
        if (option == 't')
            times = true;
        else if (option != 'j' || (workers = strtol(optarg, NULL, 10)) < 1)
            return 2;
    }
    if (optind + 1 != argc || warm_up() != 0 || pipe(go) != 0 || pipe(results) != 0)
        return 2;
    while (fgets(line, sizeof line, stdin) != NULL) {
        char *tab = strchr(line, '\t');

        if (tab == NULL)
            return 2;
        *tab++ = '\0';
        tab[strcspn(tab, "\n")] = '\0';
        logins = realloc(logins, (size_t)(count + 1) * sizeof *logins);
        if (logins == NULL)
            return 2;
        logins[count++] = (struct login){strdup(line), strdup(tab)};
    }
    for (long worker = 0; workers > 1 && worker < workers; worker++) {
        if (fork() != 0)
            continue;
        close(go[1]);
        if (read(go[0], &byte, 1) < 0)
            _exit(2);
        one = work(argv[optind], logins, count, worker, workers);
        _exit(write(results[1], &one, sizeof one) != sizeof one);
    }
    close(results[1]);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    close(go[1]);
    if (workers == 1)
        sum = work(argv[optind], logins, count, 0, 1);
    else {
        while (read(results[0], &one, sizeof one) == (ssize_t)sizeof one) {
            sum.succeeded += one.succeeded;
            sum.failed += one.failed;
            sum.rss_first = one.rss_first;
            sum.rss_last = one.rss_last;
        }
        while (wait(NULL) > 0)
            ;
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    getrusage(RUSAGE_SELF, &self);
    getrusage(RUSAGE_CHILDREN, &children);
    printf("succeeded=%ld failed=%ld wall=%.6f cpu=%.6f rss_first=%ld rss_last=%ld rss_max=%ld\n", sum.succeeded,
           sum.failed, (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9,
           seconds(&self.ru_utime) + seconds(&self.ru_stime) + seconds(&children.ru_utime) + seconds(&children.ru_stime),
           sum.rss_first, sum.rss_last, resident_max());
    return 0;
}
