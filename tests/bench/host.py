# SPDX-License-Identifier: BSD-2-Clause
# Copyright The pam_mfa authors
"""What the parts of the bench share: logins through the warm host, counting their instructions, printing a table."""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)) + "/../lib")
from kit import BUILD, check, write  # noqa: E402

OUT = BUILD + "/tests/bench"
HOST_PROGRAM = OUT + "/warm_host"
SECURITY = next(d for d in ("/lib/%s/security" % os.uname().machine, "/lib/x86_64-linux-gnu/security",
                            "/usr/lib/x86_64-linux-gnu/security", "/lib/security") if os.path.isdir(d))
CALLGRIND = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]


def permit(service):
    """A service whose logins cost what PAM and the program around it do: what all others are compared with."""
    write("/etc/pam.d/" + service, "auth required pam_permit.so\naccount required pam_permit.so\n")
    return service


def run_host(service, logins, *command, workers=1, strict=True):
    """
    LOGINS, pairs of user and answer, through the warm host. Returns its figures and what the command before it wrote to
    standard error.
    """
    argv = [*command, HOST_PROGRAM] + (["-j", str(workers)] if workers > 1 else []) + [service]
    done = subprocess.run(argv, input="".join("%s\t%s\n" % login for login in logins), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, universal_newlines=True, errors="replace")
    figures = {key: float(value) for key, value in re.findall(r"(\w+)=([\d.]+)", done.stdout)}
    check(figures.get("succeeded") == len(logins) or not strict, "%s: %s %s", " ".join(argv), done.stdout,
          done.stderr[-1500:])
    return figures, done.stderr


def collected(text):
    """The number of instructions in what callgrind says at its end."""
    return int(re.search(r"Collected : (\d+)", text).group(1))


def instructions(service, logins):
    """Of the whole program, not of programs that it starts."""
    return collected(run_host(service, logins, *CALLGRIND)[1])


def table(rows, columns):
    widths = [max(len(str(row[i])) for row in [columns, *rows]) for i in range(len(columns))]
    for row in [columns, ["-" * width for width in widths], *rows]:
        print("  ".join(str(cell).ljust(width) if i == 0 else str(cell).rjust(width)
                        for i, (cell, width) in enumerate(zip(row, widths))), flush=True)
