/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/deadline.h"

#include <errno.h>
#include <limits.h>
#include <time.h>

long long deadline_clock(void)
{
    struct timespec now;

    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        return -1;
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct deadline deadline_in(long long milliseconds)
{
    const long long now = deadline_clock();

    return (struct deadline){.at = now < 0 ? now : now + milliseconds};
}

int deadline_left(const struct deadline *deadline)
{
    const long long now = deadline_clock(), left = deadline->at - now;

    return now < 0 || left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

void deadline_pause(struct deadline *deadline, long long started)
{
    const long long now = deadline_clock();

    if (now >= 0 && started >= 0)
        deadline->at += now - started;
}

void deadline_sleep(int milliseconds)
{
    struct timespec left = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000L};

    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}
