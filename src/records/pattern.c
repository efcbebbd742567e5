/* SPDX-License-Identifier: BSD-2-Clause */
/* What MUST hold: matching takes time in the order of pattern times value; no pattern makes it explode. */
#include "records/pattern.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WILD '\001' /* stands for an unquoted `*`: control characters are in no pattern and in no value */

enum operator { OPERATOR_EQUAL, OPERATOR_NULL, OPERATOR_LESS, OPERATOR_LESS_EQUAL, OPERATOR_GREATER,
                OPERATOR_GREATER_EQUAL, OPERATOR_RANGE };

struct alternative {
    bool negated;
    enum operator operation;
    const char *low;  /* the operand; into the pattern's text */
    const char *high; /* of a range */
};

struct pattern {
    size_t count;
    struct alternative alternatives[PATTERN_ALTERNATIVES_MAX];
    char text[2 * PATTERN_LENGTH_MAX + 2]; /* the operands, NUL-terminated, one behind the other */
    size_t used;
};

struct parser {
    struct pattern *pattern;
    const char *next; /* not read yet */
    const struct record_field *field;
    struct fault *fault;
};

/* Reads a quoted part, behind its opening quote. */
static int read_quoted(struct parser *parser)
{
    struct pattern *pattern = parser->pattern;

    while (*parser->next != '"') {
        if (parser->next[0] == '\\' && (parser->next[1] == '"' || parser->next[1] == '\\'))
            parser->next++;
        if (*parser->next == '\0')
            return fault_set(parser->fault, "a quote is opened and not closed");
        pattern->text[pattern->used++] = *parser->next++;
    }
    parser->next++;
    return 0;
}

/* Reads one operand up to `|`, `..` or the end; *QUOTED becomes whether a part of it was quoted. */
static const char *read_operand(struct parser *parser, bool *quoted)
{
    struct pattern *pattern = parser->pattern;
    const char *operand = pattern->text + pattern->used;

    *quoted = false;
    while (*parser->next != '\0' && *parser->next != '|' && strncmp(parser->next, "..", 2) != 0) {
        char c = *parser->next++;

        if (c == '"') {
            *quoted = true;
            if (read_quoted(parser) != 0)
                return NULL;
        } else
            pattern->text[pattern->used++] = c == '*' ? WILD : c;
    }
    pattern->text[pattern->used++] = '\0';
    return operand;
}

static int check_number(const struct parser *parser, const char *operand)
{
    const struct record_field *field = parser->field;
    long long number;

    if (!value_parse_integer(operand, &number))
        return fault_set(parser->fault, "\"%.64s\" is no whole number", operand);
    if ((field->min != 0 || field->max != 0) && (number < field->min || number > field->max))
        return fault_set(parser->fault, "is never %lld, expected %lld to %lld", number, field->min, field->max);
    return 0;
}

static int check_word(const struct parser *parser, const char *operand)
{
    char expected[256] = "";

    for (size_t i = 0; parser->field->words[i] != NULL; i++) {
        size_t used = strlen(expected);

        if (strcmp(operand, parser->field->words[i]) == 0)
            return 0;
        snprintf(expected + used, sizeof expected - used, "%s%s", i > 0 ? " or " : "", parser->field->words[i]);
    }
    return fault_set(parser->fault, "is never \"%.64s\", expected %s", operand, expected);
}

/* An operand must be a value that the field can have, unless it is a wildcard, which is compared as text. */
static int check_operand(const struct parser *parser, const char *operand, enum operator operation)
{
    enum value_type type = parser->field->type;
    bool on;

    if (strchr(operand, WILD) != NULL) {
        if (operation != OPERATOR_EQUAL)
            return fault_set(parser->fault, "`*` cannot be compared by `<`, `>` or `..`; put it in double quotes to "
                             "mean the character");
        return 0;
    }
    if (type == VALUE_BOOLEAN && !value_parse_boolean(operand, &on))
        return fault_set(parser->fault, "\"%.64s\" is none of true, false, 1 and 0", operand);
    if (type == VALUE_INTEGER)
        return check_number(parser, operand);
    /* By `<` and `>` words are compared as text, of which every one has a place. */
    return parser->field->words != NULL && operation == OPERATOR_EQUAL ? check_word(parser, operand) : 0;
}

