#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sandbox.sh COMMAND...: runs COMMAND as root in a mount namespace where /etc is a copy and /var/lib, /run and /opt are
# empty, so that accounts and files made in there are gone at its end and the system's own are never touched.
set -eu
if [ "${PAM_MFA_SANDBOX:-}" != inside ]; then
    [ "$(id -u)" = 0 ] || { echo "sandbox.sh: run as root" >&2; exit 1; }
    PAM_MFA_SANDBOX=inside exec unshare --mount --propagation private -- "$0" "$@"
fi
mount -t tmpfs -o mode=0755 tmpfs /var/lib
mkdir /var/lib/etc
cp -a /etc/. /var/lib/etc
rm -rf /var/lib/etc/pam_mfa
mount -t tmpfs -o mode=0755 tmpfs /run
mount -t tmpfs -o mode=0755 tmpfs /etc
cp -a /var/lib/etc/. /etc
rm -rf /var/lib/etc
mount -t tmpfs -o mode=0755 tmpfs /opt
exec "$@"
