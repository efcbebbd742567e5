# SPDX-License-Identifier: BSD-2-Clause
# Copyright The pam_mfa authors
"""Three etcd nodes and the hosts that share them, in namespaces of the sandbox: to kill, freeze, cut off and restore.

Each node and each host has a network of its own, on a bridge for clients (10.9.0.0/24); the nodes are also on one among
themselves (10.9.1.0/24), so that a leader can be cut from its peers while clients still reach it. Everything here ends
with the sandbox."""
import email.utils
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, HERE + "/../lib")
if os.environ.get("PAM_MFA_SANDBOX") != "1" and subprocess.call([HERE + "/fetch"]) != 0:
    print("1..1\nnot ok 1 - Debian's etcd can be had: apt-get download etcd-server etcd-client", flush=True)
    sys.exit(1)
import kit  # noqa: E402

BIN = kit.SOURCE + "/build/etcd/usr/bin"
RUN = "/run/fleet"
TLS = RUN + "/tls"
PREFIX = "/pam_mfa/1"
NODES = (1, 2, 3)
ROLES = {"login": ("read", "readwrite"), "enrol": ("readwrite", "readwrite")}


def wait_for(condition, words, seconds=20, pause=0.05):
    end = time.time() + seconds
    while not condition():
        kit.check(time.time() < end, "%s", words)
        time.sleep(pause)


class Space:
    """Namespaces, held by a process that sleeps, with an address on the clients' bridge."""

    def __init__(self, name, address, kinds=("--net",)):
        self.name, self.address = name, address
        self.holder = subprocess.Popen(["unshare", *kinds, "sleep", "infinity"])
        wait_for(lambda: os.readlink("/proc/%d/ns/net" % self.holder.pid) != os.readlink("/proc/self/ns/net"),
                 "no namespace")
        wait_for(lambda: kit.read("/proc/%d/comm" % self.holder.pid) == b"sleep\n", "no namespace")
        self.enter = ["nsenter", "-t", str(self.holder.pid), *kinds, "--"]
        self.run("ip", "link", "set", "lo", "up")
        self.plug("br0", "c" + name, address)

    def run(self, *argv, **options):
        return kit.run(*self.enter, *argv, **options)

    def plug(self, bridge, link, address):
        kit.run("ip", "link", "add", link, "type", "veth", "peer", "name", "e" + link, "netns", str(self.holder.pid))
        kit.run("ip", "link", "set", link, "master", bridge, "up")
        self.run("ip", "addr", "add", address + "/24", "dev", "e" + link)
        self.run("ip", "link", "set", "e" + link, "up")

    def end(self):
        self.holder.kill()
        self.holder.wait()


def openssl(*argv):
    kit.run("openssl", *argv, cwd=TLS)


def authority(name="ca"):
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", name + ".key")
    openssl("req", "-x509", "-new", "-key", name + ".key", "-days", "30", "-subj", "/CN=fleet-" + name, "-out",
            name + ".pem")


def certificate(name, subject, extensions="extendedKeyUsage=clientAuth", ca="ca", days=30):
    """Makes NAME.pem and NAME.key; with DAYS negative, one that has expired."""
    kit.write(TLS + "/%s.ext" % name, extensions + "\n")
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", name + ".key")
    openssl("req", "-new", "-key", name + ".key", "-subj", subject, "-out", name + ".csr")
    if days > 0:
        openssl("x509", "-req", "-in", name + ".csr", "-CA", ca + ".pem", "-CAkey", ca + ".key", "-CAcreateserial", "-days",
                str(days), "-extfile", name + ".ext", "-out", name + ".pem")
        return
    # `openssl x509` cannot make a past one; `openssl ca` can.
    kit.write(TLS + "/past.cnf", "[ca]\ndefault_ca=d\n[d]\ndir=.\ndatabase=past.txt\nserial=past.serial\nnew_certs_dir=.\n"
              "default_md=sha256\npolicy=p\n[p]\ncommonName=optional\norganizationName=optional\n")
    kit.write(TLS + "/past.txt", "")
    kit.write(TLS + "/past.serial", "%02X\n" % (os.getpid() % 200 + 16))
    openssl("ca", "-batch", "-notext", "-config", "past.cnf", "-cert", ca + ".pem", "-keyfile", ca + ".key", "-in",
            name + ".csr", "-out", name + ".pem", "-startdate", "20200101000000Z", "-enddate", "20200201000000Z",
            "-extfile", name + ".ext")


