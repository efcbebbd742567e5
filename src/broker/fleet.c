/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: a host whose clock is off by more than its configuration allows accepts nothing, since it would count waits
 * wrong. (A used code it could not bring back: the store's step decides.)
 */
#include "broker/broker.h"

#include <stdio.h>
#include <time.h>

#define CLOCK_EVERY_MS 60000

static long long wall_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

long long fleet_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The nodes' time now is what they said, and what has passed since; so a clock that is set is noticed without asking. */
long long fleet_skew(const struct fleet *fleet)
{
    return (wall_ms() - (fleet->clock.date + fleet_now() - fleet->clock.at)) / 1000;
}

static void clock_done(void *context, const struct call_result *result)
{
    struct fleet *fleet = context;

    fleet->clock.asked = false;
    if (result->end == CALL_ANSWERED) {
        fleet->clock.known = true;
        fleet->clock.date = result->date * 1000 + 500; /* it is told in whole seconds */
        fleet->clock.at = fleet_now();
    }
    broker_clock_known(fleet, result);
}

int fleet_clock(struct fleet *fleet, struct fault *fault)
{
    long long now = fleet_now(), skew;

    if (!fleet->clock.asked && (!fleet->clock.known || now - fleet->clock.at > CLOCK_EVERY_MS)) {
        if (call_start(fleet, NULL, -1, NULL, clock_done, fleet) != 0)
            return fault_set(fault, "out of memory");
        fleet->clock.asked = true;
    }
    if (!fleet->clock.known)
        return 0;
    skew = fleet_skew(fleet);
    if (skew > fleet->conf->clock_skew_max || skew < -fleet->conf->clock_skew_max)
        return fault_set(fault, "the clock of this host is %lld s %s the store's, and at most %d s are allowed "
                         "(clock_skew_max); set it right", skew < 0 ? -skew : skew, skew < 0 ? "behind" : "ahead of",
                         fleet->conf->clock_skew_max);
    return 1;
}
