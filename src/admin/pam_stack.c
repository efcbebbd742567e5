/* SPDX-License-Identifier: BSD-2-Clause */
/* What MUST hold: a line is read as libpam reads it; one that cannot be is told, and not passed over. */
#include "admin/pam_stack.h"

#include "base/array.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DEPTH_MAX 16 /* of files that include each other */
#define LINE_SIZE 2048

static const char *const answer_words[PAM_ANSWERS] = {
    [PAM_SAYS_SUCCESS] = "success", [PAM_SAYS_AUTH_ERR] = "auth_err", [PAM_SAYS_MAXTRIES] = "maxtries",
    [PAM_SAYS_AUTHINFO_UNAVAIL] = "authinfo_unavail", [PAM_SAYS_SERVICE_ERR] = "service_err",
    [PAM_SAYS_CONV_ERR] = "conv_err",
};

struct reader {
    struct pam_stack *stack;
    const char *directory;
    struct report *report;
    bool failed; /* no memory */
};

static bool read_action(const char *word, int *action)
{
    static const struct { const char *word; int action; } actions[] = {
        {"ignore", PAM_DO_IGNORE}, {"bad", PAM_DO_BAD}, {"die", PAM_DO_DIE}, {"ok", PAM_DO_OK}, {"done", PAM_DO_DONE},
        {"reset", PAM_DO_RESET},
    };
    char *end;

    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (strcmp(word, actions[i].word) == 0) {
            *action = actions[i].action;
            return true;
        }
    errno = 0;
    *action = (int)strtol(word, &end, 10);
    return errno == 0 && *end == '\0' && end != word && *action > 0 && *action < 1000;
}

/* `[success=1 default=ignore]`. What is not named does what default says, and without one counts as bad. */
static bool read_bracket(char *text, int actions[PAM_ANSWERS])
{
    int rest = PAM_DO_BAD, action;
    bool named[PAM_ANSWERS] = {false};
    char *word, *save = NULL;

    for (word = strtok_r(text, "[] \t", &save); word != NULL; word = strtok_r(NULL, "[] \t", &save)) {
        char *equals = strchr(word, '=');

        if (equals == NULL)
            return false;
        *equals = '\0';
        if (!read_action(equals + 1, &action))
            return false;
        if (strcmp(word, "default") == 0)
            rest = action;
        for (size_t i = 0; i < PAM_ANSWERS; i++)
            if (strcmp(word, answer_words[i]) == 0) {
                actions[i] = action;
                named[i] = true;
            }
    }
    for (size_t i = 0; i < PAM_ANSWERS; i++)
        if (!named[i])
            actions[i] = rest;
    return true;
}

static bool read_control(const char *control, int actions[PAM_ANSWERS])
{
    static const struct { const char *word; int success, rest; } words[] = {
        {"required", PAM_DO_OK, PAM_DO_BAD}, {"requisite", PAM_DO_OK, PAM_DO_DIE},
        {"sufficient", PAM_DO_DONE, PAM_DO_IGNORE}, {"optional", PAM_DO_OK, PAM_DO_IGNORE},
    };
    char copy[sizeof ((struct pam_entry *)0)->control];

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasecmp(control, words[i].word) != 0)
            continue;
        for (size_t answer = 0; answer < PAM_ANSWERS; answer++)
            actions[answer] = answer == PAM_SAYS_SUCCESS ? words[i].success : words[i].rest;
        return true;
    }
    snprintf(copy, sizeof copy, "%s", control);
    return control[0] == '[' && read_bracket(copy, actions);
}

/* Cuts the next word off *REST; one that starts with `[` goes up to its `]`. NULL: none is left. */
static char *next_word(char **rest)
{
    char *word = *rest + strspn(*rest, " \t"), *end;

    if (*word == '\0')
        return NULL;
    end = word + strcspn(word, *word == '[' ? "]" : " \t");
    if (*word == '[' && *end == ']')
        end++;
    *rest = *end == '\0' ? end : end + 1;
    *end = '\0';
    return word;
}

/* An argument in brackets is what is within them. */
static void add_argument(struct pam_entry *entry, size_t *used, char *word)
{
    size_t length = strlen(word);

    if (word[0] == '[' && word[length - 1] == ']') {
        word[length - 1] = '\0';
        word++;
        length = strlen(word);
    }
    if (*used + length + 2 > sizeof entry->arguments)
        return;
    memcpy(entry->arguments + *used, word, length + 1);
    *used += length + 1;
}

static void add_entry(struct reader *reader, const char *place, const char *control, char *rest, size_t level)
{
    struct pam_stack *stack = reader->stack;
    struct pam_entry *larger = array_grow(stack->entries, stack->count, sizeof *larger), entry = {.level = level};
    char *word = next_word(&rest);
    size_t used = 0;

    if (larger == NULL) {
        reader->failed = true;
        return;
    }
    stack->entries = larger;
    if (word == NULL || !read_control(control, entry.actions)) {
        report_found(reader->report, "pam_syntax",
                     "%s: PAM cannot read this line (%.100s), and refuses whoever meets it; expected: auth, "
                     "a control such as required, and a module", place, word != NULL ? word : "no module");
        return;
    }
    snprintf(entry.place, sizeof entry.place, "%s", place);
    snprintf(entry.control, sizeof entry.control, "%s", control);
    snprintf(entry.module, sizeof entry.module, "%s", word);
    while ((word = next_word(&rest)) != NULL)
        add_argument(&entry, &used, word);
    stack->entries[stack->count++] = entry;
}