class Cluster:
    def __init__(self, data=None, options=()):
        self.data, self.options = data or RUN + "/data", options
        self.spaces, self.processes = {}, {}
        os.makedirs(TLS, exist_ok=True)
        authority()
        certificate("node", "/O=fleet", "extendedKeyUsage=serverAuth,clientAuth\nsubjectAltName=" +
                    ",".join("IP:10.9.%d.%d" % (net, node) for net in (0, 1) for node in (*NODES, 254)))
        certificate("root", "/CN=root")
        for bridge in (0, 1):
            kit.run("ip", "link", "add", "br%d" % bridge, "type", "bridge")
            kit.run("ip", "addr", "add", "10.9.%d.254/24" % bridge, "dev", "br%d" % bridge)
            kit.run("ip", "link", "set", "br%d" % bridge, "up")
        for node in NODES:
            self.spaces[node] = Space(str(node), "10.9.0.%d" % node)
            self.spaces[node].plug("br1", "p%d" % node, "10.9.1.%d" % node)
        self.start()

    # -------- nodes

    def start(self, state="new", token="fleet"):
        for node in NODES:
            self.start_node(node, state, token)
        self.healthy()

    def start_node(self, node, state="existing", token="fleet"):
        own, peer = "https://10.9.0.%d:2379" % node, "https://10.9.1.%d:2380" % node
        self.processes[node] = subprocess.Popen(
            [*self.spaces[node].enter, BIN + "/etcd", "--name", "n%d" % node, "--data-dir", "%s/n%d" % (self.data, node),
             "--listen-client-urls", own, "--advertise-client-urls", own, "--listen-peer-urls", peer,
             "--initial-advertise-peer-urls", peer, "--initial-cluster-token", token, "--initial-cluster-state", state,
             "--initial-cluster", ",".join("n%d=https://10.9.1.%d:2380" % (n, n) for n in NODES),
             "--cert-file", TLS + "/node.pem", "--key-file", TLS + "/node.key", "--trusted-ca-file", TLS + "/ca.pem",
             "--client-cert-auth", "--peer-cert-file", TLS + "/node.pem", "--peer-key-file", TLS + "/node.key",
             "--peer-trusted-ca-file", TLS + "/ca.pem", "--peer-client-cert-auth", "--enable-grpc-gateway=false",
             "--auto-compaction-mode=periodic", "--auto-compaction-retention=5m", "--quota-backend-bytes=8589934592",
             "--logger", "zap", "--log-level", "warn", *self.options],
            stdout=subprocess.DEVNULL, stderr=open("%s/n%d.log" % (RUN, node), "ab"))

    def kill(self, node):
        self.processes[node].kill()
        self.processes[node].wait()

    def freeze(self, node):
        self.processes[node].send_signal(signal.SIGSTOP)

    def thaw(self, node):
        self.processes[node].send_signal(signal.SIGCONT)

    def cut(self, node):
        """From its peers; clients reach it as before."""
        kit.run("ip", "link", "set", "p%d" % node, "down")

    def mend(self, node):
        kit.run("ip", "link", "set", "p%d" % node, "up")

    def stop(self):
        for node in NODES:
            self.processes[node].kill()
        for node in NODES:
            self.processes[node].wait()

    def status(self, node):
        out = kit.run("timeout", "3", *self._ctl(nodes=(node,)), "endpoint", "status", "-w", "json", status=None)
        try:
            return json.loads(out[out.index("["):])[0]["Status"]
        except (ValueError, IndexError):
            return None

    def leader(self, seconds=20):
        end = time.time() + seconds
        while time.time() < end:
            for node in NODES:
                found = self.processes[node].poll() is None and self.status(node)
                if found and found["header"]["member_id"] == found.get("leader"):
                    return node
            time.sleep(0.1)
        raise kit.Failure("no leader")

    def healthy(self, seconds=40):
        def answers():
            return all("is healthy" in kit.run(*self._ctl(nodes=(node,)), "endpoint", "health", status=None)
                       for node in NODES)
        wait_for(answers, "the nodes are not healthy", seconds, 0.2)

    # -------- the administrator's tool

    def _ctl(self, user="root", nodes=NODES):
        return ["env", "ETCDCTL_API=3", BIN + "/etcdctl", "--endpoints",
                ",".join("https://10.9.0.%d:2379" % node for node in nodes), "--cacert", TLS + "/ca.pem",
                "--cert", "%s/%s.pem" % (TLS, user), "--key", "%s/%s.key" % (TLS, user)]

    def ctl(self, *argv, user="root", nodes=NODES, **options):
        return kit.run(*self._ctl(user, nodes), *argv, **options)

    def set_up(self, svms=("a", "b"), fleet="eu"):
        """Users, roles, `meta`, and authentication on."""
        self.ctl("user", "add", "root", "--no-password")
        self.ctl("role", "add", "root", status=None)
        self.ctl("user", "grant-role", "root", "root")
        for svm in svms:
            for kind, (profile, state) in ROLES.items():
                role = "%s-%s" % (kind, svm)
                self.ctl("role", "add", role)
                self.ctl("role", "grant-permission", role, "read", PREFIX + "/meta")
                self.ctl("role", "grant-permission", role, "readwrite", PREFIX + "/halt/" + svm)
                self.ctl("role", "grant-permission", role, profile, "--prefix", "%s/p/%s/" % (PREFIX, svm))
                for part in "sd":
                    self.ctl("role", "grant-permission", role, state, "--prefix", "%s/%s/%s/" % (PREFIX, part, svm))
        self.ctl("put", PREFIX + "/meta", "format=1 fleet=%s epoch=1 floor=0 cluster=%d"
                 % (fleet, self.status(1)["header"]["cluster_id"]))
        self.ctl("auth", "enable")

    def user(self, name, *roles):
        certificate(name, "/CN=" + name)
        self.ctl("user", "add", name, "--no-password")
        for role in roles:
            self.ctl("user", "grant-role", name, role)

    # -------- backup

    def snapshot(self, path):
        kit.remove(path)
        self.ctl("snapshot", "save", path, nodes=(self.leader(),))

    def restore(self, path, token="fleet"):
        """All nodes begin again from what was saved at PATH: with the same TOKEN, as what looks like the same cluster."""
        self.stop()
        for node in NODES:
            kit.remove("%s/n%d" % (self.data, node))
            kit.run("env", "ETCDCTL_API=3", BIN + "/etcdctl", "snapshot", "restore", path, "--name", "n%d" % node,
                    "--data-dir", "%s/n%d" % (self.data, node), "--initial-cluster-token", token,
                    "--initial-cluster", ",".join("n%d=https://10.9.1.%d:2380" % (n, n) for n in NODES),
                    "--initial-advertise-peer-urls", "https://10.9.1.%d:2380" % node)
        self.start(token=token)


