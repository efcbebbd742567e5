/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One user's record, as src/store keeps it: two slots, a mark, a lock. Two processes redeem a right code, an emergency code
 * or a wrong one, again and again, and at any step one of them is killed, or the power goes.
 *
 * What is on the disk and what the kernel holds are two things: whatever was written and not yet synced may or may not
 * be on the disk, or half of it, when the power comes back. A killed process leaves what it wrote so far, and its lock goes.
 *
 * Held by assertions, over every interleaving:
 *  - a step, or an emergency code, is accepted once;
 *  - an acceptance that was reported is never forgotten;
 *  - no guess is free: one that was looked at counts before the next is looked at, also where its process was killed;
 *    the power's going spares at most those that nobody was told about;
 *  - some slot is always whole, so that no state needs an administrator.
 *
 * The steps are named as in the code. Each WITHOUT_... takes one rule away, and must then be caught: see the suite.
 */
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef ATTEMPTS
#define ATTEMPTS 2 /* of each process */
#endif
#define PROCESSES 2

mtype = { STEP, CODE, WRONG };

typedef slot {
    bool whole;   /* its authentication holds */
    byte sequence;
    bool step;    /* the step is used up */
    bool code;    /* so is the emergency code */
    byte failures
};

slot cache[2], disk[2];
bool dirty[2];
bool mark, mark_disk;
byte holder;                    /* of the lock: 0 nobody, else process + 1 */
bool killed[PROCESSES];
byte crashes = CRASHES;

/* What the world has been told, and what it knows. */
byte told_step, told_code, told_wrong;
byte looked_wrong;              /* wrong guesses that were looked at, but for those that the power took */

inline copy_slot(to, from)
{
    to.whole = from.whole;
    to.sequence = from.sequence;
    to.step = from.step;
    to.code = from.code;
    to.failures = from.failures
}

/* The whole slot with the latest sequence; of two alike the one that was synced, which the sequence tells. */
inline find_newest()
{
    assert(cache[0].whole || cache[1].whole);
    if
    :: !cache[0].whole -> newest = 1
    :: !cache[1].whole -> newest = 0
    :: cache[0].whole && cache[1].whole ->
        if
        :: cache[0].sequence == cache[1].sequence -> newest = cache[0].sequence % 2
        :: else -> newest = (cache[0].sequence > cache[1].sequence -> 0 : 1)
        fi
    fi
}

/*
 * A write that is cut leaves of each sector the old bytes or the new ones: half of a slot is no slot, but for the one that
 * was written again as it stood.
 */
#define SAME(which) (disk[which].whole && cache[which].whole && disk[which].sequence == cache[which].sequence && \
    disk[which].step == cache[which].step && disk[which].code == cache[which].code && \
    disk[which].failures == cache[which].failures)

/* A step of process me, in which nothing else happens; but first it may find itself killed. */
#define DO(step) atomic { if :: killed[me] -> goto dead :: else -> step fi }

/* What is written next goes to the other slot: the newest is the one that must survive this write. */
inline begin_write()
{
#ifdef WITHOUT_OTHER_SLOT
    target = newest;
#else
    target = (cache[newest].sequence + 1) % 2;
#endif
    next = cache[newest].sequence + 1;
    cache[target].whole = false;
    dirty[target] = true
}

inline sync_begin(which)
{
    if
    :: dirty[which] && !SAME(which) -> disk[which].whole = false
    :: else -> skip
    fi
}

inline sync_end(which)
{
    copy_slot(disk[which], cache[which]);
    dirty[which] = false
}

