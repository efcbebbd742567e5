# SPDX-License-Identifier: BSD-2-Clause
# Copyright The pam_mfa authors
"""What the suites share: TAP, users and their codes, logins through PAM, the log, terminals. Python's library only."""
import base64
import collections
import contextlib
import fcntl
import hashlib
import hmac
import os
import pty
import pwd
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import termios
import time
import traceback

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
BUILD = os.environ.get("PAM_MFA_BUILD") or SOURCE + "/build/gcc"
ASAN_BUILD = SOURCE + "/build/asan"  # a second one, with sanitizers, for what runs by itself
PREFIX = os.environ.get("PAM_MFA_PREFIX", "/opt/pam_mfa")
LOG = os.environ.get("PAM_MFA_LOG", "")
SANITIZED = os.environ.get("PAM_MFA_SANITIZED") == "1"
MODULE = PREFIX + "/lib/security/pam_mfa.so"
ENROLL = PREFIX + "/bin/mfa-enroll"
MFACTL = PREFIX + "/sbin/mfactl"
HOST = BUILD + "/tests/pam_host"
CONF = "/etc/pam_mfa"
STATE = "/var/lib/pam_mfa"
PROMPT = "Verification code: "

# ---------------------------------------------------------------- tests and TAP

_tests = []
_secrets = set()  # codes and keys that were used; none may be in the log


def test(name):
    """Marks a function as a test. It fails by an exception."""

    def add(function):
        _tests.append((name, function))
        return function

    return add


class Failure(Exception):
    pass


def check(condition, text="", *values):
    if not condition:
        raise Failure(text % values if values else text)


def same(found, expected, text=""):
    check(found == expected, "%s", "%sfound %r, expected %r" % (text + ": " if text else "", found, expected))


def note(text):
    for line in str(text).splitlines():
        print("# " + line, flush=True)


def main():
    """Runs the suite. With arguments: only tests whose name contains one of them."""
    chosen = [t for t in _tests if not sys.argv[1:] or any(word in t[0] for word in sys.argv[1:])]
    chosen.append(("no code, key or response is in the log", _log_holds_no_secret))
    print("1..%d" % len(chosen), flush=True)
    failed = 0
    for number, (name, function) in enumerate(chosen, 1):
        started = time.time()
        try:
            function()
            print("ok %d - %s" % (number, name), flush=True)
        except Exception as error:  # a test may fail in any way; the others still run
            failed += 1
            print("not ok %d - %s" % (number, name), flush=True)
            if isinstance(error, Failure):
                note(error)
                note(traceback.format_tb(error.__traceback__)[-2].splitlines()[0].strip())
            else:
                note(traceback.format_exc())
        if time.time() - started > 5:
            note("took %.1f s" % (time.time() - started))
    sys.exit(1 if failed else 0)


def _log_holds_no_secret():
    with open(LOG, errors="replace") as log:
        words = set(re.findall(r"\w{6,}", "\n".join(line for line in log if "mfa" in line)))
    found = sorted(words & _secrets)
    check(not found, "the log holds %s", found)


# ---------------------------------------------------------------- codes (RFC 6238, a second implementation)


def hotp(key, step, algorithm="SHA1", digits=6):
    digest = hmac.new(key, step.to_bytes(8, "big"), getattr(hashlib, algorithm.lower())).digest()
    offset = digest[-1] & 15
    return "%0*d" % (digits, (int.from_bytes(digest[offset:offset + 4], "big") & 0x7FFFFFFF) % 10**digits)


def settle(period=30, margin=3):
    """Waits until the time step has MARGIN seconds left, so that what follows happens within one step."""
    left = period - time.time() % period
    if left < margin:
        time.sleep(left + 0.05)


# ---------------------------------------------------------------- users


class User:
    """An account, with its enrolment in one SVM."""

    def __init__(self, name, svm="cluster", key=None, algorithm="SHA1", digits=6, period=30, codes=()):
        self.name, self.svm, self.key = name, svm, key
        self.algorithm, self.digits, self.period, self.codes = algorithm, digits, period, list(codes)

    def step(self):
        return int(time.time()) // self.period

    def code(self, offset=0, step=None):
        step = self.step() + offset if step is None else step
        code = hotp(self.key, step, self.algorithm, self.digits)
        _secrets.add(code)
        return code

    def wrong(self):
        """A code of the right form that is far from right at any time near the present one."""
        near = {hotp(self.key, self.step() + offset, self.algorithm, self.digits) for offset in range(-250, 251)}
        return next(code for code in ("%0*d" % (self.digits, n) for n in range(777001, 10**6)) if code not in near)

    def path(self, suffix="mfa"):
        return "%s/%s/%s.%s" % (STATE, self.svm, self.name, suffix)

    def fresh(self, **values):
        """Puts the state back to that of a new enrolment, so that any code counts again."""
        edit_state(self, **{**dict(last_step=0, failures=0, last_failure=0, used_codes=0), **values})


