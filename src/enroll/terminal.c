/* SPDX-License-Identifier: BSD-2-Clause */
#include "enroll/terminal.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

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

bool terminal_is(FILE *stream)
{
    return isatty(fileno(stream)) == 1;
}

int terminal_columns(FILE *stream)
{
    struct winsize size;

    return ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}
