/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files in libconfig's format, described by tables: one table says which keys a
 * file has, of which type and range, and where their values live in a C struct.
 * The same table reads the file and writes it. Nothing is ignored: an unknown or
 * duplicate key, a wrong type, a value out of range and `@include` are faults that
 * name file and line.
 */
#ifndef PAM_MFA_CONF_H
#define PAM_MFA_CONF_H

#include "base/fault.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

enum conf_type {
    CONF_STRING, /* char[size]; min and max bound its length; printable: no control characters */
    CONF_WORD,   /* int: the index in `words` of the string found */
    CONF_INT,    /* int */
    CONF_INT64,  /* long long */
    CONF_BOOL,   /* bool */
    CONF_SWITCH, /* true, false or a string: struct conf_switch */
    CONF_GROUP,  /* { }: `fields`, with offsets from the group's own */
    CONF_LIST,   /* ( {}, {} ): struct conf_array of structs of `size` bytes that `fields` describes */
    CONF_STRINGS, /* [ "", "" ]: struct conf_array of char[size], each with a length from 1 to size-1 */
    CONF_MAP     /* { }: keys of the file's own choice, strings: struct conf_array of struct conf_pair */
};

/* A list of any length. `items` is the array's own allocation, freed by conf_free. */
struct conf_array {
    void *items;
    size_t count;
};

struct conf_pair {
    char key[65];
    char value[257];
};

/* What can be off, on, or on with more to say. */
struct conf_switch {
    bool on;
    char text[1025]; /* "" unless a string was given */
};

struct conf_field {
    const char *name; /* NULL ends a table */
    enum conf_type type;
    bool required;
    size_t offset; /* in the struct that is read or written; of a group: of the struct within it that `fields` describe */
    size_t size;
    long long min, max; /* of a number, of a string's length, of a list's count; both 0: no bound but the type's */
    const char *const *words; /* of CONF_WORD, ended by NULL */
    const struct conf_field *fields;
    /* A rule beyond the range, of a string, each of CONF_STRINGS, a CONF_SWITCH's text, or a CONF_INT. Returns NULL, or
     * what is expected. */
    const char *(*expect)(const char *value);
    const char *(*expect_number)(int value);
    bool secret; /* a string that no message may quote */
};

/*
 * Reads TEXT of LENGTH bytes, the content of file PATH (for messages), into STRUCTURE. Keys that are not there keep the
 * value STRUCTURE had. 0 done; -1 fault, and then STRUCTURE may be half filled. In both cases conf_free it.
 */
__attribute__((warn_unused_result)) int conf_parse(const char *path, const char *text, size_t length,
                                                   const struct conf_field *fields, void *structure,
                                                   struct fault *fault);

/* Hears of each field that a text gives, with the struct that its offset counts from; of a group, of its fields too. */
struct conf_given {
    void (*each)(void *context, void *structure, const struct conf_field *field);
    void *context;
};

/* Likewise, and tells GIVEN what was there. */
__attribute__((warn_unused_result)) int conf_parse_given(const char *path, const char *text, size_t length,
                                                         const struct conf_field *fields, void *structure,
                                                         const struct conf_given *given, struct fault *fault);

/* Where the faults of a file go, when all are wanted. */
struct conf_faults {
    void (*each)(void *context, const struct fault *fault);
    void *context;
};

/* Likewise, but goes on after a fault and tells of each. */
int conf_parse_all(const char *path, const char *text, size_t length, const struct conf_field *fields, void *structure,
                   const struct conf_faults *all);

/* The line of TEXT that has SETTING, such as `svm_rules.[2].svm`; 0: none. */
int conf_line(const char *text, size_t length, const char *setting);

/*
 * The text of STRUCTURE, malloc'ed, NUL-terminated, for the caller to free; *LENGTH becomes its length. NULL: out of
 * memory.
 */
__attribute__((warn_unused_result)) char *conf_text(const struct conf_field *fields, const void *structure,
                                                    size_t *length);

/* Which fields are written: KEEP says so of each, with the struct that its offset counts from. */
struct conf_kept {
    bool (*keep)(void *context, const void *structure, const struct conf_field *field);
    void *context;
};

/* Likewise, of the fields that are KEPT alone, and for people: a line for each. */
__attribute__((warn_unused_result)) char *conf_text_kept(const struct conf_field *fields, const void *structure,
                                                         const struct conf_kept *kept, size_t *length);

/* Frees the arrays in STRUCTURE and leaves them empty. The struct itself is the caller's. */
void conf_free(const struct conf_field *fields, void *structure);

#endif