def account(name):
    """Makes the account NAME, if it is not there, with NAME as its password."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        run("useradd", "-m", "-s", "/bin/sh", name)
        run("chpasswd", input="%s:%s\n" % (name, name))
    return name


def enrol(name, svm="cluster", key=None, algorithm="SHA1", digits=6, period=30, codes=5):
    """Enrols NAME with a key of our choice, as a user's own enrolment would leave it."""
    account(name)
    key = key or os.urandom(20)
    out = run(BUILD + "/tests/make_profile", svm, name, key.hex(), algorithm, str(digits), str(period), str(codes))
    _secrets.update([key.hex(), base64.b32encode(key).decode().rstrip("="), *out.split()])
    return User(name, svm, key, algorithm, digits, period, out.split())


def edit_state(user, **values):
    """Sets values of the state in the record, and its mark (the time of an attempt that never ended; without one it goes)."""
    out = run(BUILD + "/tests/record", user.svm, user.name, *("%s=%s" % (name, value) for name, value in values.items()))
    return {name: value for name, value in re.findall(r"^(\w+)=(.*)$", out, re.M)}


def read_state(user):
    """The values of the state, `mark` and `sequence`, as numbers."""
    return {name: int(value) for name, value in edit_state(user).items() if name != "pushes"}


def earlier(user, **values):
    """Puts in the record's place what versions before it would have kept. Returns the emergency codes."""
    edit_state(user, **{**dict(last_step=0, failures=0, last_failure=0, used_codes=0), **values})
    run(BUILD + "/tests/record", user.svm, user.name, *("%s=%s" % pair for pair in values.items()), "earlier")
    return user.codes


def read_pushes(user):
    value = edit_state(user)["pushes"]
    return [] if value == "-" else [int(at) for at in value.split(",")]


def write(path, data, mode=0o644):
    with open(path, "wb") as file:
        file.write(data.encode() if isinstance(data, str) else data)
    os.chmod(path, mode)


def read(path):
    with open(path, "rb") as file:
        return file.read()


@contextlib.contextmanager
def kept(*paths):
    """Puts files back, whatever has become of them: content, owner and mode."""
    before = [(path, read(path), os.stat(path)) for path in paths]
    try:
        yield
    finally:
        for path, data, status in before:
            remove(path)
            write(path, data, status.st_mode & 0o7777)
            os.chown(path, status.st_uid, status.st_gid)


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.remove(path)


def svm(name="cluster", window=1, policy="", extra=""):
    """Writes svm.conf of SVM NAME, with more of its TOTP policy and EXTRA lines, making its directories."""
    os.makedirs("%s/svm/%s" % (CONF, name), exist_ok=True)
    write("%s/svm/%s/svm.conf" % (CONF, name),
          'owner = { name = "%s"; uuid = "5f618c80-d90a-11ed-a6e6-0050568e8ef2"; scope = "%s"; };\n'
          'totp = { window = %d; %s };\n%s'
          % (name, "cluster" if name == "cluster" else "svm", window, policy, extra))
    directory = STATE + "/" + name
    if not os.path.isdir(directory):
        os.mkdir(directory)
        os.chown(directory, 0, os.stat(CONF + "/seal.key").st_gid)
        os.chmod(directory, 0o1770)


def host_conf(text='default_svm = "cluster";\n'):
    write(CONF + "/pam_mfa.conf", text)


def service(name="mfa", arguments="", before="", after="", control="required"):
    """Writes PAM service NAME: the module with ARGUMENTS, between other lines."""
    write("/etc/pam.d/" + name, "%s\nauth %s %s %s\n%s\naccount required pam_permit.so\n"
          % (before, control, MODULE, arguments, after))
    return name


# ---------------------------------------------------------------- running


def run(*argv, input=None, status=0, timeout=60, **options):
    """Runs a program, returns what it printed. STATUS: the exit status it must have; None: any."""
    try:
        done = subprocess.run(argv, input=input, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout,
                              universal_newlines=not isinstance(input, bytes), errors=None if isinstance(input, bytes)
                              else "replace", **options)
    except subprocess.TimeoutExpired as error:
        raise Failure("%s: still running after %d s" % (" ".join(map(str, argv[:4])), timeout)) from error
    if status is not None and done.returncode != status:
        raise Failure("%s: exit status %s, expected %s\n%s"
                      % (" ".join(map(str, argv[:6])), done.returncode, status, done.stdout))
    return done.stdout


