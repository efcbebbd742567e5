# SPDX-License-Identifier: BSD-2-Clause
# Copyright The pam_mfa authors
"""What the REST suites share: mfa-restd running, calls to it by curl as any user, an SVM or two."""
import base64
import collections
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)) + "/../lib")
import kit  # noqa: E402

RESTD = os.environ.get("PAM_MFA_RESTD") or kit.PREFIX + "/sbin/mfa-restd"
SOCKET = "/run/pam_mfa/api.sock"
PROFILES = "/api/security/authentication/duo/profiles"
GROUPS = "/api/security/authentication/duo/groups"
TOTPS = "/api/security/login/totps"
SVMS = "/api/svm/svms"
VAULT = "/v1/sys/mfa/method/duo"
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
SECRET = "sEcReTsEcReTsEcReTsEcReTsEcReTsEcReTsEcR"
DUO = {"api_host": "api-00000000.duosecurity.com", "integration_key": "DIWJ8X6AEYOR5OMC6TQ1", "secret_key": SECRET}
OUTPUT = "/run/restd.out"
kit._secrets.add(SECRET)

Answer = collections.namedtuple("Answer", "status headers json text")


class Gateway:
    """The one gateway of a suite."""

    def __init__(self, *options):
        self.process = subprocess.Popen([RESTD, *options], stdout=open(OUTPUT, "ab"), stderr=subprocess.STDOUT)
        wait_for(lambda: self.process.poll() is not None or can_connect(), "the gateway does not listen")
        kit.check(self.process.poll() is None, "the gateway has ended: %s", kit.read(OUTPUT))

    def memory(self):
        """Resident KiB."""
        with open("/proc/%d/status" % self.process.pid) as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))

    def workers(self):
        with open("/proc/%d/task/%d/children" % (self.process.pid, self.process.pid)) as children:
            return [int(pid) for pid in children.read().split()]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        kit.same(self.process.wait(30), 0, "exit status of the gateway")
        output = kit.read(OUTPUT)
        kit.check(b"Sanitizer" not in output and b"runtime error" not in output, "%s", output.decode()[:3000])


def status_of(pid):
    """The fields of /proc/PID/status."""
    return dict(re.findall(r"^(\w+):\t *(.*?) *$", kit.read("/proc/%d/status" % pid).decode(), re.M))


def logged(mark):
    """The gateway's lines in the log since MARK."""
    with open(kit.LOG, "rb") as log:
        log.seek(mark)
        return [line for line in log.read().decode().splitlines() if "mfa-restd" in line]


def wait_for(condition, words, seconds=10):
    end = time.time() + seconds
    while not condition():
        kit.check(time.time() < end, words)
        time.sleep(0.02)


def connect():
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(30)
    client.connect(SOCKET)
    return client


def can_connect():
    try:
        connect().close()
        return True
    except OSError:
        return False


def raw(data, end=True):
    """Sends bytes on a connection of root's; returns all that comes back."""
    with connect() as client:
        try:
            client.sendall(data)
        except OSError:
            pass  # refused in the middle: the answer says why
        if end:
            client.shutdown(socket.SHUT_WR)
        return drain(client)


def drain(client):
    answer = b""
    while True:
        try:
            data = client.recv(65536)
        except ConnectionResetError:
            return answer
        if not data:
            return answer
        answer += data


def parse(text):
    """The last of the answers that curl -i has printed."""
    text = text.replace("\r\n", "\n")
    head, _, body = text.partition("\n\n")
    while re.match(r"HTTP/1\.1 1\d\d", head):
        head, _, body = body.partition("\n\n")
    found = re.match(r"HTTP/1\.[01] (\d+)", head)
    kit.check(found, "no answer: %s", text)
    headers = {name.lower(): value for name, value in re.findall(r"^([\w-]+): (.*)$", head, re.M)}
    if body:
        kit.check(headers.get("content-type") in ("application/json", "application/hal+json"), "%s", text)
    return Answer(int(found.group(1)), headers, json.loads(body) if body else None, body)


def curl(command, user="root", cwd=None):
    """Runs a curl command line, as a person types it, with the gateway's socket; returns the answer."""
    command = command.replace("curl ", "curl -sS -i --unix-socket %s " % SOCKET, 1)
    if user == "root":
        return parse(kit.run("sh", "-c", command, cwd=cwd))
    return parse(kit.as_user(user, "sh", "-c", command))


def call(method, path, body=None, user="root", status=None, accept=None):
    argv = ["curl", "-sS", "-i", "-g", "--unix-socket", SOCKET, "-X", method, "http://localhost" + path]
    if body is not None:
        argv += ["--data-binary", body if isinstance(body, str) else json.dumps(body)]
    if accept is not None:
        argv += ["-H", "Accept: " + accept]
    answer = parse(kit.run(*argv) if user == "root" else kit.as_user(user, *argv))
    if status is not None:
        kit.same(answer.status, status, "%s %s by %s; %s" % (method, path, user, answer.text))
    return answer


def refused(method, path, status, code, target=None, body=None, user="root"):
    """A call that must end in this error record. Returns its message."""
    answer = call(method, path, body, user, status)
    error = answer.json["error"]
    kit.same(error["code"], code, "code; %s" % error)
    if target is not None:
        kit.same(error.get("target"), target, "target; %s" % error)
    kit.same(error["arguments"], [], "arguments")
    return error["message"]


def names(answer):
    return [(record["owner"]["name"], record.get("account", record).get("name")) for record in answer.json["records"]]


def uuid_of(svm):
    records = call("GET", "%s?name=%s" % (SVMS, svm), status=200).json["records"]
    kit.same(len(records), 1, "SVMs named " + svm)
    return records[0]["uuid"]


def svm(name):
    """Makes the SVM, if there is none, as an administrator does."""
    if not os.path.exists("%s/svm/%s/svm.conf" % (kit.CONF, name)):
        kit.run(kit.MFACTL, "svm", "create", name)
    return uuid_of(name)


def clean():
    """No Duo profile, no TOTP profile; the clock far from the end of a step does not matter here."""
    call("DELETE", PROFILES + "?owner.name=*", status=200)
    call("DELETE", TOTPS + "?account.name=*", status=200)


def create_totp(user, owner=None, comment=None):
    """The user's own call. Returns the record, and the user with the key in it."""
    body = {"account": {"name": user}}
    if owner:
        body["owner.name"] = owner
    if comment:
        body["comment"] = comment
    record = call("POST", TOTPS, body, user, status=201).json["records"][0]
    return record, person(record)


def person(record):
    key = base64.b32decode(record["secret_key"] + "=" * (-len(record["secret_key"]) % 8))
    kit._secrets.update([record["secret_key"], key.hex(), *record["emergency_codes"], record["verification_code"]])
    return kit.User(record["account"]["name"], record["owner"]["name"], key, codes=record["emergency_codes"])
