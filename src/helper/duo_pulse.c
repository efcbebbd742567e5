/* SPDX-License-Identifier: BSD-2-Clause */
#include "helper/duo_pulse.h"

#include "base/deadline.h"

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BEAT_MS 50
#define JITTER_MS 10 /* what a timer may be late by without anyone meaning it */

struct duo_pulse {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t end;
    bool ended;
    long long last, lost; /* milliseconds: of the last beat, on deadline.h's clock; and how many were lost */
};

/* Adds what has passed since the last beat beyond BEAT_MS. */
static void note_beat(struct duo_pulse *pulse)
{
    const long long now = deadline_clock(), late = now - pulse->last - BEAT_MS;

    if (now < 0 || pulse->last < 0)
        pulse->lost = LLONG_MAX;
    else if (late > JITTER_MS && pulse->lost != LLONG_MAX)
        pulse->lost += late;
    pulse->last = now;
}

static void *beat(void *context)
{
    struct duo_pulse *pulse = context;

    pthread_mutex_lock(&pulse->lock);
    while (!pulse->ended && pulse->lost != LLONG_MAX) {
        const long long next = pulse->last + BEAT_MS;
        const struct timespec until = {.tv_sec = next / 1000, .tv_nsec = (long)(next % 1000) * 1000000};

        pthread_cond_timedwait(&pulse->end, &pulse->lock, &until);
        note_beat(pulse);
    }
    pthread_mutex_unlock(&pulse->lock);
    return NULL;
}

/* A condition whose waits end by the clock that nobody sets. */
static int open_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    int error = pthread_condattr_init(&attributes);

    if (error != 0)
        return error;
    error = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    if (error == 0)
        error = pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
    return error;
}

struct duo_pulse *duo_pulse_start(struct fault *fault)
{
    struct duo_pulse *pulse = calloc(1, sizeof *pulse);
    int error;

    if (pulse == NULL) {
        fault_set(fault, "out of memory");
        return NULL;
    }
    pulse->last = deadline_clock();
    error = open_condition(&pulse->end);
    if (error == 0) {
        pthread_mutex_init(&pulse->lock, NULL);
        error = pthread_create(&pulse->thread, NULL, beat, pulse);
    }
    if (error != 0) {
        fault_set(fault, "the Duo helper cannot start a thread: %s", strerror(error));
        free(pulse);
        return NULL;
    }
    return pulse;
}

long long duo_pulse_stop(struct duo_pulse **pulse)
{
    long long lost;

    pthread_mutex_lock(&(*pulse)->lock);
    (*pulse)->ended = true;
    pthread_cond_signal(&(*pulse)->end);
    pthread_mutex_unlock(&(*pulse)->lock);
    pthread_join((*pulse)->thread, NULL);
    lost = (*pulse)->lost;
    free(*pulse);
    *pulse = NULL;
    return lost;
}
