# SPDX-License-Identifier: BSD-2-Clause
# Copyright The pam_mfa authors
"""A host of the fleet, with its broker, in namespaces of its own; and clients that speak the broker's socket."""
import collections
import os
import pwd
import selectors
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time

import cluster
import kit

STORED = kit.PREFIX + "/sbin/mfa-stored"
READ, BEGIN, LOOK, COMMIT, END, PUT, DELETE, PUSHES, WALK, STATUS, HALT, META = range(1, 13)
DONE, CONFLICT, UNAVAILABLE, FAULT = range(64, 68)
FLEET = "eu"
# What is a host's own. The first is where the tests see the directory that the host has under the second name.
OWN = (("etc", "/etc/pam_mfa"), ("state", "/var/lib/pam_mfa"), ("store", "/var/lib/pam_mfa_store"), ("run", "/run/pam_mfa"))


def make_accounts():
    if subprocess.run(["getent", "passwd", "pam_mfa_store"], stdout=subprocess.DEVNULL).returncode:
        kit.run("useradd", "--system", "--user-group", "--home-dir", "/nonexistent", "--no-create-home", "pam_mfa_store")


class Host:
    """NAME's certificate is NAME's own; ENDPOINTS: of nodes or proxies."""

    def __init__(self, name, number, endpoints=None, certificate=None):
        make_accounts()
        self.name, self.certificate = name, certificate or name
        self.endpoints = endpoints or ["https://10.9.0.%d:2379" % node for node in cluster.NODES]
        self.top = cluster.RUN + "/hosts/" + name
        self.socket = self.top + "/run/store.sock"
        self.space = cluster.Space(name[-1:], "10.9.0.%d" % number, ("--net", "--mount", "--uts"))
        for own, path in OWN:
            os.makedirs(self.top + "/" + own, exist_ok=True)
            os.makedirs(path, exist_ok=True)
            self.space.run("mount", "--bind", "%s/%s" % (self.top, own), path)
        self.space.run("hostname", name)
        shutil.copytree("/etc/pam_mfa", self.top + "/etc", dirs_exist_ok=True)
        shutil.chown(self.top + "/etc/seal.key", 0, "pam_mfa")
        os.chown(self.top + "/store", pwd.getpwnam("pam_mfa_store").pw_uid, pwd.getpwnam("pam_mfa_store").pw_gid)
        self.broker = None
        self.state_directory("cluster")
        self.identity(self.certificate)
        self.configure()

    def run(self, *argv, **options):
        return self.space.run(*argv, **options)

    def identity(self, certificate, ca="ca"):
        """Shows CERTIFICATE from here on. As an administrator would: each file replaced whole."""
        for source, name, mode in ((ca + ".pem", "ca.pem", 0o644), (certificate + ".pem", "host.pem", 0o644),
                                   (certificate + ".key", "host.key", 0o640)):
            path = "%s/etc/%s" % (self.top, name)
            kit.write(path + ".new", kit.read(cluster.TLS + "/" + source), mode)
            os.chown(path + ".new", 0, pwd.getpwnam("pam_mfa_store").pw_gid)
            os.rename(path + ".new", path)

    def configure(self, extra="", **values):
        values = {"clock_skew_max": 10, "timeout": 5, **values}
        kit.write(self.top + "/etc/pam_mfa.conf",
                  'default_svm = "a";\nfleets = ( { name = "%s"; endpoints = [ %s ]; ca_file = "/etc/pam_mfa/ca.pem";\n'
                  '  cert_file = "/etc/pam_mfa/host.pem"; key_file = "/etc/pam_mfa/host.key"; %s } );\n%s'
                  % (FLEET, ", ".join('"%s"' % url for url in self.endpoints),
                     " ".join("%s = %s;" % pair for pair in values.items()), extra))

    def tenant(self, svm="a", extra="", policy="", store="fleet", key=None, window=1):
        """Makes SVM on this host, with its enrolments in the fleet."""
        top = self.top + "/etc"
        os.makedirs(top + "/svm/" + svm, exist_ok=True)
        kit.write("%s/svm/%s/svm.conf" % (top, svm), 'owner = { name = "%s"; uuid = "5f618c80-d90a-11ed-a6e6-0050568e8ef2"; '
                  'scope = "%s"; };\ntotp = { window = %d; %s };\nstore = "%s"; fleet = "%s";\n%s'
                  % (svm, "cluster" if svm == "cluster" else "svm", window, policy, store, FLEET, extra))
        os.makedirs(top + "/seal.d", mode=0o750, exist_ok=True)
        os.chmod(top + "/seal.d", 0o750)
        shutil.chown(top + "/seal.d", 0, "pam_mfa")
        kit.write("%s/seal.d/%s.key" % (top, svm), key or svm.encode().ljust(32, b"k"), 0o640)
        shutil.chown("%s/seal.d/%s.key" % (top, svm), 0, "pam_mfa")
        self.state_directory(svm)

    def state_directory(self, svm):
        directory = "%s/state/%s" % (self.top, svm)
        os.makedirs(directory, exist_ok=True)
        shutil.chown(directory, 0, "pam_mfa")
        os.chmod(directory, 0o1770)

    def enrol(self, name, svm="a", codes=5):
        """Enrols NAME with a key of our choice; see kit.enrol."""
        kit.account(name)
        key = os.urandom(20)
        out = self.run(kit.BUILD + "/tests/make_profile", svm, name, key.hex(), "SHA1", "6", "30", str(codes))
        kit._secrets.update([key.hex(), *out.split()])
        return kit.User(name, svm, key, codes=out.split())

    def login(self, user, *answers, **options):
        return kit.login(user, *answers, command=self.space.enter, **options)

    def accepts(self, user, *answers, **options):
        return kit.accepted(user, *answers, command=self.space.enter, **options)

    def refuses(self, user, *answers, **options):
        return kit.refused(user, *answers, command=self.space.enter, **options)

    def start(self, *prefix):
        self.broker = subprocess.Popen([*self.space.enter, *prefix, STORED], stdout=subprocess.DEVNULL,
                                       stderr=open(self.top + "/stored.log", "ab"))
        cluster.wait_for(lambda: self.answers() or self.broker.poll() is not None, "mfa-stored does not listen")
        kit.check(self.broker.poll() is None, "mfa-stored has ended: %s", kit.read(self.top + "/stored.log").decode())
        return self

    def answers(self):
        try:
            Client(self).close()
            return True
        except OSError:
            return False

    def stop(self, how=signal.SIGTERM):
        if self.broker is None:
            return None
        self.broker.send_signal(how)
        status = self.broker.wait(15)
        self.broker = None
        log = kit.read(self.top + "/stored.log").decode(errors="replace")
        kit.check("Sanitizer" not in log and "runtime error" not in log, "%s", log)
        return status

    def restart(self, *prefix):
        self.stop()
        return self.start(*prefix)

    def memory(self):
        """Resident KiB of the broker."""
        with open("/proc/%d/status" % self.broker.pid) as status:
            return int(next(line for line in status if line.startswith("VmRSS")).split()[1])