def as_user(name, *argv, **options):
    """Runs a program as the user, with nothing but the user's own groups and environment."""
    entry = pwd.getpwnam(name)
    return run(*argv, user=entry.pw_uid, group=entry.pw_gid, extra_groups=[], cwd=entry.pw_dir,
               env={"HOME": entry.pw_dir, "USER": name, "LOGNAME": name, "PATH": "/usr/bin:/bin",
                    "LC_ALL": "C.UTF-8", "TERM": "xterm", **options.pop("variables", {})}, **options)


# ---------------------------------------------------------------- the log


def log_mark():
    """Where the log ends, once all that was sent before is in it."""
    start, word = os.path.getsize(LOG), "mark-%d-%d" % (os.getpid(), time.monotonic_ns())
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.sendto(word.encode(), "/dev/log")
    end = time.time() + 30
    while True:
        with open(LOG, "rb") as log:
            log.seek(start)
            text = log.read()
        if word.encode() in text:
            return start + text.index(word.encode()) + len(word) + 1
        check(time.time() < end, "the log does not take what is sent to it")
        time.sleep(0.001)


def log_lines(mark, count=1, wait=3.0):
    """The module's decisions since MARK: waits until there are COUNT."""
    end = time.time() + wait
    while True:
        with open(LOG, "rb") as log:
            log.seek(mark)
            lines = [line for line in log.read().decode(errors="replace").splitlines()
                     if "pam_mfa(" in line and " result=" in line.replace("): result", ")  result")]
        if len(lines) >= count or time.time() > end:
            return lines
        time.sleep(0.005)


def fields(line):
    """The key=value pairs of a log line."""
    pairs = re.findall(r'(\w+)=("(?:[^"\\]|\\.)*"|\S+)', line.split("): ", 1)[1])
    return {key: re.sub(r"\\(.)", r"\1", value[1:-1]) if value[0] == '"' else value for key, value in pairs}


# ---------------------------------------------------------------- logins through PAM

Login = collections.namedtuple("Login", "code messages log output")


def login(user, *answers, service="mfa", options=(), command=(), timeout=30, decisions=1):
    """One login through pam_host. CODE is the PAM code; MESSAGES what was shown; LOG the fields of the decision."""
    name = user.name if isinstance(user, User) else user
    _secrets.update(a for a in answers if len(a) >= 6 and a.isdigit())
    mark = log_mark()
    out = run(*command, HOST, *options, service, name, *answers, status=None, timeout=timeout)
    result = re.findall(r"^%s result (\w+)$" % re.escape(name), out, re.M)
    check(len(result) == 1, "pam_host printed no result: %s", out)
    check("Sanitizer" not in out and "runtime error" not in out, "%s", out)
    check("descriptors before" not in out and "process was changed" not in out, "%s", out)
    lines = log_lines(mark, decisions)
    return Login(result[0], re.findall(r"^%s (prompt_\w+|info|error) (.*)$" % re.escape(name), out, re.M),
                 fields(lines[-1]) if lines else {}, out)


def logins(pairs, service="mfa", copies=1, timeout=60):
    """Logins (user, answer) all at the same instant. Returns the PAM codes as {user: [codes]}."""
    argv = []
    for user, answer in pairs:
        argv += (["--"] if argv else []) + [user.name, answer]
        _secrets.add(answer)
    out = run(HOST, "-n", str(copies), service, *argv, status=None, timeout=timeout)
    codes = collections.defaultdict(list)
    for name, code in re.findall(r"^(\S+) result (\w+)$", out, re.M):
        codes[name].append(code)
    same(sum(map(len, codes.values())), copies * len(pairs), "logins that ended; %s" % out)
    return codes


def unmarked(user, found):
    """What came to its end leaves no mark of an attempt; an error may."""
    if isinstance(user, User) and found.code != "PAM_SERVICE_ERR" and os.path.exists(user.path()):
        data = read(user.path())
        newest = max(int.from_bytes(data[at + 8:at + 16], "little") for at in (0, 4096))
        check(data[6144:6176] == bytes(32) or int.from_bytes(data[6152:6160], "little") < newest,
              "the mark of an attempt is left, log %s", found.log)
    return found


def accepted(user, *answers, **options):
    found = login(user, *answers, **options)
    same(found.code, "PAM_SUCCESS", "login of %s, log %s" % (getattr(user, "name", user), found.log))
    return unmarked(user, found)


