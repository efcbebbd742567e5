# SPDX-License-Identifier: BSD-2-Clause
# Copyright The pam_mfa authors
"""What the suites of failure injection share: a program run again and again, with each of its calls failing in turn."""
import functools
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)) + "/../lib")
from kit import BUILD, check, note, read, run, write  # noqa: E402

DIR = "/run/inject"
LIBRARY, REPORT = DIR + "/inject.so", DIR + "/report"
ALL = os.environ.get("INJECT_ALL") == "1"
LIMIT = 60000  # calls; a sweep that gets there never ends
# The C functions that close what was read, locked or synced before: there is nothing left to fail. Linux closes anyway.
CLOSES = {"read_checked", "dir_close", "file_replace", "file_make", "look", "held_release", "earlier_turn_over"}
LET_IN = ("PAM_SUCCESS", "PAM_IGNORE", "exit 0")

os.mkdir(DIR)
os.chmod(DIR, 0o777)
run("cp", BUILD + "/tests/inject/inject.so", LIBRARY)


def variables(caller, number, **more):
    write(REPORT, "", 0o666)
    return {"LD_PRELOAD": LIBRARY, "INJECT_CALLER": caller, "INJECT_FAIL": str(number), "INJECT_REPORT": REPORT,
            "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", **more}


@functools.lru_cache(maxsize=None)
def name_of(program, offset, called):
    """The function of PROGRAM whose call of CALLED returns to OFFSET: its name in the source, inlined or not."""
    frames = run("addr2line", "-f", "-i", "-e", program, hex(int(offset, 16) - 1)).split("\n")[::2]
    return next(name for name in frames if name != called)  # a fortified call is inlined under its own name


class Outcome:
    """What became of one run: its word, what failed, how many calls it made, what it leaked."""

    def __init__(self, word, output):
        text = read(REPORT).rstrip(b"\0").decode()
        failed = re.search(r"^failed (\S+) (\S+)\+(\S+)$", text, re.M)
        calls = re.search(r"^calls (\d+) leaked (\d+)$", text, re.M)
        self.word, self.output = word, output
        self.function, self.program, self.offset = failed.groups() if failed else (None, None, None)
        self.failed = failed is not None
        self.calls = int(calls.group(1)) if calls else None
        self.leaked = int(calls.group(2)) if calls else 0

    def caller(self):
        """The C function in which the call failed."""
        return name_of(self.program, self.offset, self.function)

    def place(self):
        return "%s in %s, %s+%s" % (self.function, self.caller(), os.path.basename(self.program), self.offset)


def sweep(caller, attempt, judge, stride=1, first=1, leaks=True, **more):
    """
    Runs ATTEMPT(variables) with each call of CALLER failing, or each STRIDE'th from the FIRST on, until a run is
    unharmed, which is returned. JUDGE(outcome) returns what is wrong, or None. All that is wrong is told at once: a
    defect shows its pattern.
    """
    words, harmless, problems, number, runs = {}, {}, [], first, 0
    while True:
        outcome = attempt(variables(caller, number, **more))
        if not outcome.failed:
            check(outcome.calls is None or outcome.calls < number, "call %d of %d did not fail: %s", number,
                  outcome.calls, outcome.output)
            break
        runs += 1
        words[outcome.word] = words.get(outcome.word, 0) + 1
        problem = judge(outcome)
        if outcome.word in LET_IN:
            name = "%s in %s" % (outcome.function, outcome.caller())
            harmless[name] = harmless.get(name, 0) + 1
        if problem is None and leaks and outcome.leaked > 0:
            problem = "%d blocks leaked" % outcome.leaked
        if problem is not None:
            problems.append("call %d, %s: %s" % (number, outcome.place(), problem))
        number += stride
        check(number < LIMIT, "no end after %d calls", number)
    check(runs > 0, "no call of %s was seen: %s", caller, outcome.output)
    note("%d runs, %d calls: %s" % (runs, outcome.calls or number - 1,
                                    ", ".join("%s %d" % word for word in sorted(words.items()))))
    if not more and leaks:
        note("\n".join("harmless: %s (%d)" % call for call in sorted(harmless.items())))
    check(not problems, "%d of %d:\n%s", len(problems), runs, "\n".join(problems[:40]))
    return outcome


def state_of(user):
    """The user's files in the state directory."""
    directory = os.path.dirname(user.path())
    return {name: read(directory + "/" + name) for name in os.listdir(directory) if name.startswith(user.name + ".")}