class Proxy:
    """Ports of the sandbox's own address, one for each node, to get in between: what goes to a node does, and what comes
    back can be dropped."""

    def __init__(self):
        self.drops = threading.Event()   # nothing of an answer is passed on any more, and its connection ends
        self.dropped = threading.Event()
        self.silent = threading.Event()  # nothing of an answer is passed on, and connections stay
        self.urls = []
        for node in NODES:
            listener = socket.create_server(("10.9.0.254", 0))
            self.urls.append("https://10.9.0.254:%d" % listener.getsockname()[1])
            threading.Thread(target=self._serve, args=(listener, node), daemon=True).start()

    def _serve(self, listener, node):
        while True:
            client = listener.accept()[0]
            threading.Thread(target=self._connect, args=(client, node), daemon=True).start()

    def _connect(self, client, node):
        try:
            server = socket.create_connection(("10.9.0.%d" % node, 2379))
        except OSError:
            client.close()
            return
        threading.Thread(target=self._copy, args=(client, server, False), daemon=True).start()
        self._copy(server, client, True)

    def _copy(self, source, target, is_answer):
        try:
            while True:
                data = source.recv(65536)
                if not data:
                    break
                if is_answer and self.silent.is_set():
                    continue
                if is_answer and self.drops.is_set():
                    # Acknowledgements of HTTP/2's own are short; the answer to a transaction is not.
                    if len(data) < 60:
                        continue
                    self.dropped.set()
                    self.drops.clear()
                    break
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class WrongClock:
    """Answers /version as a node does, with a date SECONDS from now."""

    def __init__(self, seconds):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(TLS + "/node.pem", TLS + "/node.key")
        listener = socket.create_server(("10.9.0.254", 0))
        self.url = "https://10.9.0.254:%d" % listener.getsockname()[1]
        threading.Thread(target=self._serve, args=(listener, context, seconds), daemon=True).start()

    @staticmethod
    def _serve(listener, context, seconds):
        while True:
            try:
                with context.wrap_socket(listener.accept()[0], server_side=True) as client:
                    client.recv(65536)
                    client.sendall(("HTTP/1.1 200 OK\r\nDate: %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                                    % email.utils.formatdate(time.time() + seconds, usegmt=True)).encode())
            except OSError:
                pass
