# SPDX-License-Identifier: BSD-2-Clause
# Copyright The pam_mfa authors
"""
What a login over Duo costs, beside Debian's pam_duo, with the tests' stand-in for the service. Both get the same
conversation: a menu, and as the answer a push that is approved at once, or a passcode.

pam_duo asks otherwise as service sshd, where one request waits for the end of a push, than as any other, where it polls;
so it is measured as both. pam_mfa asks alike everywhere.
"""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)) + "/../duo")
from host import CALLGRIND, SECURITY, collected, instructions, permit, run_host  # noqa: E402
from kit import BUILD, PREFIX, account, check, host_conf, read, run, same, service, write  # noqa: E402
from setup import APPROVED, CA, CERTIFICATES, HELPER, IKEY, PHONE, SERVER, SKEY, Reply, auth, duo_conf, ok, status  # noqa: E402
from setup import tenant, txid  # noqa: E402
from duo_server import bson  # noqa: E402

MODULES = ["pam_mfa", "pam_duo"]
SCENARIOS = {"push": "1", "passcode": "5551234"}
CASES = [(module, scenario, name) for scenario in SCENARIOS
         for module, name in (("pam_mfa", "sshd"), ("pam_duo", "sshd"), ("pam_duo", "login"))]
WARM, LOGINS, MORE = 20, 200, 10
TEXT = "Duo two-factor login for dora\n\nEnter a passcode or select one of the following options:\n\n" \
       " 1. Duo Push to XXX-XXX-0100\n\nPasscode or option (1-1): "
FACTORS = {"default": "push1", "1": "push1"}
SUCCESS = "Success. Logging you in..."
FIELDS = ["requests", "connections", "full_handshakes", "resumed_handshakes", "bytes_sent", "bytes_received",
          "instructions", "instructions_next", "helper_instructions", "cpu_us", "helper_cpu_us", "memory_growth_kib",
          "descriptors_left", "children_left", "threads", "libraries"]


def conversation(module, scenario, name):
    """What the service is asked in one login, and what it replies."""
    if module == "pam_mfa":
        calls = {"preauth": auth(PHONE, prompt={"text": TEXT, "factors": FACTORS})}
        if scenario == "push":
            return {**calls, "auth": txid(), "auth_status": APPROVED}
        return {**calls, "auth": status("allow", "allow", SUCCESS)}
    calls = {"preauth.bson": ok({"result": "auth", "prompt": TEXT, "factors": FACTORS})}
    allowed = ok({"result": "allow", "status": SUCCESS})
    if name == "sshd":
        calls["auth.bson"] = allowed
    else:
        calls.update({"auth.bson": txid(), "status.bson": allowed})
    return {call: bson(body) for call, body in calls.items()}


def set_up(module, name, ca=CA, timeout=10):
    if module == "pam_mfa":
        duo_conf(ca_file=ca, timeout=timeout, fail_mode="secure")
        service(name)
        return
    write("/etc/bench-pam_duo.conf", "[duo]\nhost = localhost:%d\nikey = %s\nskey = %s\ncafile = %s\nfailmode = secure\n"
          "prompts = 1\n" % (SERVER.port, IKEY, SKEY, ca), 0o600)
    write("/etc/pam.d/" + name, "auth required %s/pam_duo.so conf=/etc/bench-pam_duo.conf\n"
          "account required pam_permit.so\n" % SECURITY)


def expect(module, scenario, name, count):
    """Prepares the service for COUNT logins."""
    SERVER.hang_up()
    SERVER.begin()
    for call, body in conversation(module, scenario, name).items():
        SERVER.on(call, *[Reply(body) for _ in range(count)])


def asked(module, scenario, name, count):
    """Whether all that was asked was what was expected, rightly signed. Returns the service's figures for one login."""
    same(SERVER.calls(), list(conversation(module, scenario, name)) * count, module)
    same({request.signed for request in SERVER.requests}, {""}, module)
    return {key: value / count for key, value in SERVER.figures().items()}


def verifies(module):
    """A certificate of another authority, or another host's, must stop the login before anything is asked."""
    for ca, certificate in ((CERTIFICATES.path("other.pem"), "good"), (CA, "elsewhere")):
        set_up(module, "sshd", ca)
        expect(module, "push", "sshd", 1)
        SERVER.certificate = certificate
        out = run(BUILD + "/tests/duo/many", "sshd", "dora", "1", "1", "0", status=1)
        check("failed=1" in out and not SERVER.requests, "%s takes a certificate that does not verify: %s", module, out)