static enum operator read_operator(struct parser *parser)
{
    bool less = *parser->next == '<';

    if (!less && *parser->next != '>')
        return OPERATOR_EQUAL;
    parser->next++;
    if (*parser->next != '=')
        return less ? OPERATOR_LESS : OPERATOR_GREATER;
    parser->next++;
    return less ? OPERATOR_LESS_EQUAL : OPERATOR_GREATER_EQUAL;
}

static int read_alternative(struct parser *parser, struct alternative *alternative)
{
    bool quoted, high_quoted = false;

    alternative->negated = *parser->next == '!';
    if (alternative->negated)
        parser->next++;
    alternative->operation = read_operator(parser);
    alternative->low = read_operand(parser, &quoted);
    if (alternative->low == NULL)
        return -1;
    if (strncmp(parser->next, "..", 2) == 0) {
        parser->next += 2;
        if (alternative->operation != OPERATOR_EQUAL)
            return fault_set(parser->fault, "`..` cannot follow `<` or `>`");
        alternative->operation = OPERATOR_RANGE;
        alternative->high = read_operand(parser, &high_quoted);
        if (alternative->high == NULL)
            return -1;
        if (strncmp(parser->next, "..", 2) == 0)
            return fault_set(parser->fault, "`..` appears twice in one range; put text that holds it in double quotes");
        if (alternative->high[0] == '\0' && !high_quoted)
            return fault_set(parser->fault, "the end of a range is missing; expected a..b");
    }
    if (alternative->operation == OPERATOR_EQUAL && !quoted && strcmp(alternative->low, "null") == 0)
        alternative->operation = OPERATOR_NULL;
    if (alternative->operation == OPERATOR_NULL)
        return 0;
    if (alternative->low[0] == '\0' && !quoted)
        return fault_set(parser->fault, "a value is missing; to find what is not set, use: null");
    if (alternative->low[0] == '\0' && alternative->operation == OPERATOR_EQUAL) {
        alternative->operation = OPERATOR_NULL; /* "" is what is not set */
        return 0;
    }
    if (check_operand(parser, alternative->low, alternative->operation) != 0)
        return -1;
    return alternative->high == NULL ? 0 : check_operand(parser, alternative->high, alternative->operation);
}

static int parse(struct parser *parser)
{
    struct pattern *pattern = parser->pattern;

    for (;;) {
        if (pattern->count == PATTERN_ALTERNATIVES_MAX)
            return fault_set(parser->fault, "has more than %d alternatives", PATTERN_ALTERNATIVES_MAX);
        if (read_alternative(parser, &pattern->alternatives[pattern->count++]) != 0)
            return -1;
        if (*parser->next == '\0')
            return 0;
        parser->next++; /* the `|` */
    }
}

struct pattern *pattern_parse(const char *text, const struct record_field *field, struct fault *fault)
{
    struct parser parser = {.next = text, .field = field, .fault = fault};

    if (strlen(text) > PATTERN_LENGTH_MAX) {
        fault_set(fault, "is longer than %d bytes", PATTERN_LENGTH_MAX);
        return NULL;
    }
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f) {
            fault_set(fault, "holds a control character (0x%02x), which no value does", (unsigned)(unsigned char)*c);
            return NULL;
        }
    }
    parser.pattern = calloc(1, sizeof *parser.pattern);
    if (parser.pattern == NULL) {
        fault_set(fault, "out of memory");
        return NULL;
    }
    if (parse(&parser) != 0)
        pattern_free(&parser.pattern);
    return parser.pattern;
}

