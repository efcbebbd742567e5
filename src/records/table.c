/* SPDX-License-Identifier: BSD-2-Clause */
/* What MUST NOT happen: text from elsewhere steering the terminal. */
#include "records/table.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <wchar.h>

#define GAP 2           /* blanks between columns */
#define NARROWEST 20    /* columns left to the widest column, for a table that would not fit else */
#define BLOCK_GAP 1     /* behind a field's name: a SHA-256 still fits into 80 columns */
#define CELL_SIZE 16384 /* bytes of a cell; what is longer is cut and ends in `...` */

int table_terminal_width(FILE *out)
{
    struct winsize size;

    return ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col >= 20 ? size.ws_col : TABLE_WIDTH;
}

void table_init(struct table *table, FILE *out, int width, const struct query *query)
{
    *table = (struct table){.out = out, .width = width, .query = query};
}

/* The columns that the character at TEXT takes, and its bytes in *LENGTH. In the C locale every byte is one. */
static int character_width(const char *text, size_t *length)
{
    wchar_t character;
    mbstate_t state = {0};
    size_t got = mbrtowc(&character, text, strlen(text), &state);
    int width;

    if (got == 0 || got > 8) {
        *length = 1;
        return 1;
    }
    *length = got;
    width = wcwidth(character);
    return width < 0 ? 1 : width;
}

/* How many bytes of TEXT fit into COLUMNS, at least one character; *USED becomes the columns they take. */
static size_t fit(const char *text, int columns, int *used)
{
    size_t bytes = 0;

    *used = 0;
    while (text[bytes] != '\0') {
        size_t length;
        int width = character_width(text + bytes, &length);

        if (*used + width > columns && bytes > 0)
            break;
        *used += width;
        bytes += length;
    }
    return bytes;
}

static int text_width(const char *text)
{
    int used;

    fit(text, 1 << 30, &used);
    return used;
}

/* Appends TEXT to OUT of CELL_SIZE bytes, as far as it fits. */
static void append(char *out, size_t *used, const char *text)
{
    size_t length = strlen(text);

    if (length > CELL_SIZE - 1 - *used)
        length = CELL_SIZE - 1 - *used;
    memcpy(out + *used, text, length);
    *used += length;
    out[*used] = '\0';
}

/* What is shown of VALUE, malloc'ed. NULL: out of memory. */
static char *cell_of(const struct value *value)
{
    char raw[CELL_SIZE], cell[CELL_SIZE];
    size_t used = 0;

    raw[0] = '\0';
    switch (value->type) {
    case VALUE_UNSET: append(raw, &used, "-"); break;
    case VALUE_STRING: append(raw, &used, value->texts[0]); break;
    case VALUE_INTEGER: snprintf(raw, sizeof raw, "%lld", value->number); break;
    case VALUE_BOOLEAN: append(raw, &used, value->number != 0 ? "true" : "false"); break;
    case VALUE_STRINGS:
    case VALUE_MAP:
        for (size_t i = 0; i < value->count; i++) {
            append(raw, &used, i == 0 ? "" : value->type == VALUE_MAP && i % 2 == 1 ? "=" : ", ");
            append(raw, &used, value->texts[i]);
        }
        break;
    }
    if (used == CELL_SIZE - 1)
        memcpy(raw + CELL_SIZE - 4, "...", 3);
    text_for_terminal(cell, sizeof cell, raw);
    return strdup(cell);
}

/* One row of CELLS in columns of WIDTHS. What does not fit goes on in further lines. */
static void print_row(FILE *out, const char *const cells[], const int widths[], size_t count, int gap)
{
    const char *rest[RECORD_FIELDS_MAX];
    bool more = true;

    for (size_t i = 0; i < count; i++)
        rest[i] = cells[i];
    while (more) {
        int pending = 0; /* blanks that are only printed if something follows */

        more = false;
        for (size_t i = 0; i < count; i++) {
            int used = 0;
            size_t bytes = fit(rest[i], widths[i], &used);

            if (bytes > 0) {
                fprintf(out, "%*s%.*s", pending, "", (int)bytes, rest[i]);
                pending = 0;
            }
            pending += widths[i] - used + gap;
            rest[i] += bytes;
            more = more || rest[i][0] != '\0';
        }
        putc('\n', out);
    }
}

