/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A user's state in the fleet's store, and two hosts that redeem the same right code, or a wrong one. The store itself
 * (etcd) is one step a transaction; what the model is about is everything between it and a person: answers that are lost,
 * requests that arrive late or twice, a client or a broker that dies at any message, a store that is brought back from a
 * snapshot, and `mfactl store accept` after that.
 *
 * Held by assertions, over every interleaving:
 *  - the step is accepted once, on whichever host, whatever is lost or restored;
 *  - nothing is accepted on what was committed between a restore and its acceptance;
 *  - an answer that was lost does not turn an acceptance into a denial, if its broker lives and nobody else has changed the
 *    state since;
 *  - a guess that was looked at is counted, also where its client was killed; but for those whose broker died, or the store
 *    with them: nobody was told anything then.
 *
 * A restore makes another cluster, which every answer names, and which meta must name too: that stops every host at once,
 * also one that never saw the store before. Under the same token the cluster keeps its name, and only hosts that had seen a
 * later revision notice: SAME_TOKEN shows what then can happen, and why the manual restores with a new one.
 *
 * The steps are named as in the code. Each WITHOUT_... takes one rule away, and must then be caught: see the suite.
 */
#ifndef ATTEMPTS
#define ATTEMPTS 2 /* of each host */
#endif
#ifndef LOSSES
#define LOSSES 2   /* answers or requests */
#endif
#ifndef DEATHS
#define DEATHS 1
#endif
#ifndef RESTORES
#define RESTORES 1
#endif
#define HOSTS 2

mtype = { STEP, WRONG };

typedef record {
    byte mod;      /* the revision of its last change */
    bool step;     /* the step is used up */
    byte failures;
    byte attempt;  /* whose commit wrote it */
    byte epoch
};

/* The store, and the snapshot of it that is kept. */
record state, kept;
byte revision = 1, kept_revision;
byte meta_mod = 1, kept_meta_mod;
byte meta_epoch = 1, kept_meta_epoch;
byte meta_cluster = 1;         /* the cluster that `accept` has last vouched for */
byte cluster = 1;              /* the one that answers; a restore makes a new one */
bool halted;
bool restored;                 /* and not accepted yet */
byte restores = RESTORES, losses = LOSSES, deaths = DEATHS;
bool has_snapshot;

byte ids;
byte told_step, looked, forgiven;

/* A commit as it travels: one may be under way while its broker has given it up and sent it again. */
typedef request {
    bool pending;
    byte mod, meta_mod, attempt, epoch;
    bool step;
    byte failures
};
request late[HOSTS];

inline execute(c_mod, c_meta, c_step, c_failures, c_attempt, c_epoch, won)
{
    won = false;
    if
#ifdef WITHOUT_COMPARE
    :: !halted ->
#else
    :: !halted && state.mod == c_mod && meta_mod == c_meta ->
#endif
        revision++;
        state.mod = revision;
        state.step = c_step;
        state.failures = c_failures;
        state.attempt = c_attempt;
        state.epoch = c_epoch;
        won = true
    :: else -> skip
    fi
}

/* What an answer shows of the store, at the instant of its transaction. */
inline look_at_store()
{
    base.mod = state.mod;
    base.step = state.step;
    base.failures = state.failures;
    base.attempt = state.attempt;
    base.epoch = state.epoch;
    base_meta = meta_mod;
    epoch = meta_epoch;
    seen_cluster = cluster;
    vouched = (cluster == meta_cluster && !halted);
#ifdef WITHOUT_CLUSTER
    vouched = !halted;
#endif
#ifndef WITHOUT_EPOCH
    /* Of an epoch before the last restore: whatever it says, all up to then is used. */
    if
    :: base.epoch < epoch -> base.step = true
    :: else -> skip
    fi
#endif
}