static void read_file(struct reader *reader, const char *name, const char *from, size_t level, int depth);

static void read_substack(struct reader *reader, const char *name, const char *from, size_t level, int depth)
{
    struct pam_stack *stack = reader->stack;
    struct pam_level *larger = array_grow(stack->levels, stack->level_count, sizeof *larger);
    size_t own = stack->level_count;

    if (larger == NULL) {
        reader->failed = true;
        return;
    }
    stack->levels = larger;
    stack->levels[stack->level_count++] = (struct pam_level){.parent = level, .first = stack->count};
    read_file(reader, name, from, own, depth);
    stack->levels[own].end = stack->count;
}

/* One line, comments and continuations being dealt with. */
static void read_line(struct reader *reader, char *line, const char *place, size_t level, int depth)
{
    char *rest = line, *type = next_word(&rest), *control = type == NULL ? NULL : next_word(&rest), *name;

    if (type == NULL)
        return;
    if (strcmp(type, "@include") == 0) {
        if (control != NULL)
            read_file(reader, control, place, level, depth + 1);
        return;
    }
    if (*type == '-')
        type++;
    if (strcasecmp(type, "auth") != 0) {
        if (control != NULL && strstr(rest, "pam_mfa.so") != NULL)
            report_found(reader->report, "pam_stack",
                         "%s: pam_mfa.so is in the stack %s, and can only be in auth, so PAM refuses whoever "
                         "meets it; change the line's first word to auth, or remove the line", place, type);
        return;
    }
    if (control != NULL && (strcasecmp(control, "include") == 0 || strcasecmp(control, "substack") == 0)) {
        name = next_word(&rest);
        if (name != NULL && strcasecmp(control, "include") == 0)
            read_file(reader, name, place, level, depth + 1);
        else if (name != NULL)
            read_substack(reader, name, place, level, depth + 1);
        return;
    }
    add_entry(reader, place, control != NULL ? control : "", rest, level);
}

static FILE *open_file(const char *directory, const char *name, char *path, size_t size)
{
    FILE *file;

    snprintf(path, size, "%s%s%s", name[0] == '/' ? "" : directory, name[0] == '/' ? "" : "/", name);
    file = fopen(path, "re");
    if (file == NULL && name[0] != '/') { /* the vendor's, where the administrator has none */
        snprintf(path, size, "/usr/lib/pam.d/%s", name);
        file = fopen(path, "re");
    }
    return file;
}

/* Reads the file NAME, which the line FROM includes, or NULL. */
static void read_file(struct reader *reader, const char *name, const char *from, size_t level, int depth)
{
    char path[280], line[LINE_SIZE], place[300];
    FILE *file = depth > DEPTH_MAX ? NULL : open_file(reader->directory, name, path, sizeof path);
    int number = 0;

    if (file == NULL) {
        if (from != NULL)
            report_found(reader->report, "pam_include",
                         "%s: includes %.200s, which %s, so PAM refuses whoever meets it; change the name, or "
                         "remove the line", from, name, depth > DEPTH_MAX ? "includes itself" : "does not exist");
        return;
    }
    while (!reader->failed && fgets(line, sizeof line, file) != NULL) {
        size_t length;

        snprintf(place, sizeof place, "%s:%d", path, ++number);
        line[strcspn(line, "#\n")] = '\0';
        while ((length = strlen(line)) > 0 && line[length - 1] == '\\' &&
               fgets(line + length - 1, (int)(sizeof line - length + 1), file) != NULL) {
            number++;
            line[strcspn(line, "#\n")] = '\0';
        }
        read_line(reader, line, place, level, depth);
    }
    fclose(file);
}

int pam_stack_read(struct pam_stack *stack, const char *directory, const char *service, struct report *report)
{
    struct reader reader = {.stack = stack, .directory = directory, .report = report};

    *stack = (struct pam_stack){0};
    stack->levels = array_grow(NULL, 0, sizeof *stack->levels);
    if (stack->levels == NULL)
        return -1;
    stack->levels[stack->level_count++] = (struct pam_level){0};
    read_file(&reader, service, NULL, 0, 0);
    stack->levels[0].end = stack->count;
    return reader.failed ? -1 : 0;
}

void pam_stack_free(struct pam_stack *stack)
{
    free(stack->entries);
    free(stack->levels);
    *stack = (struct pam_stack){0};
}

bool pam_entry_is(const struct pam_entry *entry, const char *name)
{
    const char *slash = strrchr(entry->module, '/');

    return strcmp(slash == NULL ? entry->module : slash + 1, name) == 0;
}

/* The first entry behind the one at INDEX in LEVEL: behind the whole of a substack that starts there. */
static size_t step(const struct pam_stack *stack, size_t level, size_t index)
{
    size_t own = index < stack->count ? stack->entries[index].level : level;

    if (own == level)
        return index + 1;
    while (stack->levels[own].parent != level && own != 0)
        own = stack->levels[own].parent;
    return own == 0 ? index + 1 : stack->levels[own].end;
}

bool pam_stack_passes(const struct pam_stack *stack, size_t index, size_t target)
{
    const struct pam_entry *entry = &stack->entries[index];
    int action = entry->actions[PAM_SAYS_SUCCESS];
    size_t next = index + 1;

    if (action == PAM_DO_DONE)
        return target < stack->levels[entry->level].end;
    if (action <= 0)
        return false;
    for (int i = 0; i < action; i++)
        next = step(stack, entry->level, next);
    return target < next;
}
