/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The record: all that is kept of one user, in one file of fixed size. No input or output here; store_files.c says how it is
 * read and written.
 *
 *     0  slot      each: magic 8 | sequence 8 | lengths of the three parts 2 each, 2 zeros | the parts | checksum 8
 *  4096  slot
 *  6144  mark      magic 8 | sequence 8 | Unix seconds 8 | checksum 8; zeros: none
 *  6272  named     1: the file's name is known to be on the disk
 *
 * The mark stands behind the slots: whoever is let write it (RLIMIT_FSIZE) is let write what it is the mark of.
 *
 * The slots do not share a block, so that a block that is lost takes but one of them. The checksum is against writes that
 * were cut and media that forget; against people there is what authenticates the parts.
 */
#ifndef PAM_MFA_RECORD_H
#define PAM_MFA_RECORD_H

#include "store/part.h"

#include <stdint.h>

#define RECORD_SLOT_SIZE 2048
#define RECORD_SLOT_DISTANCE 4096
#define RECORD_MARK_AT 6144
#define RECORD_MARK_SIZE 32
#define RECORD_NAMED_AT 6272
#define RECORD_SIZE 6656

/* What a slot says. Without a profile there is no state either. */
struct record {
    uint64_t sequence; /* 1 or more; the later one counts */
    struct part profile, state, pushes;
};

/* An attempt that was begun. It is unsettled for as long as no slot has a later sequence than it was begun at. */
struct record_mark {
    bool is_set;
    uint64_t sequence;
    long long at; /* Unix seconds */
};

/* RECORD as a slot; returns how many bytes of OUT say it. */
size_t record_pack(const struct record *record, unsigned char out[RECORD_SLOT_SIZE]);

/* Whether SLOT is whole, and then what it says. */
bool record_unpack(const unsigned char slot[RECORD_SLOT_SIZE], struct record *record);

/* The newest whole slot of a file's content IMAGE. Returns which it is, 0 or 1; -1: none is whole. */
int record_newest(const unsigned char image[RECORD_SIZE], struct record *record);

/* Where the slot of SEQUENCE has its place. */
static inline int record_place(uint64_t sequence)
{
    return (int)(sequence & 1);
}

/* A mark that is not what this program writes is taken for one of now, at the newest sequence. */
void record_pack_mark(const struct record_mark *mark, unsigned char out[RECORD_MARK_SIZE]);
void record_unpack_mark(const unsigned char bytes[RECORD_MARK_SIZE], struct record_mark *mark);

#endif
