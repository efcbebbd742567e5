# SPDX-License-Identifier: BSD-2-Clause
# Copyright The pam_mfa authors
"""What the Duo suites share: one stand-in for the service, a duo.conf that leads to it, logins that meet it."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)) + "/../lib")
import kit  # noqa: E402
from duo_server import SKEY, IKEY, Certificates, DuoServer, Reply, fail, ok  # noqa: E402

HELPER = kit.PREFIX + "/libexec/pam_mfa/mfa-duo"
CERTIFICATES = Certificates("/run/duo-certificates")
SERVER = DuoServer(CERTIFICATES)
CA = CERTIFICATES.path("ca.pem")
kit._secrets.update([SKEY])

PHONE = {"device": "DPFZRS9FB0D46QFTM891", "type": "phone", "name": "", "number": "XXX-XXX-0100",
         "display_name": "iOS (XXX-XXX-0100)", "capabilities": ["auto", "push", "sms", "phone", "mobile_otp"]}
TABLET = {"device": "DPTABLET000000000001", "type": "phone", "display_name": "Tablet", "capabilities": ["auto", "push"]}
LANDLINE = {"device": "DPLANDLINE0000000001", "type": "phone", "display_name": "Landline", "capabilities": ["phone"]}
TOKEN = {"device": "DHTOKEN0000000000001", "type": "token", "name": "0"}


def auth(*devices, **more):
    return ok({"result": "auth", "status_msg": "Account is active", "devices": list(devices or (PHONE,)), **more})


def txid(value="45f7c92b-f45f-4862-8545-e0f58e78075a"):
    return ok({"txid": value})


def status(result, word, message="", **more):
    return ok({"result": result, "status": word, "status_msg": message, **more})


WAITING = status("waiting", "pushed", "Pushed a login request to your device...")
APPROVED = status("allow", "allow", "Success. Logging you in...")
DENIED = status("deny", "deny", "Login request denied.")


def value(item):
    if isinstance(item, bool):
        return str(item).lower()
    return str(item) if isinstance(item, int) else '"%s"' % item


def duo_conf(svm="cluster", extra="", mode=0o600, **settings):
    """Writes duo.conf; SETTINGS replace or add to those that lead to the stand-in. None leaves one out."""
    settings = {"api_host": "localhost:%d" % SERVER.port, "integration_key": IKEY, "secret_key": SKEY, "ca_file": CA,
                "timeout": 10, **settings}
    text = "".join("  %s = %s;\n" % (name, value(item)) for name, item in settings.items() if item is not None)
    kit.write("%s/svm/%s/duo.conf" % (kit.CONF, svm), "duo = {\n%s};\n%s" % (text, extra), mode)


def tenant(name, factors):
    kit.svm(name)
    with open("%s/svm/%s/svm.conf" % (kit.CONF, name), "a") as file:
        file.write("factors = [ %s ];\n" % factors)


def begin(user="dora", factors='"duo"', svm="cluster", service_arguments="", server=None, extra="", **settings):
    """A clean start: user without TOTP, one SVM with FACTORS, a duo.conf, an empty script. Returns the stand-in."""
    kit.account(user)
    kit.host_conf()
    tenant(svm, factors)
    kit.service(arguments=service_arguments)
    duo_conf(svm, extra=extra, **settings)
    for suffix in ("mfa", "totp", "state", "lock"):
        kit.remove("%s/%s/%s.%s" % (kit.STATE, svm, user, suffix))
    SERVER.hang_up()
    SERVER.begin(**(server or {}))
    return SERVER


def clean(server=None):
    """Whether Duo was asked only what was scripted, rightly signed, and /auth at most once for each reply to it."""
    server = server or SERVER
    kit.same([r.path for r in server.unscripted], [], "requests that no test expects")
    kit.same([r.signed for r in server.requests if r.signed], [], "signatures")
