/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How much time this process did not get: because it was stopped, frozen with its control group, or starved. Whoever
 * starts su can do that to it, and what a server then sends in time is read too late. Seen is what befalls all threads.
 */
#ifndef PAM_MFA_DUO_PULSE_H
#define PAM_MFA_DUO_PULSE_H

#include "base/fault.h"

struct duo_pulse; /* opaque */

/* Starts a thread that looks at the clock all the time. End it with duo_pulse_stop. NULL: fault. */
__attribute__((warn_unused_result)) struct duo_pulse *duo_pulse_start(struct fault *fault);

/* Ends the thread. Returns how many milliseconds were lost since its start; LLONG_MAX: that is not known. */
long long duo_pulse_stop(struct duo_pulse **pulse);

#endif
