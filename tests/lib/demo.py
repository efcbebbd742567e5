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
from shown import BOLD, PLAIN, Shown, code, say, ssh_login  # noqa: E402

USER, PASSWORD = "demo-user", "demo-password"
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
    status, seen = ssh_login(USER, PASSWORD, now)
    check(status == 0 and USER in seen, "the login failed")

    say("The same code once more: refused")
    status, seen = ssh_login(USER, PASSWORD, now)
    check(status == 255 and "denied" in seen, "the code worked twice")

    say("The phone is lost: an emergency code, once")
    status, seen = ssh_login(USER, PASSWORD, emergency[0])
    check(status == 0, "the emergency code failed")

say("What the log says of it all")
for line in log_lines(0, 3):
    print(re.sub(r"^<\d+>", "", line))

say("What the user can see, and what the administrator can check")
print("$ mfa-enroll status")
print(as_user(USER, ENROLL, "status").rstrip())
# As on a host, where sshd's own settings are the ones it runs with.
os.makedirs("/etc/ssh", exist_ok=True)
write("/etc/ssh/sshd_config", read(SSH_DIR + "/sshd.2222.conf"))
print("\n# mfactl check")
print(run(MFACTL, "check").rstrip() or "(nothing to complain about)")

print("\n%sDone.%s User, sshd, keys and files are gone with the sandbox; this machine is as it was." % (BOLD, PLAIN))
