/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The pam_mfa authors */
/*
 * Answers the prompt COUNT times with what no authenticator app shows:
 *
 *   flood CONF SVM USER HEXKEY DIGITS PERIOD COUNT SEED STATE_FILE
 *
 * Random bytes, nothing, NULs, 10,000 bytes, no response, digits that are no code. Time is the test's: an hour passes
 * between two answers, so that the throttle lets each one be looked at, and after 90 failures the state file is put
 * back as it was. Prints how many of each verdict there were; exits with 1 if one was accepted.
 */
#include "module/login.h"
#include "totp/otp.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LONG_ANSWER 10000
#define WINDOW_MAX 10
#define DAY (24 * 3600)

static long long the_time;
static unsigned long long chaos;
static struct otp otp;
static unsigned char key[64];
static int eight_digits_left = 20; /* each costs an scrypt, 16 MiB of it */

static long long now(void)
{
    return the_time;
}

/* xorshift64*: the same answers for the same seed. */
static unsigned int chance(unsigned int limit)
{
    chaos ^= chaos >> 12;
    chaos ^= chaos << 25;
    chaos ^= chaos >> 27;
    return (unsigned int)((chaos * 0x2545f4914f6cdd1dULL) >> 33) % limit;
}

static void fill(char *out, size_t length, const char *alphabet)
{
    for (size_t i = 0; i < length; i++)
        out[i] = alphabet != NULL ? alphabet[chance((unsigned int)strlen(alphabet))] : (char)chance(256);
    out[length] = '\0';
}

static bool is_a_code(const char *answer)
{
    int64_t present = otp_step(&otp, the_time);
    char code[OTP_CODE_SIZE];

    for (int64_t step = present - WINDOW_MAX; step <= present + WINDOW_MAX; step++)
        if (otp_code(&otp, step, code) != 0 || strcmp(code, answer) == 0)
            return true;
    return false;
}

static char *next_answer(void)
{
    char *answer = calloc(LONG_ANSWER + 1, 1);
    size_t digits = otp.digits;

    if (answer == NULL)
        exit(2);
    switch (chance(8)) {
    case 0: fill(answer, 0, NULL); break;
    case 1: fill(answer, chance(64), NULL); break; /* NULs among them */
    case 2: fill(answer, LONG_ANSWER, chance(2) == 0 ? NULL : "0123456789"); break;
    case 3: fill(answer, digits, "0123456789abcdef +-"); break;
    case 4: fill(answer, 1 + chance(20), " \t\r\n"); break;
    case 5: fill(answer, digits - 1 + 2 * chance(2), "0123456789"); break;
    case 6:
        if (eight_digits_left-- > 0)
            fill(answer, 8, "0123456789");
        break;
    default: /* a NUL, and behind it what would have been a code */
        fill(answer, digits, "0123456789");
        answer[chance((unsigned int)digits)] = '\0';
        break;
    }
    if (strlen(answer) == 8 && strspn(answer, "0123456789") == 8 && eight_digits_left < 0)
        answer[0] = 'x';
    while (is_a_code(answer))
        fill(answer, digits, "0123456789");
    return answer;
}

static int prompt(void *context, const char *text, bool echo, char **response)
{
    (void)context;
    (void)text;
    (void)echo;
    if (chance(50) == 0)
        return -1;
    *response = next_answer();
    return 0;
}

static int inform(void *context, const char *text)
{
    (void)context;
    (void)text;
    return 0;
}

static void ignore_log(void *context, enum log_level level, const char *line)
{
    (void)context;
    (void)level;
    (void)line;
}

/* Reads, or with SAVED, overwrites the state file. */
static size_t state_file(const char *path, char *data, size_t size, bool write_it)
{
    int fd = open(path, write_it ? O_WRONLY | O_TRUNC : O_RDONLY);
    ssize_t done = fd < 0 ? -1 : write_it ? write(fd, data, size) : read(fd, data, size);

    if (done <= 0) {
        perror(path);
        exit(2);
    }
    close(fd);
    return (size_t)done;
}

int main(int argc, char **argv)
{
    unsigned long counts[VERDICT_ACCEPTED + 1] = {0};
    const struct conversation conversation = {.prompt = prompt, .inform = inform};
    const struct log log = {.write = ignore_log};
    struct login_request request = {.service = "flood"};
    struct options options = {0};
    char state[8192];
    size_t state_length;
    long count;

    if (argc != 10)
        return 2;
    options.conf = argv[1];
    options.svm = argv[2];
    request.user = argv[3];
    otp = (struct otp){.algorithm = CRYPTO_SHA1, .digits = (unsigned int)atoi(argv[5]),
                       .period = (unsigned int)atoi(argv[6]), .key = key};
    if (crypto_unhex(argv[4], key, sizeof key, &otp.key_length) != 0)
        return 2;
    count = atol(argv[7]);
    chaos = strtoull(argv[8], NULL, 10) * 2 + 1;
    the_time = (long long)time(NULL);
    state_length = state_file(argv[9], state, sizeof state, false);

    for (long i = 0; i < count; i++) {
        struct login *login = calloc(1, sizeof *login);

        if (login == NULL)
            return 2;
        if (i % 90 == 0)
            state_file(argv[9], state, state_length, true);
        login->options = &options;
        login->request = &request;
        login->conversation = &conversation;
        login->log = &log;
        login->now = now;
        counts[login_run(login)]++;
        free(login);
        the_time += DAY;
    }
    for (int verdict = 0; verdict <= VERDICT_ACCEPTED; verdict++)
        printf("%s %lu\n", verdict_word((enum verdict)verdict), counts[verdict]);
    return counts[VERDICT_ACCEPTED] == 0 ? 0 : 1;
}
