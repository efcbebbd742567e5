/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the programs of a host and its broker, mfa-stored, say to each other over a Unix socket. A message is a length (4
 * bytes, the highest first) and that many bytes: a version, a word, and parts, each with a length of 2 bytes. The client asks,
 * the broker answers each question with one message, in order; only FRAME_LOOK has no answer.
 *
 *   READ fleet svm user        the records as they are now: DONE with an entry
 *   BEGIN fleet svm user       likewise, for an attempt
 *   LOOK                       the response of the attempt is going to be looked at: from here on its end is a failure
 *   COMMIT state               writes the state: before LOOK to settle what was there, after it to end the attempt
 *   END                        ends an attempt that has nothing to write
 *   PUT profile state          both at once; profile empty: as it is
 *   DELETE                     profile and state
 *   PUSHES pushes              the pushes
 *   WALK fleet svm after revision     names of users: DONE with revision, "more" or "", and the names, a NUL after each
 *   STATUS fleet               DONE with lines of text
 *   HALT fleet svm why         nothing of the SVM is accepted; why empty: it is again
 *   META fleet epoch floor     what a restored store begins anew with
 *
 * COMMIT, PUT, DELETE and PUSHES are for the user read last in this connection, and done only if nothing has changed since:
 * else CONFLICT with the entry as it is now. An entry is five parts: meta, profile, state, pushes, halt; an empty one is not
 * there. UNAVAILABLE and FAULT come with a reason of one word and a text.
 */
#ifndef PAM_MFA_STORE_FRAME_H
#define PAM_MFA_STORE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_FRAME_MAX 16384 /* bytes behind the length */
#define STORE_FRAME_HEAD 4
#define STORE_PARTS_MAX 5

enum frame_word {
    FRAME_READ = 1,
    FRAME_BEGIN,
    FRAME_LOOK,
    FRAME_COMMIT,
    FRAME_END,
    FRAME_PUT,
    FRAME_DELETE,
    FRAME_PUSHES,
    FRAME_WALK,
    FRAME_STATUS,
    FRAME_HALT,
    FRAME_META,
    FRAME_DONE = 64,
    FRAME_CONFLICT,
    FRAME_UNAVAILABLE,
    FRAME_FAULT
};

/* The parts of an entry. */
enum store_entry_part { ENTRY_META, ENTRY_PROFILE, ENTRY_STATE, ENTRY_PUSHES, ENTRY_HALT, ENTRY_PARTS };

struct store_part {
    const unsigned char *data;
    size_t length;
};

struct store_frame {
    enum frame_word word;
    struct store_part parts[STORE_PARTS_MAX]; /* borrowed from what was taken apart */
    size_t count;
};

/* The length of a message from its first STORE_FRAME_HEAD bytes; 0: no message begins so. */
size_t store_frame_length(const unsigned char head[STORE_FRAME_HEAD]);

/* Takes apart the LENGTH bytes behind the head. -1: they are no message of this version. */
__attribute__((warn_unused_result)) int store_frame_parse(struct store_frame *frame, const unsigned char *data,
                                                          size_t length);

/*
 * The message with its head, in OUT of STORE_FRAME_HEAD + STORE_FRAME_MAX bytes; returns its whole length. 0: it does
 * not fit, or has more parts than one may have.
 */
__attribute__((warn_unused_result)) size_t store_frame_build(unsigned char *out, enum frame_word word,
                                                             const struct store_part *parts, size_t count);

/* TEXT as a part, borrowed. */
struct store_part store_part_text(const char *text);

/* PART as a string in OUT of SIZE bytes. -1: it holds a NUL or does not fit. */
__attribute__((warn_unused_result)) int store_part_string(const struct store_part *part, char *out, size_t size);

#endif