class Answer:
    def __init__(self, word, parts):
        self.word, self.parts = word, parts

    def __repr__(self):
        return "Answer(%d, %r)" % (self.word, self.parts)

    @property
    def reason(self):
        return self.parts[0].decode() if self.word in (UNAVAILABLE, FAULT) else None

    @property
    def profile(self):
        return self.parts[1]

    @property
    def state(self):
        return State.parse(self.parts[2]) if self.parts[2] else None


class State:
    """A stand-in for the programs' state: the head that brokers know, then text."""

    def __init__(self, step=0, failures=0, cutoffs=(), attempt=None):
        self.step, self.failures, self.cutoffs, self.attempt = step, failures, list(cutoffs), attempt or os.urandom(16)

    @classmethod
    def parse(cls, data):
        count = data[16]
        step, failures = data[17 + 8 * count:].split()
        return cls(int(step), int(failures), struct.unpack(">%dQ" % count, data[17:17 + 8 * count]), data[:16])

    def bytes(self):
        return self.attempt + bytes([len(self.cutoffs)]) + struct.pack(">%dQ" % len(self.cutoffs), *self.cutoffs) + \
            b"%d %d" % (self.step, self.failures)


def frame(word, *parts):
    body = bytes([1, word]) + b"".join(struct.pack(">H", len(part)) + part for part in
                                       (p.encode() if isinstance(p, str) else p for p in parts))
    return struct.pack(">I", len(body)) + body


class Client:
    def __init__(self, host):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(host.socket if isinstance(host, Host) else host)

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, word, *parts):
        self.socket.sendall(frame(word, *parts))

    def receive(self):
        """The next answer; None: the broker has let go."""
        head = self._exactly(4)
        if head is None:
            return None
        body = self._exactly(struct.unpack(">I", head)[0])
        parts, at = [], 2
        while at < len(body):
            length = struct.unpack(">H", body[at:at + 2])[0]
            parts.append(body[at + 2:at + 2 + length])
            at += 2 + length
        return Answer(body[1], parts)

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            try:
                got = self.socket.recv(count - len(data))
            except ConnectionResetError:
                got = b""
            if not got:
                return None
            data += got
        return data

    def ask(self, word, *parts):
        self.send(word, *parts)
        return self.receive()


