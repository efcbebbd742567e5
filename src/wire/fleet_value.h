/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What broker and programs both know of a fleet's values; all behind it is the programs' own, sealed or authenticated.
 *
 * A state, and pushes: the attempt (16 random bytes, new with every write, by which a writer knows its own value again),
 * the number of cut-offs and these (8 bytes each, the highest first: Unix seconds, and below them 24 random bits, by which
 * its writer knows it again), the body. A cut-off is an attempt whose response was looked at and whose end nobody has seen;
 * brokers add them, so they are outside the body's authentication.
 *
 * `meta` is text, `format=1 fleet=NAME epoch=N floor=T cluster=ID`, so that an administrator's etcdctl can write
 * it.
 */
#ifndef PAM_MFA_FLEET_VALUE_H
#define PAM_MFA_FLEET_VALUE_H

#include <stddef.h>
#include <stdint.h>

#define FLEET_ATTEMPT_BYTES 16
#define FLEET_CUTOFFS_MAX 16
#define FLEET_HEAD_MAX (FLEET_ATTEMPT_BYTES + 1 + 8 * FLEET_CUTOFFS_MAX)
#define FLEET_VALUE_MAX 8192 /* bytes of any value */
#define FLEET_NAME_SIZE 65
#define FLEET_META_SIZE 160

struct fleet_head {
    unsigned char attempt[FLEET_ATTEMPT_BYTES];
    uint64_t cutoffs[FLEET_CUTOFFS_MAX]; /* in the order in which they were added */
    size_t count;
};

/* Reads the head of VALUE; returns its length, at which the body begins. 0: VALUE has no such head. */
__attribute__((warn_unused_result)) size_t fleet_head_parse(struct fleet_head *head, const unsigned char *value,
                                                            size_t length);

/* Writes HEAD to OUT of FLEET_HEAD_MAX bytes; returns its length. */
size_t fleet_head_build(unsigned char *out, const struct fleet_head *head);

/* The Unix seconds of a cut-off. */
static inline long long fleet_cutoff_at(uint64_t cutoff)
{
    return (long long)(cutoff >> 24);
}

struct fleet_meta {
    char fleet[FLEET_NAME_SIZE];
    long long epoch; /* raised whenever the store was restored from a backup */
    long long floor; /* Unix seconds: states of an older epoch have used up all codes up to here */
    uint64_t cluster; /* etcd's id of the cluster that this was said of: another one was put in its place */
};

/* -1: TEXT of LENGTH bytes is no meta of this format. */
__attribute__((warn_unused_result)) int fleet_meta_parse(struct fleet_meta *meta, const unsigned char *text,
                                                         size_t length);
void fleet_meta_text(const struct fleet_meta *meta, char out[FLEET_META_SIZE]);

#endif
