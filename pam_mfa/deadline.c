/* SPDX-License-Identifier: BSD-2-Clause */
#include "deadline.h"

#include <limits.h>
#include <time.h>

long long deadline_clock(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct deadline deadline_in(long long milliseconds)
{
    return (struct deadline){.at = deadline_clock() + milliseconds};
}

int deadline_left(const struct deadline *deadline)
{
    long long left = deadline->at - deadline_clock();

    return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

void deadline_pause(struct deadline *deadline, long long started)
{
    deadline->at += deadline_clock() - started;
}