int pattern_quote(char *out, size_t size, const char *text)
{
    size_t used = 0;

    out[used++] = '"';
    for (; *text != '\0'; text++) {
        if (used + 4 > size)
            return -1;
        if (*text == '"' || *text == '\\')
            out[used++] = '\\';
        out[used++] = *text;
    }
    out[used++] = '"';
    out[used] = '\0';
    return 0;
}

void pattern_free(struct pattern **pattern)
{
    free(*pattern);
    *pattern = NULL;
}

/* Whether TEXT has the form of OPERAND. After a mismatch only the last wildcard takes one character more. */
static bool matches_text(const char *operand, const char *text)
{
    const char *after_wild = NULL, *retry = NULL;

    while (*text != '\0') {
        if (*operand == WILD) {
            after_wild = ++operand;
            retry = text;
        } else if (*operand == *text && *operand != '\0') {
            operand++;
            text++;
        } else if (after_wild != NULL) {
            operand = after_wild;
            text = ++retry;
        } else
            return false;
    }
    while (*operand == WILD)
        operand++;
    return *operand == '\0';
}

/* VALUE compared with OPERAND in *ORDER. Returns false if they are of different kinds. */
static bool compare(const struct value *value, const char *operand, int *order)
{
    long long number = 0;
    bool on;

    switch (value->type) {
    case VALUE_STRING: *order = strcmp(value->texts[0], operand); return true;
    case VALUE_BOOLEAN:
        if (!value_parse_boolean(operand, &on))
            return false;
        number = on;
        break;
    case VALUE_INTEGER:
        if (!value_parse_integer(operand, &number))
            return false;
        break;
    case VALUE_UNSET:
    case VALUE_STRINGS:
    case VALUE_MAP: return false;
    }
    *order = value->number < number ? -1 : value->number > number;
    return true;
}

static bool equals(const struct value *value, const char *operand)
{
    char number[32];
    int order;

    if (strchr(operand, WILD) == NULL)
        return compare(value, operand, &order) && order == 0;
    if (value->type == VALUE_STRING)
        return matches_text(operand, value->texts[0]);
    if (value->type == VALUE_BOOLEAN)
        return matches_text(operand, value->number != 0 ? "true" : "false");
    snprintf(number, sizeof number, "%lld", value->number);
    return matches_text(operand, number);
}

/* VALUE is one that is set, and no list. */
static bool matches_one(const struct alternative *alternative, const struct value *value)
{
    int order;

    switch (alternative->operation) {
    case OPERATOR_NULL: return false;
    case OPERATOR_EQUAL: return equals(value, alternative->low);
    case OPERATOR_LESS: return compare(value, alternative->low, &order) && order < 0;
    case OPERATOR_LESS_EQUAL: return compare(value, alternative->low, &order) && order <= 0;
    case OPERATOR_GREATER: return compare(value, alternative->low, &order) && order > 0;
    case OPERATOR_GREATER_EQUAL: return compare(value, alternative->low, &order) && order >= 0;
    case OPERATOR_RANGE:
        return compare(value, alternative->low, &order) && order >= 0 &&
               compare(value, alternative->high, &order) && order <= 0;
    }
    return false;
}

static bool matches_alternative(const struct alternative *alternative, const struct value *value)
{
    size_t first = value->type == VALUE_MAP ? 1 : 0, step = value->type == VALUE_MAP ? 2 : 1;
    bool found = false;

    if (value->type == VALUE_UNSET)
        return alternative->operation == OPERATOR_NULL && !alternative->negated;
    if (value->type != VALUE_STRINGS && value->type != VALUE_MAP)
        return matches_one(alternative, value) != alternative->negated;
    for (size_t i = first; i < value->count; i += step) {
        const struct value element = {.type = VALUE_STRING, .texts = &value->texts[i], .count = 1};

        found = found || matches_one(alternative, &element);
    }
    return found != alternative->negated;
}

bool pattern_matches(const struct pattern *pattern, const struct value *value)
{
    for (size_t i = 0; i < pattern->count; i++)
        if (matches_alternative(&pattern->alternatives[i], value))
            return true;
    return false;
}
