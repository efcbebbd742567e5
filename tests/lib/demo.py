#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright The pam_mfa authors
"""The part of tests/demo that happens in the sandbox."""
import os
import re
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
from kit import *  # noqa: E402,F403

BOLD, PLAIN = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")
USER, PASSWORD = "demo-user", "demo-password"
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


def ssh_login(*answers):
    """ssh at a terminal of the user's. Returns (exit status, what was seen)."""
    print("$ ssh %s@localhost" % USER)
    terminal = Shown("/usr/bin/ssh", "-F", "none", "-p", "2222", "-o", "StrictHostKeyChecking=no", "-o", "LogLevel=ERROR",
                     "-o", "UserKnownHostsFile=/dev/null", "-o", "NumberOfPasswordPrompts=1", USER + "@localhost")
    for prompt, answer in zip(("Password: ", PROMPT), answers):
        terminal.answer(prompt, answer)
    if re.search(r"\$ $", wait_for_end_or_shell(terminal)):
        terminal.answer(r"", "whoami; exit", hidden=False)
    return terminal.finish(), terminal.seen


def wait_for_end_or_shell(terminal):
    start = len(terminal.seen)
    while not re.search(r"\$ $|denied", terminal.seen[start:]) and terminal._read(30):
        pass
    return terminal.seen[start:]


say("A host with pam_mfa: what `make install` and `mfactl init` have done in this sandbox")
print(read("/run/init.log").decode().rstrip())
account(USER)
run("chpasswd", input="%s:%s\n" % (USER, PASSWORD))
write("/etc/pam.d/sshd", "auth requisite pam_unix.so\nauth required %s\naccount required pam_unix.so\n"
      "session required pam_permit.so\n" % MODULE)
print("\n/etc/pam.d/sshd (the sandbox's own copy):")
print(read("/etc/pam.d/sshd").decode().rstrip())

say("%s enrols, as the user and nobody else can" % USER)
print("$ mfa-enroll")
terminal = Shown(ENROLL, user=USER)
terminal.expect("Key: ")
key = terminal.expect("[A-Z2-7]{16,}").group(0)
print(end="", flush=True)
first = code(key)
terminal.answer("Code from the app.*: ", first, hidden=False)
check(terminal.finish() == 0, "mfa-enroll failed")
emergency = Enrolment(terminal.seen).codes

say("A login: password, then the code that the app shows now")
print("(The code that confirmed the enrolment is used up, so this waits for the next one: at most 30 seconds.)")
while code(key) == first:
    time.sleep(0.5)
now = code(key)
with Sshd():
    status, seen = ssh_login(PASSWORD, now)
    check(status == 0 and USER in seen, "the login failed")

    say("The same code once more: refused")
    status, seen = ssh_login(PASSWORD, now)
    check(status == 255 and "denied" in seen, "the code worked twice")

    say("The phone is lost: an emergency code, once")
    status, seen = ssh_login(PASSWORD, emergency[0])
    check(status == 0, "the emergency code failed")

say("What the log says of it all")
for line in log_lines(0, 3):
    print(re.sub(r"^<\d+>", "", line))

say("What the user can see, and what the administrator can check")
print("$ mfa-enroll status")
print(as_user(USER, ENROLL, "status").rstrip())
print("\n# mfactl check")
print(run(MFACTL, "check").rstrip() or "(nothing to complain about)")

print("\n%sDone.%s User, sshd, keys and files are gone with the sandbox; this machine is as it was." % (BOLD, PLAIN))
