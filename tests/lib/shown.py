# SPDX-License-Identifier: BSD-2-Clause
# Copyright The pam_mfa authors
"""What the demonstrations share: headings, and terminals whose content is shown."""
import re
import sys

from kit import PROMPT, Terminal, run

BOLD, PLAIN = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")
number = 1


def say(text):
    global number
    number += 1
    print("\n%s%d. %s%s" % (BOLD, number, text, PLAIN), flush=True)


class Shown(Terminal):
    """A terminal whose content is shown, and what is typed into it too."""

    shown = 0

    def flush(self):
        sys.stdout.write(self.seen[self.shown:])
        sys.stdout.flush()
        self.shown = len(self.seen)

    def answer(self, prompt, text, hidden=True):
        self.expect(prompt)
        self.flush()
        if hidden:
            sys.stdout.write("%s[types %s]%s" % (BOLD, text, PLAIN))
        self.send(text + "\n")

    def finish(self):
        status = self.end()
        self.flush()
        return status


def code(base32):
    """What the authenticator app shows now, by oathtool."""
    return run("oathtool", "--totp", "--base32", base32).strip()


def ssh_login(user, *answers, host="localhost", name=None):
    """ssh at a terminal of the user's to HOST, shown as NAME. Returns (exit status, what was seen)."""
    print("$ ssh %s@%s" % (user, name or host))
    terminal = Shown("/usr/bin/ssh", "-F", "none", "-p", "2222", "-o", "StrictHostKeyChecking=no", "-o", "LogLevel=ERROR",
                     "-o", "UserKnownHostsFile=/dev/null", "-o", "NumberOfPasswordPrompts=1", "%s@%s" % (user, host))
    for prompt, answer in zip(("Password: ", PROMPT), answers):
        terminal.answer(prompt, answer)
    if re.search(r"\$ $", wait_for_end_or_shell(terminal)):
        terminal.answer(r"", "whoami; hostname; exit" if name else "whoami; exit", hidden=False)
    return terminal.finish(), terminal.seen


def wait_for_end_or_shell(terminal):
    start = len(terminal.seen)
    while not re.search(r"\$ $|denied", terminal.seen[start:]) and terminal._read(30):
        pass
    return terminal.seen[start:]
