/* SPDX-License-Identifier: BSD-2-Clause */
/* A point in time that something must be over by, on a clock that nobody sets. */
#ifndef PAM_MFA_DEADLINE_H
#define PAM_MFA_DEADLINE_H

struct deadline {
    long long at; /* milliseconds of the monotonic clock */
};

/* Milliseconds of the monotonic clock; -1: it does not answer. */
long long deadline_clock(void);

struct deadline deadline_in(long long milliseconds);

/* Milliseconds left, at least 0 and fit for poll(2). Without a clock, set or asked, none are left. */
int deadline_left(const struct deadline *deadline);

/* Moves DEADLINE by what has passed since STARTED: that time did not count. */
void deadline_pause(struct deadline *deadline, long long started);

/* Lets MILLISECONDS go by, however many signals the process handles meanwhile: for whoever counts the times that it waited. */
void deadline_sleep(int milliseconds);

#endif