/* The names of the shown fields into NAMES. */
static size_t shown_names(const struct query *query, const char *names[RECORD_FIELDS_MAX])
{
    size_t count = 0;

    for (int i = 0; query->fields[i].name != NULL; i++)
        if (query->shown[i])
            names[count++] = query->fields[i].name;
    return count;
}

static void print_block(struct table *table, char *const cells[])
{
    const char *names[RECORD_FIELDS_MAX];
    size_t count = shown_names(table->query, names);
    int widths[2] = {0, 0};

    for (size_t i = 0; i < count; i++)
        if (text_width(names[i]) > widths[0])
            widths[0] = text_width(names[i]);
    widths[1] = table->width - widths[0] - BLOCK_GAP;
    if (widths[1] < 1)
        widths[1] = 1;
    if (table->blocks++ > 0)
        putc('\n', table->out);
    for (size_t i = 0; i < count; i++) {
        const char *row[2] = {names[i], cells[i]};

        print_row(table->out, row, widths, 2, BLOCK_GAP);
    }
}

static void print_cells(struct table *table, char *cells[])
{
    const char *names[RECORD_FIELDS_MAX];
    size_t count = shown_names(table->query, names);

    if (table->as_blocks)
        print_block(table, cells);
    else
        print_row(table->out, (const char *const *)cells, table->widths, count, GAP);
    for (size_t i = 0; i < count; i++)
        free(cells[i]);
}

/* Takes EXCESS columns from the widest of COUNT, so that one long comment makes no blocks of all. Returns whether it can. */
static bool narrow(int widths[], const char *const names[], size_t count, int excess)
{
    size_t widest = 0;
    int least;

    for (size_t i = 1; i < count; i++)
        if (widths[i] > widths[widest])
            widest = i;
    least = count > 0 && text_width(names[widest]) > NARROWEST ? text_width(names[widest]) : NARROWEST;
    if (count == 0 || widths[widest] - excess < least)
        return false;
    widths[widest] -= excess;
    return true;
}

/* Chooses table or blocks by the sample, and prints it. */
static void decide(struct table *table)
{
    static const char line[] = "--------------------------------------------------------------------------------";
    const char *names[RECORD_FIELDS_MAX], *rules[RECORD_FIELDS_MAX];
    char rule_text[RECORD_FIELDS_MAX][sizeof line];
    size_t count = shown_names(table->query, names);
    int total = -GAP;

    for (size_t i = 0; i < count; i++) {
        table->widths[i] = text_width(names[i]);
        for (size_t row = 0; row < table->sampled; row++)
            if (text_width(table->cells[row][i]) > table->widths[i])
                table->widths[i] = text_width(table->cells[row][i]);
        total += table->widths[i] + GAP;
    }
    table->decided = true;
    table->as_blocks = total > table->width && !narrow(table->widths, names, count, total - table->width);
    for (size_t i = 0; i < count; i++) {
        snprintf(rule_text[i], sizeof rule_text[i], "%.*s", table->widths[i], line);
        rules[i] = rule_text[i];
    }
    if (!table->as_blocks && table->sampled > 0) {
        print_row(table->out, names, table->widths, count, GAP);
        print_row(table->out, rules, table->widths, count, GAP);
    }
    for (size_t row = 0; row < table->sampled; row++)
        print_cells(table, table->cells[row]);
    free(table->cells);
    table->cells = NULL;
}

int table_put(void *context, const struct query *query, const struct record *record, struct fault *fault)
{
    struct table *table = context;
    char *cells[RECORD_FIELDS_MAX];
    size_t count = 0;

    for (int i = 0; query->fields[i].name != NULL; i++) {
        if (!query->shown[i])
            continue;
        cells[count] = cell_of(&record->values[i]);
        if (cells[count++] == NULL)
            return fault_set(fault, "out of memory");
    }
    if (table->decided) {
        print_cells(table, cells);
        return 0;
    }
    if (table->cells == NULL)
        table->cells = calloc(TABLE_SAMPLE, sizeof *table->cells);
    if (table->cells == NULL)
        return fault_set(fault, "out of memory");
    memcpy(table->cells[table->sampled++], cells, count * sizeof *cells);
    if (table->sampled == TABLE_SAMPLE)
        decide(table);
    return 0;
}

void table_finish(struct table *table)
{
    if (!table->decided)
        decide(table);
}
