# SPDX-License-Identifier: BSD-2-Clause
# Copyright The pam_mfa authors
"""
Stands in for the Duo service: a TLS server whose every reply a test scripts, and which records every request. It has its
own implementation of the signature, made from Duo's description and Python's library alone, and refuses what is not
signed rightly or is dated more than 300 s off, as the service does. No user name means anything to it.

Besides /auth/v2 it knows the older /rest/v1, which Debian's pam_duo speaks: SHA-1, no date, replies in BSON.
"""
import base64
import collections
import email.utils
import hashlib
import hmac
import json
import os
import socket
import ssl
import struct
import subprocess
import threading
import time
import urllib.parse

IKEY, SKEY = "DITESTTESTTESTTESTTE", "s0meSecretOfTheTestsOnly-0123456789abcdef"


def ok(response):
    return {"stat": "OK", "response": response}


def fail(code, message="message", detail=None):
    body = {"stat": "FAIL", "code": code, "message": message}
    if detail:
        body["message_detail"] = detail
    return body


def bson(document):
    """A reply of /rest/v1: strings, numbers and documents are all there is in one."""
    body = b""
    for name, value in document.items():
        key = name.encode() + b"\0"
        if isinstance(value, dict):
            body += b"\x03" + key + bson(value)
        elif isinstance(value, int):
            body += b"\x10" + key + struct.pack("<i", value)
        else:
            text = value.encode() + b"\0"
            body += b"\x02" + key + struct.pack("<i", len(text)) + text
    return struct.pack("<i", len(body) + 5) + body + b"\0"


class Reply:
    """
    One scripted reply. BODY: bytes, or what becomes JSON. HOW: "" as it should be; "hang_headers", "hang_body" nothing
    (more) comes; "drip" one byte a second; "truncate" half of the body, then the end; "reset", "close" and "forge" (a TLS
    record that is not the server's) instead of a reply; "close_after" the connection ends behind the reply.
    """

    def __init__(self, body=b"", status=200, how="", delay=0.0, headers=()):
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.status, self.how, self.delay, self.headers = status, how, delay, list(headers)


class Request:
    def __init__(self, method, path, params, headers, connection):
        self.method, self.path, self.params, self.headers = method, path, params, headers
        self.connection, self.at = connection, time.time()
        self.signed = None  # None: not at all; "" rightly; else what is wrong

    @property
    def call(self):
        return self.path.rsplit("/", 1)[-1]


def canonical(params):
    def quote(text):
        return urllib.parse.quote(text, safe="-._~", encoding="utf-8", errors="surrogateescape")

    return "&".join("%s=%s" % pair for pair in sorted((quote(k), quote(v)) for k, v in params))


def signature(skey, date, method, host, path, params):
    lines = [date, method.upper(), host.lower().rsplit(":", 1)[0] if not host.endswith("]") else host.lower(), path,
             canonical(params)]
    if path.startswith("/rest/v1/"):
        return hmac.new(skey.encode(), "\n".join(lines[1:]).encode(), hashlib.sha1).hexdigest()
    return hmac.new(skey.encode(), "\n".join(lines).encode(), hashlib.sha512).hexdigest()


