/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: root always finds a seat, and so does a user who has none yet, as long as somebody with more of them has
 * not even said what they want, and a turn, as long as there are users with more; user ids without an account, of which one person may have thousands, count as one.
 */
#include "gateway/seat.h"

#define QUICK_MS 250 /* what a look-up takes at most, as a rule */
#define SLOW_MS 2000 /* who takes longer to send a request may have to leave for somebody who has no seat */
#define GRACE_MS 2000

static bool is_stranger(const struct seat *seat)
{
    return seat->step != SEAT_FREE && seat->uid != 0 && !seat->is_known;
}

static size_t count_user(const struct seats *seats, uid_t uid)
{
    size_t count = 0;

    for (size_t i = 0; i < LIMIT_SEATS; i++)
        count += seats->seats[i].step != SEAT_FREE && seats->seats[i].uid == uid;
    return count;
}

static bool is_known(const struct seats *seats, uid_t uid)
{
    return uid != 0 && seats->known[uid % SEAT_KNOWN] == uid;
}

static int find_free(const struct seats *seats)
{
    for (size_t i = 0; i < LIMIT_SEATS; i++)
        if (seats->seats[i].step == SEAT_FREE)
            return (int)i;
    return -1;
}

/* The stranger who has been asked about for the longest, and for longer than that should take. */
static int find_slow_stranger(const struct seats *seats, long long now)
{
    int found = -1;

    for (int i = 0; i < LIMIT_SEATS; i++) {
        const struct seat *seat = &seats->seats[i];

        if (is_stranger(seat) && now - seat->since >= QUICK_MS &&
            (found < 0 || seat->since < seats->seats[found].since))
            found = i;
    }
    return found;
}

/*
 * The seat of somebody who has more than OWN of them and for whom nothing is done: of those who have most, the oldest.
 * One seat more is no reason, unless it is held for long.
 */
static int find_half_sent(const struct seats *seats, size_t own, long long now)
{
    size_t most = 0;
    int found = -1;

    for (int i = 0; i < LIMIT_SEATS; i++) {
        const struct seat *seat = &seats->seats[i];
        size_t count;

        if (seat->uid == 0 || (seat->step != SEAT_ASKS && seat->step != SEAT_READS && seat->step != SEAT_PAUSES))
            continue;
        count = count_user(seats, seat->uid);
        if (count <= own || (count == own + 1 && now - seat->since < SLOW_MS))
            continue;
        if (count > most || (count == most && seat->since < seats->seats[found].since)) {
            most = count;
            found = i;
        }
    }
    return found;
}

int seat_find(const struct seats *seats, uid_t uid, long long now)
{
    size_t own = count_user(seats, uid), others = 0, strangers = 0;

    if (own >= LIMIT_USER)
        return -1;
    if (uid == 0)
        return find_free(seats);
    for (size_t i = 0; i < LIMIT_SEATS; i++) {
        others += seats->seats[i].step != SEAT_FREE && seats->seats[i].uid != 0;
        strangers += is_stranger(&seats->seats[i]);
    }
    if (!is_known(seats, uid) && strangers >= LIMIT_STRANGERS)
        return find_slow_stranger(seats, now);
    return others < LIMIT_OTHERS ? find_free(seats) : find_half_sent(seats, own, now);
}

void seat_take(struct seats *seats, size_t index, uid_t uid, long long now)
{
    struct seat *seat = &seats->seats[index];

    *seat = (struct seat){.uid = uid, .is_known = is_known(seats, uid), .since = now};
    seat_step(seat, SEAT_ASKS, now);
}

void seat_step(struct seat *seat, enum seat_step step, long long now)
{
    const long long last = seat->since + LIMIT_TOTAL_SECONDS * 1000;

    seat->step = step;
    seat->deadline = now + (step == SEAT_PAUSES ? LIMIT_PAUSE_SECONDS : LIMIT_SECONDS) * 1000;
    /* Who reads and answers sees to the end itself; who waits sees at least one turn end. */
    if (step == SEAT_READS || step == SEAT_QUEUES || step == SEAT_ANSWERS)
        seat->deadline += GRACE_MS;
    if (seat->deadline > last)
        seat->deadline = last;
}

void seat_know(struct seats *seats, size_t index, bool has_account)
{
    struct seat *seat = &seats->seats[index];
    uid_t *known = &seats->known[seat->uid % SEAT_KNOWN];

    seat->is_known = has_account;
    if (has_account && seat->uid != 0)
        *known = seat->uid;
    else if (*known == seat->uid)
        *known = 0;
}

/* How many seats of user UID are being worked on; and how many of all users but root, into *OTHERS. */
static size_t count_working(const struct seats *seats, uid_t uid, size_t *others)
{
    size_t count = 0;

    *others = 0;
    for (size_t i = 0; i < LIMIT_SEATS; i++) {
        if (seats->seats[i].step == SEAT_WORKS) {
            *others += seats->seats[i].uid != 0;
            count += seats->seats[i].uid == uid;
        }
    }
    return count;
}

int seat_next(const struct seats *seats)
{
    size_t least = 0;
    int found = -1;

    for (int i = 0; i < LIMIT_SEATS; i++) {
        const struct seat *seat = &seats->seats[i];
        size_t others, own;

        if (seat->step != SEAT_QUEUES)
            continue;
        own = count_working(seats, seat->uid, &others);
        /* Root's turns are its own. */
        if (seat->uid == 0)
            own = 0;
        else if (others >= LIMIT_WORKERS || own >= LIMIT_USER_WORKERS)
            continue;
        if (found < 0 || own < least || (own == least && seat->deadline < seats->seats[found].deadline)) {
            least = own;
            found = i;
        }
    }
    return found;
}
