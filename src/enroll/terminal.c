/* SPDX-License-Identifier: BSD-2-Clause */
#include "enroll/terminal.h"

#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* By its name alone, as POSIX ranks the variables: to load the locale would let the caller name files. */
static bool locale_is_utf8(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    const char *locale = NULL;

    for (size_t i = 0; i < sizeof variables / sizeof *variables && (locale == NULL || locale[0] == '\0'); i++)
        locale = getenv(variables[i]);
    return locale != NULL && (strcasestr(locale, "utf-8") != NULL || strcasestr(locale, "utf8") != NULL);
}

struct terminal terminal_read(void)
{
    const char *term = getenv("TERM");

    return (struct terminal){.utf8 = locale_is_utf8(),
                             .dumb = term == NULL || term[0] == '\0' || strcmp(term, "dumb") == 0};
}

int terminal_ask(FILE *out, const char *prompt, char *line, size_t size)
{
    size_t length = 0;
    bool overlong = false;
    char c;

    fputs(prompt, out);
    fflush(out);
    for (;;) {
        ssize_t got = read(STDIN_FILENO, &c, 1);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0 && length == 0 && !overlong)
            return -1;
        if (got <= 0 || c == '\n')
            break;
        if (c == '\0' || length == size - 1)
            overlong = true;
        else
            line[length++] = c;
    }
    line[length] = '\0';
    if (overlong)
        strcpy(line, "?");
    return text_trim(line, size, line);
}

bool terminal_has_person(FILE *stream)
{
    return isatty(fileno(stream)) == 1 && isatty(STDIN_FILENO) == 1;
}

bool terminal_has_colour(const struct terminal *terminal, FILE *stream)
{
    return !terminal->dumb && isatty(fileno(stream)) == 1;
}

void terminal_size(FILE *stream, int *columns, int *rows)
{
    struct winsize size = {0};

    if (ioctl(fileno(stream), TIOCGWINSZ, &size) != 0)
        size = (struct winsize){0};
    *columns = size.ws_col;
    *rows = size.ws_row;
}