def refused(user, *answers, code="PAM_AUTH_ERR", reason=None, **options):
    found = login(user, *answers, **options)
    same(found.code, code, "login of %s, log %s" % (getattr(user, "name", user), found.log))
    if reason is not None:
        same(found.log.get("reason"), reason, "log %s" % found.log)
    return unmarked(user, found)


# ---------------------------------------------------------------- a private sshd

SSH_DIR = "/etc/test-ssh"


def openssh():
    """The version of OpenSSH, as (major, minor)."""
    found = re.search(r"OpenSSH_(\d+)\.(\d+)", run("ssh", "-V"))
    return int(found.group(1)), int(found.group(2))


class Sshd:
    """sshd on a loopback port of the sandbox, with its own configuration, keys and PAM service."""

    def __init__(self, methods="keyboard-interactive:pam", port=2222, name="sshd", extra="", password="no"):
        self.port = port
        os.makedirs(SSH_DIR, exist_ok=True)
        os.chmod(SSH_DIR, 0o755)
        if not os.path.exists(SSH_DIR + "/host_key"):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", SSH_DIR + "/host_key")
        config = "%s/%s.%d.conf" % (SSH_DIR, name, port)
        if openssh() >= (9, 8):
            # The failures that tests make are to keep nobody out; and the program's name is not the service's any more.
            extra = "PerSourcePenalties no\nPAMServiceName %s\n%s" % (name, extra)
        write(config, """Port %d
ListenAddress 127.0.0.1
ListenAddress 127.0.0.2
HostKey %s/host_key
PidFile none
UsePAM yes
PasswordAuthentication %s
KbdInteractiveAuthentication yes
AuthenticationMethods %s
MaxStartups 500
PerSourceMaxStartups none
LogLevel VERBOSE
UseDNS no
%s
""" % (port, SSH_DIR, password, methods, extra))
        program = "/usr/sbin/sshd"
        if name != "sshd":
            program = SSH_DIR + "/" + name
            remove(program)
            os.symlink("/usr/sbin/sshd", program)
        self.process = subprocess.Popen([program, "-D", "-e", "-f", config], stdout=subprocess.DEVNULL,
                                        stderr=open("%s/%s.%d.log" % (SSH_DIR, name, port), "wb"))
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                check(self.process.poll() is None, "sshd ended: see %s", config)
                time.sleep(0.02)
        raise Failure("sshd does not listen")

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def sshd_service(name="sshd", arguments=""):
    """What an administrator writes: password first, and only if that is right the code."""
    write("/etc/pam.d/" + name, "auth requisite pam_unix.so\nauth required %s %s\naccount required pam_unix.so\n"
          "session required pam_permit.so\n" % (MODULE, arguments))


# Records each prompt in $ASK.seen and answers with the next line of $ASK. An answer `@wait PATH ANSWER` is given as
# soon as PATH exists.
ASKPASS = """#!/bin/sh
printf '%s\\n' "$1" | tr '\\n' '|' | sed 's/|$/\\n/' >>"$ASK.seen"
line=$(sed -n "$(wc -l <"$ASK.seen")p" "$ASK")
case $line in
"@wait "*)
    rest=${line#@wait }
    : >"$ASK.waits"
    while [ ! -e "${rest%% *}" ]; do sleep 0.01; done
    line=${rest#* } ;;
esac
printf '%s\\n' "$line"
"""

Ssh = collections.namedtuple("Ssh", "status output prompts")


class SshLogin:
    """A login by the real client, running; each of ANSWERS goes to the next prompt."""

    number = 0

    def __init__(self, name, *answers, port=2222, address="127.0.0.1", options=(), command="echo shell of $USER"):
        SshLogin.number += 1
        self.ask = "/run/ask.%d" % SshLogin.number
        _secrets.update(a for a in answers if len(a) >= 6 and a.isdigit())
        script = SSH_DIR + "/askpass"
        if not os.path.exists(script):
            write(script, ASKPASS, 0o755)
        write(self.ask, "".join(answer + "\n" for answer in answers))
        self.process = subprocess.Popen(
            ["ssh", *options, "-F", "none", "-p", str(port), "-o", "StrictHostKeyChecking=no", "-o", "LogLevel=ERROR",
             "-o", "UserKnownHostsFile=/dev/null", "-o", "NumberOfPasswordPrompts=1",
             "-o", "PreferredAuthentications=publickey,keyboard-interactive", name + "@" + address, command],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True,
            env={**os.environ, "SSH_ASKPASS": script, "SSH_ASKPASS_REQUIRE": "force", "ASK": self.ask})

    def waits(self, timeout=30):
        """Until the client stands before a `@wait` answer."""
        end = time.time() + timeout
        while not os.path.exists(self.ask + ".waits"):
            check(time.time() < end and self.process.poll() is None, "ssh never came to the prompt")
            time.sleep(0.01)

    def end(self, timeout=60):
        try:
            output = self.process.communicate(timeout=timeout)[0]
        except subprocess.TimeoutExpired as error:
            self.process.kill()
            raise Failure("ssh hangs") from error
        prompts = []
        if os.path.exists(self.ask + ".seen"):
            prompts = re.sub(r"\(\S+@\S+\) ", "", read(self.ask + ".seen").decode()).splitlines()
        return Ssh(self.process.returncode, output, prompts)


