/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Protocol buffers' wire format (protobuf.dev, "Encoding"), as far as two calls of etcd need it. protobuf-c was weighed: it
 * brings a library, a compiler to build with, and some 3,000 generated lines out of etcd's own definitions, for the
 * 120 lines here and in etcd.c.
 */
#ifndef PAM_MFA_PROTOBUF_H
#define PAM_MFA_PROTOBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A message being written: into `data` of `size` bytes. What does not fit sets `full`, and the message is of no use. */
struct pb_writer {
    unsigned char *data;
    size_t size, used;
    bool full;
};

void pb_number(struct pb_writer *writer, unsigned int field, uint64_t value);
void pb_bytes(struct pb_writer *writer, unsigned int field, const void *data, size_t length);

/* A message within the message: what is written between begin and end. Begin returns what end needs. */
size_t pb_begin(struct pb_writer *writer, unsigned int field);
void pb_end(struct pb_writer *writer, size_t begun);

/* A message being read, and the field read last. */
struct pb_reader {
    const unsigned char *at, *end;
    unsigned int field;
    bool is_bytes;              /* else a number */
    uint64_t number;
    const unsigned char *bytes; /* borrowed */
    size_t length;
};

struct pb_reader pb_open(const unsigned char *data, size_t length);

/* Reads the next field. 1 there is one, 0 the end, -1 this is no message. */
int pb_next(struct pb_reader *reader);

#endif
