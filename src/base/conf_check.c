/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold: a text that passes means the same to every version of libconfig, or none takes it. Versions differ in
 *  - numbers: 010 is ten to 1.5 and eight to 1.7; 4294967297 is 1 to 1.5, and a number of 64 bits to 1.7; later ones know
 *    0b and 0o, and more of 0x: a number is decimal, in range, and begins with no 0;
 *  - the escape \x00 in a string: nothing to 1.5, the string's end to 1.7;
 *  - a comma that no value follows, and a comment that ends with the file and not with its line: faults to 1.5 alone.
 * What MUST NOT happen: libconfig following an `@include` out of a checked file, or passing over bytes in silence: those
 * behind a NUL byte, or behind the start of a comment that nothing ends.
 */
#include "base/conf_check.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

struct scan {
    const char *path;
    const char *at, *end; /* what is left; *end is NUL, and there is none before it */
    int line;             /* of *at */
    bool comma;           /* the last that was no blank and no comment was one */
    struct fault *fault;
};

static int check_lines(const char *path, const char *text, size_t length, struct fault *fault)
{
    int line = 1;

    for (const char *start = text; start < text + length; line++) {
        const char *end = memchr(start, '\n', (size_t)(text + length - start));
        const char *word = start + strspn(start, " \t\v\f\r");

        if (end == NULL)
            end = text + length;
        if (memchr(start, '\0', (size_t)(end - start)) != NULL)
            return fault_set(fault, "%s:%d: holds a NUL byte, expected text", path, line);
        if (strncmp(word, "@include", 8) == 0)
            return fault_set(fault, "%s:%d: @include is not supported, put the settings here", path, line);
        start = end + 1;
    }
    return 0;
}

/* From the quotation mark to behind the one that ends it. Nothing ends it: libconfig will say so. */
static int scan_string(struct scan *scan)
{
    for (scan->at++; *scan->at != '"' && scan->at < scan->end; scan->at++) {
        if (*scan->at == '\n')
            scan->line++;
        if (*scan->at != '\\')
            continue;
        if (strncmp(scan->at, "\\x00", 4) == 0 || strncmp(scan->at, "\\X00", 4) == 0)
            return fault_set(scan->fault, "%s:%d: \\x00 in a string, expected text", scan->path, scan->line);
        if (scan->at[1] == '"' || scan->at[1] == '\\')
            scan->at++;
    }
    if (scan->at < scan->end)
        scan->at++;
    return 0;
}

static int scan_comment(struct scan *scan)
{
    if (scan->at[0] != '/' || scan->at[1] != '*') {
        scan->at += strcspn(scan->at, "\n");
        if (scan->at < scan->end)
            return 0;
        return fault_set(scan->fault, "%s:%d: the file ends in a comment, expected a newline at the end of the file",
                         scan->path, scan->line);
    }
    const int line = scan->line;

    for (scan->at += 2; strncmp(scan->at, "*/", 2) != 0; scan->at++) {
        if (scan->at == scan->end)
            return fault_set(scan->fault, "%s:%d: the comment that begins with /* has no end, expected */", scan->path,
                             line);
        if (*scan->at == '\n')
            scan->line++;
    }
    scan->at += 2;
    return 0;
}

/* A word that begins as a number does. A plain fraction is one to every version; that none is wanted is for its reader. */
static int scan_number(struct scan *scan)
{
    const char *word = scan->at, *digits = word + (*word == '-' || *word == '+');
    const size_t length = strspn(word, LETTERS DIGITS "_*.+-"), count = strspn(digits, DIGITS);
    const char *rest = digits + count;
    const size_t suffix = *rest != 'L' ? 0 : rest[1] == 'L' ? 2 : 1;
    const size_t fraction = *rest == '.' ? strspn(rest + 1, DIGITS) : 0;
    long long value;

    scan->at += length;
    if (count > 0 && fraction > 0 && rest + 1 + fraction == scan->at)
        return 0;
    if (count == 0 || (*digits == '0' && count > 1) || rest + suffix != scan->at)
        return fault_set(scan->fault, "%s:%d: \"%.*s\" is no number here, expected a whole one in decimal digits that does "
                         "not begin with 0", scan->path, scan->line, length < 40 ? (int)length : 40, word);
    errno = 0;
    value = strtoll(word, NULL, 10);
    if (errno != 0 || (suffix == 0 && (value < INT_MIN || value > INT_MAX)))
        return fault_set(scan->fault, "%s:%d: the number %.*s is too large, expected %d to %d", scan->path, scan->line,
                         length < 40 ? (int)length : 40, word, INT_MIN, INT_MAX);
    return 0;
}

/* One token, or what stands between two. */
static int scan_next(struct scan *scan)
{
    const bool comma = scan->comma;

    if (*scan->at == '#' || (*scan->at == '/' && (scan->at[1] == '/' || scan->at[1] == '*')))
        return scan_comment(scan);
    if (*scan->at == '\n')
        scan->line++;
    if (strchr(" \t\r\f\n", *scan->at) != NULL) {
        scan->at++;
        return 0;
    }
    scan->comma = *scan->at == ',';
    if (comma && strchr(",)]", *scan->at) != NULL)
        return fault_set(scan->fault, "%s:%d: a comma stands before \"%c\", expected a value between the two", scan->path,
                         scan->line, *scan->at);
    if (*scan->at == '"')
        return scan_string(scan);
    if (strchr(DIGITS "+-.", *scan->at) != NULL)
        return scan_number(scan);
    if (strchr(LETTERS "*", *scan->at) != NULL)
        scan->at += strspn(scan->at, LETTERS DIGITS "_*-");
    else
        scan->at++;
    return 0;
}

int conf_check(const char *path, const char *text, size_t length, struct fault *fault)
{
    struct scan scan = {.path = path, .at = text, .end = text + length, .line = 1, .fault = fault};

    if (check_lines(path, text, length, fault) != 0)
        return -1;
    while (scan.at < scan.end)
        if (scan_next(&scan) != 0)
            return -1;
    return 0;
}