proctype redeem(byte me)
{
    byte left = ATTEMPTS, newest, target, next, failures;
    bool step, code, accepts, writes;
    mtype guess;

again:
    if
    :: left == 0 -> goto finished
    :: else -> left--
    fi;
    if
    :: guess = STEP
    :: guess = CODE
    :: guess = WRONG
    fi;

    /* lock */
    atomic {
        if
        :: killed[me] -> goto dead
        :: !killed[me] && holder == 0 -> holder = me + 1
        fi
    };

    /* read */
    DO(find_newest();
       assert(told_step == 0 || cache[newest].step);
       assert(told_code == 0 || cache[newest].code));

    /*
     * settle: a mark that is found is an attempt that never ended. Its slot may be the newest and only in the kernel: the
     * same bytes once more, to the disk, before the older one is written over.
     */
    if
    :: mark ->
#ifndef WITHOUT_REWRITE
        DO(dirty[newest] = true; sync_begin(newest));
        DO(sync_end(newest));
#endif
        DO(begin_write());
        DO(cache[target].sequence = next; cache[target].step = cache[newest].step; cache[target].code = cache[newest].code;
           cache[target].failures = cache[newest].failures + 1; cache[target].whole = true);
        DO(sync_begin(target));
        DO(sync_end(target));
        DO(newest = target; mark = false)
    :: else -> skip
    fi;
    DO(assert(cache[newest].failures >= looked_wrong));

    /* mark */
#ifndef WITHOUT_MARK
    DO(mark = true);
#endif

    /* look */
    DO(step = cache[newest].step; code = cache[newest].code; failures = cache[newest].failures; accepts = false;
       writes = false;
       if
       :: guess == STEP && !step -> step = true; accepts = true; writes = true
       :: guess == CODE && !code -> code = true; accepts = true; writes = true
       :: guess == WRONG -> failures++; writes = true; looked_wrong++
       :: else -> skip /* used up: no guess */
       fi);

    if
    :: writes ->
#ifdef WITHOUT_ORDER
        DO(mark = false);
#endif
        /* write */
        DO(begin_write());
        DO(cache[target].sequence = next; cache[target].step = step; cache[target].code = code;
           cache[target].failures = failures; cache[target].whole = true);
        /* sync */
#ifndef WITHOUT_SYNC
        DO(sync_begin(target));
        DO(sync_end(target));
#endif
        /* mirror: the same into the older slot, for a medium that loses the newer one; nobody waits for the disk */
#ifdef MIRROR
        DO(cache[newest].whole = false; dirty[newest] = true);
        DO(copy_slot(cache[newest], cache[target]))
#endif
    :: else -> skip
    fi;

    /* unmark */
    DO(mark = false);

    /* report, unlock */
    DO(if
       :: accepts && guess == STEP -> told_step++
       :: accepts && guess == CODE -> told_code++
       :: guess == WRONG -> told_wrong++
       :: else -> skip
       fi;
       assert(told_step <= 1 && told_code <= 1);
       holder = 0);
    goto again;

dead:
    atomic {
        killed[me] = false;
        if
        :: holder == me + 1 -> holder = 0
        :: else -> skip
        fi
    };
    goto again;
finished:
    skip
}

/* What of a slot that was not synced has reached the disk: nothing, half, or all. */
inline lose(which)
{
    if
    :: !dirty[which]
    :: dirty[which]
    :: dirty[which] && !SAME(which) -> disk[which].whole = false
    :: dirty[which] -> copy_slot(disk[which], cache[which])
    fi;
    copy_slot(cache[which], disk[which]);
    dirty[which] = false
}

/* At any time: a process is killed, the kernel writes back, or the power goes. */
active proctype fate()
{
end:
    do
    :: atomic { crashes > 0 -> crashes--; if :: killed[0] = true :: killed[1] = true fi }
    :: atomic {
        crashes > 0 -> crashes--;
        lose(0);
        lose(1);
        if
        :: mark = mark_disk
        :: skip
        fi;
        mark_disk = mark;
        /* With the lock the processes go. What was looked at and not told, nobody has learned anything from. */
        killed[0] = true;
        killed[1] = true;
        holder = 0;
        looked_wrong = told_wrong
       }
    :: atomic { mark_disk != mark -> mark_disk = mark }
    od
}

init
{
    atomic {
        cache[0].whole = true;
        cache[1].whole = true;
        cache[0].sequence = 2;
        cache[1].sequence = 1;
        copy_slot(disk[0], cache[0]);
        copy_slot(disk[1], cache[1]);
        run redeem(0);
        run redeem(1)
    }
}