def ssh(user, *answers, **options):
    return SshLogin(getattr(user, "name", user), *answers, **options).end()


def ssh_accepted(user, *answers, **options):
    found = ssh(user, *answers, **options)
    check(found.status == 0 and "shell of " + user.name in found.output, "ssh of %s: %s", user.name, found)
    return found


def ssh_refused(user, *answers, **options):
    found = ssh(user, *answers, **options)
    check(found.status == 255 and "shell of" not in found.output, "ssh of %s: %s", getattr(user, "name", user), found)
    return found


# ---------------------------------------------------------------- terminals


class Terminal:
    """A program on a terminal of its own, as a user sees it."""

    def __init__(self, *argv, user=None, variables=None, size=(60, 120)):
        entry = pwd.getpwnam(user) if user else pwd.getpwuid(0)
        self.seen = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                # Before the program looks at it.
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", size[0], size[1], 0, 0))
                if user:
                    os.initgroups(entry.pw_name, entry.pw_gid)
                    os.setgid(entry.pw_gid)
                    os.setuid(entry.pw_uid)
                os.chdir(entry.pw_dir)
                for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE):
                    signal.signal(number, signal.SIG_DFL)
                os.execve(argv[0], argv, {"HOME": entry.pw_dir, "USER": entry.pw_name, "LOGNAME": entry.pw_name,
                                          "PATH": "/usr/bin:/bin", "TERM": "xterm", "LC_ALL": "C.UTF-8",
                                          **(variables or {})})
            finally:
                os._exit(127)

    def _read(self, timeout):
        if not select.select([self.fd], [], [], timeout)[0]:
            raise Failure("nothing more within %d s after: %s" % (timeout, self.seen[-500:]))
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # the other side is closed
            data = b""
        self.seen += data.decode(errors="replace").replace("\r\n", "\n")
        return data

    def expect(self, pattern, timeout=15):
        """Waits for a regular expression in what was not matched before."""
        start = getattr(self, "start", 0)
        while True:
            found = re.search(pattern, self.seen[start:])
            if found:
                self.start = start + found.end()
                return found
            if not self._read(timeout):
                raise Failure("ended without %r: %s" % (pattern, self.seen[-800:]))

    def send(self, text):
        os.write(self.fd, text.encode())

    def end(self, timeout=15):
        """Waits for the end; returns the exit status, negative for a signal."""
        while self._read(timeout):
            pass
        status = os.waitpid(self.pid, 0)[1]
        os.close(self.fd)
        return os.waitstatus_to_exitcode(status)


class Enrolment:
    """What mfa-enroll has shown: the key (as base32 and bytes) and the emergency codes."""

    def __init__(self, text):
        uri = re.search(r"otpauth://totp/\S+", text)
        self.uri = uri.group(0) if uri else None
        secret = re.search(r"[?&]secret=([A-Z2-7]+)", self.uri or "")
        self.base32 = secret.group(1) if secret else None
        self.key = base64.b32decode(self.base32 + "=" * (-len(self.base32) % 8)) if self.base32 else None
        self.codes = [a + b for a, b in re.findall(r"^    (\d{4}) (\d{4})$", text.replace("\r", ""), re.M)]
        _secrets.update(self.codes)
        if self.key:
            _secrets.update([self.base32, self.key.hex()])



# ---------------------------------------------------------------- importing this enters the sandbox


def _enter():
    if os.environ.get("PAM_MFA_SANDBOX") == "1":
        return
    if os.geteuid() != 0:
        print("1..1\nnot ok 1 - this suite needs root: it adds users and PAM services in a sandbox", flush=True)
        sys.exit(1)
    os.environ["PAM_MFA_BUILD"] = BUILD
    sandbox = SOURCE + "/tests/sandbox"
    os.execv(sandbox, [sandbox, os.path.realpath(sys.argv[0])] + sys.argv[1:])


_enter()