proctype host(byte me)
{
    byte left = ATTEMPTS, attempt, epoch, base_meta, seen_cluster, begun_cluster;
    record base;
    mtype guess;
    bool vouched, accepts, writes, won, step, in_gap, executed, ours;
    byte failures;

again:
    if
    :: left == 0 -> goto finished
    :: else -> left--
    fi;
    if
    :: guess = STEP
    :: guess = WRONG
    fi;
    executed = false;

    /* begin: a fresh read; from here on the broker is the witness */
    atomic {
        ids++;
        attempt = ids;
        look_at_store();
        begun_cluster = seen_cluster;
        if
        :: !vouched -> goto again
        :: else -> skip
        fi;
        if
        :: guess == WRONG -> looked++
        :: else -> skip
        fi
    };

decide:
    /* decide: the client, which may die in it */
    atomic {
        step = base.step;
        failures = base.failures;
        accepts = false;
        writes = false;
        if
        :: guess == STEP && !step -> step = true; accepts = true; writes = true
        :: guess == STEP && step -> skip
        :: guess == WRONG -> failures++; writes = true
        fi;
        if
        :: deaths > 0 -> /* the client's: the broker counts what it was about, as a failure */
            deaths--;
            accepts = false;
            step = base.step;
#ifdef WITHOUT_WITNESS
            goto again
#else
            if
            :: guess == WRONG -> failures = base.failures + 1; writes = true
            :: else -> goto again
            fi
#endif
        :: deaths > 0 -> /* the broker's: nobody is told anything */
            deaths--;
            if
            :: guess == WRONG -> forgiven++
            :: else -> skip
            fi;
            goto again
        :: true
        fi
    };
    if
    :: !writes -> goto again /* end: used up. The person is denied */
    :: else -> skip
    fi;

commit:
    atomic {
        if
        :: true ->
            execute(base.mod, base_meta, step, failures, attempt, epoch, won);
            if
            :: won && accepts -> executed = true; in_gap = restored
            :: else -> skip
            fi;
            if
            :: losses > 0 -> losses--; goto commit /* the answer is lost: the same once more */
            :: true
            fi
        :: losses > 0 && !late[me].pending -> /* the request is late: given up, and sent again */
            losses--;
            late[me].pending = true;
            late[me].mod = base.mod;
            late[me].meta_mod = base_meta;
            late[me].attempt = attempt;
            late[me].epoch = epoch;
            late[me].step = step;
            late[me].failures = failures;
#ifdef LOST_IS_YES
            if
            :: accepts -> told_step++; assert(told_step <= 1); goto again
            :: else -> skip
            fi;
#endif
            goto commit
        fi;
        if
        :: won -> ours = true; seen_cluster = cluster
        :: else ->
            look_at_store();
            ours = (base.attempt == attempt)
#ifdef WITHOUT_ATTEMPT
            ;
            ours = false
#endif
            ;
            /* An acceptance of ours that stands in the store must not be denied. */
            assert(ours || !executed || base.attempt != attempt || seen_cluster != begun_cluster)
        fi;
        if
        :: seen_cluster != begun_cluster ->
#ifndef WITHOUT_CLUSTER
            if
            :: guess == WRONG && !ours -> forgiven++ /* the store it was counted in is gone */
            :: else -> skip
            fi;
            goto again /* went back: denied, whatever the answer says */
#else
            skip
#endif
        :: else -> skip
        fi
    };
    atomic {
        if
        :: ours && accepts ->
            told_step++;
            assert(told_step <= 1);
            assert(!in_gap)
        :: ours && !accepts -> skip
        :: !ours && !vouched ->
            if
            :: guess == WRONG -> forgiven++
            :: else -> skip
            fi
        :: !ours && vouched -> goto decide
        fi
    };
    goto again;
finished:
    skip
}

/* A late commit arrives. That it succeeds tells nobody anything: its broker asks the store. */
active proctype network()
{
    bool won;
    byte i;
end:
    do
    :: atomic {
        late[0].pending || late[1].pending ->
        i = (late[0].pending -> 0 : 1);
        execute(late[i].mod, late[i].meta_mod, late[i].step, late[i].failures, late[i].attempt, late[i].epoch, won);
        late[i].pending = false
       }
    od
}

active proctype administrator()
{
end:
    do
    :: atomic { /* a snapshot */
        !has_snapshot && !restored -> has_snapshot = true;
        kept.mod = state.mod;
        kept.step = state.step;
        kept.failures = state.failures;
        kept.attempt = state.attempt;
        kept.epoch = state.epoch;
        kept_revision = revision;
        kept_meta_mod = meta_mod;
        kept_meta_epoch = meta_epoch
       }
    :: atomic { /* the store is brought back from it, as a new cluster; its revision goes back too */
        has_snapshot && restores > 0 -> restores--;
        state.mod = kept.mod;
        state.step = kept.step;
        state.failures = kept.failures;
        state.attempt = kept.attempt;
        state.epoch = kept.epoch;
        revision = kept_revision;
        meta_mod = kept_meta_mod;
        meta_epoch = kept_meta_epoch;
#ifndef SAME_TOKEN
        cluster++;
#endif
        restored = true;
        forgiven = looked /* what was counted since the snapshot is lost with the store */
       }
    :: atomic { /* mfactl store accept */
        restored ->
        restored = false;
        revision++;
        meta_mod = revision;
        meta_epoch++;
        meta_cluster = cluster
       }
    od
}

/* When everybody has come to an end. */
active proctype ledger()
{
    (_nr_pr == 3 && !late[0].pending && !late[1].pending) -> /* network, administrator and this */
    assert(state.failures + forgiven >= looked)
}

init
{
    atomic {
        state.mod = 1;
        state.epoch = 1;
        run host(0);
        run host(1)
    }
}