def done(answer, word=DONE):
    kit.check(answer is not None and answer.word == word, "expected %d, found %r", word, answer)
    return answer


def refused(answer, reason, word=FAULT):
    kit.check(answer is not None and answer.word == word and answer.reason == reason, "expected %s, found %r", reason, answer)
    return answer


def enrol(host, user, svm="a", step=0):
    with Client(host) as client:
        entry = done(client.ask(READ, FLEET, svm, user))
        kit.same(entry.profile, b"", "profile of %s" % user)
        done(client.ask(PUT, b"profile of " + user.encode(), State(step).bytes()))


def read(host, user, svm="a"):
    with Client(host) as client:
        return done(client.ask(READ, FLEET, svm, user))


def attempt(user, step, svm="a", wrong=False):
    """One attempt as the module makes it, with the code of STEP: yields what is to be sent, is sent the answer, and returns
    what became of it."""
    answer = yield frame(BEGIN, FLEET, svm, user)
    look = frame(LOOK)
    while answer is not None and answer.word in (DONE, CONFLICT):
        state = answer.state
        if not answer.profile or state is None:
            yield frame(END)
            return "not_enrolled"
        failures = state.failures + len(state.cutoffs)
        if failures >= 3:
            yield frame(END)
            return "throttled"
        if not wrong and step <= state.step:
            yield look + frame(END)
            return "reused"
        new = State(state.step, failures + 1) if wrong else State(step)
        answer = yield look + frame(COMMIT, new.bytes())
        look = b""
        if answer is not None and answer.word == DONE:
            return "wrong" if wrong else "accepted"
    return "lost" if answer is None else answer.reason


def login(host, user, step, svm="a", wrong=False):
    steps_of = attempt(user, step, svm, wrong)
    with Client(host) as client:
        send = next(steps_of)
        try:
            while True:
                client.socket.sendall(send)
                send = steps_of.send(client.receive())
        except StopIteration as end:
            return end.value
        except OSError:
            return "lost"


def race(hosts, attempts):
    """ATTEMPTS at the same time, in turn over HOSTS: all have begun before the first goes on. Returns what became of each."""
    chosen = selectors.DefaultSelector()
    clients, results = [], []
    for number, one in enumerate(attempts):
        client = Client(hosts[number % len(hosts)])
        client.socket.sendall(next(one))
        clients.append((client, one))
    begun = [(client, one, client.receive()) for client, one in clients]

    def go_on(client, one, answer):
        try:
            client.socket.sendall(one.send(answer))
        except StopIteration as end:
            results.append(end.value)
            client.close()
            return
        chosen.register(client.socket, selectors.EVENT_READ, (client, one))

    for client, one, answer in begun:
        go_on(client, one, answer)
    while chosen.get_map():
        for key, _ in chosen.select(30):
            chosen.unregister(key.fileobj)
            client, one = key.data
            go_on(client, one, client.receive())
    return collections.Counter(results)


class Load:
    """Logins of many users, each with one code after the other, over HOSTS, in threads, until it ends. A code that was
    accepted is tried once more elsewhere at the end."""

    steps = {}

    def __init__(self, hosts, users):
        self.hosts, self.users, self.stop = hosts, users, threading.Event()
        self.results = collections.Counter()
        self.slowest, self.last = 0, {}
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self._run, args=(number,)) for number in range(len(users))]
        for thread in self.threads:
            thread.start()

    def _run(self, number):
        user = self.users[number]
        while not self.stop.is_set():
            step = self.steps[user] = max(self.steps.get(user, 0) + 1, int(time.time()))
            started = time.time()
            result = login(self.hosts[step % len(self.hosts)], user, step)
            with self.lock:
                self.results[result] += 1
                self.slowest = max(self.slowest, time.time() - started)
                if result == "accepted":
                    self.last[user] = step
            time.sleep(0.02)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def check(self, seconds):
        """Nobody was denied, nobody waited for longer than SECONDS, and what was accepted is dead."""
        kit.same(set(self.results), {"accepted"}, "results %s" % self.results)
        kit.check(self.slowest <= seconds, "one login took %.1f s", self.slowest)
        for user, step in self.last.items():
            kit.same({login(host, user, step) for host in self.hosts}, {"reused"}, user)
        kit.note("%d logins, the slowest took %.2f s" % (self.results["accepted"], self.slowest))


def steps():
    """A step later than all before, for any user."""
    steps.last = max(steps.last + 1, int(time.time()))
    return steps.last


steps.last = 0