def count_instructions(name, logins, conversing=None):
    if conversing:
        expect(*conversing, len(logins))
    found = instructions(name, logins)
    if conversing:
        asked(*conversing, len(logins))
    return found


def helper_instructions(scenario, name):
    """
    The helper is put behind a script that runs it in callgrind. It may not write to files, so what callgrind says goes to
    a pipe; and valgrind lets no program lower its limit of descriptors, so it finds it lowered.
    """
    script, pipe = PREFIX + "/libexec/counted-mfa-duo", "/run/counted"
    write(script, "#!/bin/sh\nulimit -n 60\nexec /usr/bin/%s --log-file=%s %s\n" % (" ".join(CALLGRIND), pipe, HELPER), 0o755)
    os.mkfifo(pipe)
    fd = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    before = read("/etc/pam_mfa/pam_mfa.conf")
    try:
        host_conf(before.decode() + 'duo_helper = "%s";\n' % script)
        set_up("pam_mfa", name, timeout=60)
        expect("pam_mfa", scenario, name, 1)
        run_host(name, [("dora", SCENARIOS[scenario])])
        return collected(os.read(fd, 65536).decode())
    finally:
        os.close(fd)
        os.remove(pipe)
        write("/etc/pam_mfa/pam_mfa.conf", before)
        set_up("pam_mfa", name)


def many(name, answer):
    """The long-lived process. Returns its reports, by when."""
    out = run(BUILD + "/tests/duo/many", name, "dora", answer, str(WARM), str(LOGINS), timeout=300)
    found = {}
    for line in out.splitlines():
        when, _, rest = line.partition(" ")
        pairs = dict(re.findall(r"(\w+)=(\S*)", rest))
        found[when] = {key: set(value.strip("/").split("/")) if key == "libraries" else int(value)
                       for key, value in pairs.items()}
    return found


def differences(found):
    before, after = found["before"], found["after"]
    return {"cpu_us": (after["cpu_us"] - before["cpu_us"]) / LOGINS,
            "helper_cpu_us": (after["cpu_children_us"] - before["cpu_children_us"]) / LOGINS,
            "memory_growth_kib": after["anonymous_kib"] - before["anonymous_kib"],
            "descriptors_left": after["descriptors"] - before["descriptors"], "children_left": after["children"]}


def measure(module, scenario, name, base):
    conversing = module, scenario, name
    print("# %s, Duo %s, service %s" % conversing, flush=True)
    login = "dora", SCENARIOS[scenario]
    set_up(module, name)
    expect(*conversing, WARM + LOGINS)
    found = many(name, login[1])
    traffic = asked(*conversing, WARM + LOGINS)
    one = {field: value - (0 if field == "memory_growth_kib" else base[field])
           for field, value in differences(found).items()}
    one.update(requests=traffic["requests"], connections=traffic["connections"],
               full_handshakes=traffic["full_handshakes"], resumed_handshakes=traffic["resumed_handshakes"],
               bytes_sent=traffic["bytes_in"], bytes_received=traffic["bytes_out"],
               threads=found["prompt"]["threads"])
    loaded = found["prompt"]["libraries"] - found["start"]["libraries"] - {"pam_permit.so", "pam_deny.so"}
    one["libraries"], one["loaded"] = len(loaded), sorted(loaded)
    first = count_instructions(name, [login], conversing)
    more = count_instructions(name, [login] * (1 + MORE), conversing)
    one["instructions"] = first - base["instructions"]
    one["instructions_next"] = (more - first) / MORE - base["instructions_next"]
    one["helper_instructions"] = helper_instructions(scenario, name) if module == "pam_mfa" else 0
    return one


def measure_base():
    """The same program with pam_permit."""
    base = differences(many(permit("permit"), ""))
    base["instructions"] = count_instructions("permit", [("dora", "")])
    base["instructions_next"] = (count_instructions("permit", [("dora", "")] * (1 + MORE)) - base["instructions"]) / MORE
    return base


def measure_all():
    """{(module, scenario, service): figures}, and those of pam_permit."""
    account("dora")
    host_conf()
    tenant("cluster", '"duo"')
    # A name that resolves, as a host's does, and no modules but those that are measured: PAM loads those of `other`, too.
    write("/etc/hosts", read("/etc/hosts") + b"\n127.0.1.1 sandbox\n")
    write("/etc/pam.d/other", "auth required pam_deny.so\naccount required pam_deny.so\n")
    base = measure_base()
    for module in MODULES:
        verifies(module)
    return {case: measure(*case, base) for case in CASES}, base