class Certificates:
    """Made anew for each run: two authorities, and servers that one of them vouches for, in ways good and bad."""

    def __init__(self, directory):
        self.directory = directory
        os.makedirs(directory, exist_ok=True)
        for name in ("ca", "other"):
            self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                          "-subj", "/CN=Test " + name, "-keyout", self.path(name + ".key"), "-out",
                          self.path(name + ".pem"))
        here = "subjectAltName=DNS:localhost,DNS:both.test,IP:127.0.0.1,IP:::1"
        self._server("good", here)
        self._server("elsewhere", "subjectAltName=DNS:elsewhere.example")
        self._server("expired", here)
        self._expire("expired")

    def _server(self, name, san):
        extensions = self.path(name + ".ext")
        with open(extensions, "w") as file:
            file.write(san + "\n")
        self._openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                      "/CN=" + name, "-keyout", self.path(name + ".key"), "-out", self.path(name + ".csr"))
        self._openssl("x509", "-req", "-in", self.path(name + ".csr"), "-CA", self.path("ca.pem"), "-CAkey",
                      self.path("ca.key"), "-CAcreateserial", "-days", "2", "-extfile", extensions, "-out",
                      self.path(name + ".pem"))

    def _expire(self, name):
        """Issues NAME's certificate for a day that is past, which only `openssl ca` does in all versions."""
        with open(self.path("ca.cnf"), "w") as file:
            file.write("[ca]\ndefault_ca = d\n[d]\ndatabase = %s\nnew_certs_dir = %s\nrand_serial = yes\n"
                       "default_md = sha256\npolicy = p\n[p]\ncommonName = supplied\n"
                       % (self.path("index.txt"), self.directory))
        open(self.path("index.txt"), "w").close()
        self._openssl("ca", "-batch", "-notext", "-config", self.path("ca.cnf"), "-cert", self.path("ca.pem"), "-keyfile",
                      self.path("ca.key"), "-startdate", "20200101000000Z", "-enddate", "20200102000000Z", "-in",
                      self.path(name + ".csr"), "-extfile", self.path(name + ".ext"), "-out", self.path(name + ".pem"))

    def path(self, name):
        return os.path.join(self.directory, name)

    @staticmethod
    def _openssl(*argv):
        subprocess.run(["openssl", *argv], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Listener:
    """A port of its own with a thread for each connection."""

    def __init__(self, address="127.0.0.1"):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((address, 0))
        self.socket.listen(64)
        self.port = self.socket.getsockname()[1]
        self.connections = 0
        self.open = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection = self.socket.accept()[0]
            except OSError:
                return
            self.connections += 1
            self.open.append(connection)
            threading.Thread(target=self._guard, args=(connection, self.connections), daemon=True).start()

    def _guard(self, connection, number):
        try:
            self.serve(connection, number)
        except (OSError, ValueError, ssl.SSLError):
            pass
        try:
            connection.close()
        except OSError:
            pass

    def hang_up(self):
        """Cuts what is open, so that nothing of one test is left to the next."""
        for connection in self.open:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.open = []


def bytes_carried(connection):
    """What went in and out on a TCP connection, TLS included, by the kernel's struct tcp_info, which counts an end as a byte."""
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    return struct.unpack_from("Q", info, 128)[0], struct.unpack_from("Q", info, 200)[0]


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(connection.detach())


class DuoServer(Listener):
    def __init__(self, certificates, address="127.0.0.1"):
        self.certificates = certificates
        self.begin()
        super().__init__(address)

    def begin(self, certificate="good", tls=""):
        """Forgets everything. TLS: "" as it should be; "hang", "reset", "close", "garbage" in place of a handshake,
        "reset later" in place of all but the first."""
        self.requests, self.script, self.unscripted = [], {}, []
        self.tls, self.skew, self.ikey, self.skey = tls, 0, IKEY, SKEY
        self.maximum_version = None
        self.certificate = certificate
        self.on_request = None
        self.first_connection = getattr(self, "connections", 0)
        self.traffic = collections.Counter()
        self.contexts = {}

    def figures(self):
        """What this came to since begin(): requests, connections, full and resumed handshakes, bytes in and out."""
        traffic, end = self.traffic, time.time() + 5
        while traffic["ended"] < traffic["full_handshakes"] + traffic["resumed_handshakes"] and time.time() < end:
            time.sleep(0.01)
        return {"requests": len(self.requests), "connections": self.connections - self.first_connection,
                **{name: traffic[name] for name in ("full_handshakes", "resumed_handshakes", "bytes_in", "bytes_out")}}

    def on(self, call, *replies):
        """What the next requests to CALL (preauth, auth, auth_status, ...) get, one after the other."""
        self.script.setdefault(call, []).extend(r if isinstance(r, Reply) else Reply(r) for r in replies)
        return self

    def calls(self):
        return [request.call for request in self.requests]

    def made(self, call):
        return [request for request in self.requests if request.call == call]

    def serve(self, connection, number):
        if self.tls == "hang":
            connection.recv(65536)
            time.sleep(60)
        elif self.tls == "reset" or (self.tls == "reset later" and self.connections - self.first_connection > 1):
            connection.recv(65536)
            reset(connection)
            return
        elif self.tls == "close":
            connection.recv(65536)
            return
        elif self.tls == "garbage":
            connection.recv(65536)
            connection.sendall(b"SSH-2.0-Not-TLS\r\n" * 8)
            return
        stream = self._context().wrap_socket(connection, server_side=True)
        self.traffic["resumed_handshakes" if stream.session_reused else "full_handshakes"] += 1
        self.open.append(stream)
        try:
            self._converse(stream, number)
        finally:
            self._count(stream)
            stream.close()

    def _context(self):
        """One for all connections, so that whoever has kept a session can resume it."""
        wanted = self.certificate, self.maximum_version
        if wanted not in self.contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            if self.maximum_version:
                context.minimum_version = ssl.TLSVersion.TLSv1
                context.set_ciphers("ALL:@SECLEVEL=0")
                context.maximum_version = self.maximum_version
            context.load_cert_chain(self.certificates.path(self.certificate + ".pem"),
                                    self.certificates.path(self.certificate + ".key"))
            self.contexts[wanted] = context
        return self.contexts[wanted]

    def _count(self, stream):
        carried = bytes_carried(stream) if stream.fileno() >= 0 else (0, 0)  # none of a connection that was reset
        self.traffic.update(bytes_in=carried[0], bytes_out=carried[1], ended=1)

    def _converse(self, stream, number):
        buffer = b""
        while True:
            request, buffer = self._read(stream, buffer, number)
            if request is None:
                return
            self.requests.append(request)
            script = self.script  # the one of now: on_request may take until the next test has begun
            if self.on_request:
                self.on_request(request)
            if not self._answer(stream, request, script):
                return

    @staticmethod
    def _read(stream, buffer, number):
        while b"\r\n\r\n" not in buffer:
            data = stream.recv(65536)
            if not data:
                return None, b""
            buffer += data
        head, buffer = buffer.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        method, target, _ = lines[0].split(" ")
        headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines[1:])}
        length = int(headers.get("content-length", "0"))
        while len(buffer) < length:
            data = stream.recv(65536)
            if not data:
                return None, b""
            buffer += data
        path, _, query = target.partition("?")
        raw = buffer[:length].decode("ascii") if method == "POST" else query
        params = urllib.parse.parse_qsl(raw, keep_blank_values=True, strict_parsing=bool(raw),
                                        errors="surrogateescape")
        request = Request(method, path, dict(params), headers, number)
        request.pairs, request.raw = params, raw
        return request, buffer[length:]

    def _verify(self, request):
        """"" or the body of a refusal."""
        authorization = request.headers.get("authorization", "")
        date = request.headers.get("x-duo-date") or request.headers.get("date")
        if not authorization.startswith("Basic "):
            return fail(40101, "Missing request credentials")
        if not date and not request.path.startswith("/rest/v1/"):
            return fail(40104, "Missing timestamp")
        ikey, _, given = base64.b64decode(authorization[6:]).decode().partition(":")
        if ikey != self.ikey:
            return fail(40102, "Invalid integration key in request credentials")
        expected = signature(self.skey, date, request.method, request.headers["host"], request.path, request.pairs)
        if not hmac.compare_digest(given, expected) or request.raw != canonical(request.pairs):
            return fail(40103, "Invalid signature in request credentials")
        if date and abs(email.utils.parsedate_to_datetime(date).timestamp() - time.time() - self.skew) > 300:
            return fail("40105", "Bad request timestamp")
        return ""

    def _answer(self, stream, request, script):
        if request.call == "ping" and "ping" not in script:
            reply = Reply(ok({"time": int(time.time() + self.skew)}))
        else:
            refusal = self._verify(request) if request.call != "ping" else ""
            request.signed = json.dumps(refusal) if refusal else ""
            if refusal:
                reply = Reply(refusal, 401)
            elif script.get(request.call):
                reply = script[request.call].pop(0)
            else:
                self.unscripted.append(request)
                reply = Reply(fail(50099, "not in the script"), 500)
        return self._send(stream, reply)

    def _send(self, stream, reply):
        time.sleep(reply.delay)
        if reply.how == "reset":
            reset(stream)
            return False
        if reply.how == "close":
            return False
        if reply.how == "forge":
            os.write(stream.fileno(), b"\x17\x03\x03\x00\x40" + bytes(64))
            stream.recv(65536)
            return False
        if reply.how == "hang_headers":
            stream.recv(65536)
            time.sleep(60)
            return False
        head = "HTTP/1.1 %d Some words\r\nContent-Length: %d\r\nContent-Type: application/json\r\nDate: %s\r\n" % (
            reply.status, len(reply.body), email.utils.formatdate(time.time() + self.skew, usegmt=True))
        head += "".join("%s: %s\r\n" % header for header in reply.headers)
        data = head.encode() + b"\r\n" + reply.body
        if reply.how == "drip":
            for position in range(len(data)):
                stream.sendall(data[position:position + 1])
                time.sleep(1)
        elif reply.how == "hang_body":
            stream.sendall(data[:-len(reply.body) // 2])
            stream.recv(65536)
            time.sleep(60)
        elif reply.how == "truncate":
            stream.sendall(data[:-(len(reply.body) // 2)])
            return False
        else:
            stream.sendall(data)
        return reply.how != "close_after"


class Proxy(Listener):
    """An HTTP proxy that knows CONNECT alone, to any port of this host. CREDENTIALS: "user:password", if it asks."""

    def __init__(self):
        self.begin()
        super().__init__()

    def begin(self, credentials=None, status=None):
        self.credentials, self.status, self.heads = credentials, status, []

    def serve(self, connection, number):
        head = b""
        while b"\r\n\r\n" not in head:
            data = connection.recv(4096)
            if not data:
                return
            head += data
        head = head.decode("latin-1")
        self.heads.append(head)
        expected = "Basic " + base64.b64encode((self.credentials or "").encode()).decode()
        if self.status:
            connection.sendall(b"HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n" % self.status)
            return
        if self.credentials and "proxy-authorization: " + expected.lower() not in head.lower():
            connection.sendall(b"HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n")
            return
        port = int(head.split(" ")[1].rsplit(":", 1)[1])
        upstream = socket.create_connection(("127.0.0.1", port))
        connection.sendall(b"HTTP/1.1 200 Go on\r\n\r\n")

        def pump(source, target):
            try:
                while True:
                    data = source.recv(65536)
                    if not data:
                        break
                    target.sendall(data)
                target.shutdown(socket.SHUT_WR)
            except OSError:
                pass

        thread = threading.Thread(target=pump, args=(upstream, connection), daemon=True)
        thread.start()
        pump(connection, upstream)
        thread.join()


class FullListener:
    """A port whose queue is full: connecting to it hangs, as it does behind a firewall that drops."""

    def __init__(self):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(0)
        self.port = self.socket.getsockname()[1]
        self.fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", self.port))
            self.fillers.append(filler)
        time.sleep(0.1)
