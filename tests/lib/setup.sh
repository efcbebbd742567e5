# SPDX-License-Identifier: BSD-2-Clause
# Copyright The pam_mfa authors
# shellcheck shell=bash
# For tests/run, tests/demo and the like, which source this: what a fresh Debian 12 needs before they can begin.

PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1

# shellcheck disable=SC2034  # the scripts that source this use them
build_packages=(gcc libc6-dev make autoconf automake libtool pkg-config libpam0g-dev libconfig-dev libssl-dev
    libcurl4-openssl-dev libjansson-dev libqrencode-dev libmicrohttpd-dev)
demo_packages=(openssh-server openssh-client oathtool python3 util-linux passwd)
# shellcheck disable=SC2034
test_packages=("${demo_packages[@]}" libcmocka-dev clang gdb strace valgrind libc6-dbg pamtester libpam-wrapper
    xz-utils binutils git curl openssl ca-certificates tmux procps iproute2 fail2ban
    freeradius freeradius-utils)
# Of what only looks at the source there is one version, that of this system.
# shellcheck disable=SC2034
analysis_packages=(shellcheck cppcheck clang-tidy clang-tools mandoc spin zsh fish musl-tools apparmor)
# The libraries of another architecture that a cross-build is linked with.
# shellcheck disable=SC2034
cross_packages=(libc6-dev libpam0g-dev libconfig-dev libssl-dev libcurl4-openssl-dev libjansson-dev libqrencode-dev
    libmicrohttpd-dev libcmocka-dev)

need_root() {
    [ "$(id -u)" = 0 ] && return
    echo "$1: run it as root: it adds users and PAM services in a private namespace, which takes root to make" >&2
    exit 1
}

is_installed() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# While apt-get installs openssh-server, no service may start: this machine's sshd is not ours to switch on. The file
# says so only as long as this process lives.
hold_services() {
    [ ! -e /usr/sbin/policy-rc.d ] || return 0
    printf '#!/bin/sh\n# made by a test run of pam_mfa\nkill -0 %d 2>/dev/null && exit 101\nexit 0\n' "$BASHPID" \
        >/usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d
    held=1
}

# install_packages PACKAGE...: those that are missing.
install_packages() {
    local package missing=() held=
    for package; do
        is_installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "# installing: ${missing[*]}"
    (
        export DEBIAN_FRONTEND=noninteractive
        hold_services
        apt-get -qq update && apt-get -qq -y install --no-install-recommends "${missing[@]}"
        status=$?
        [ -z "$held" ] || rm -f /usr/sbin/policy-rc.d
        exit $status
    ) >/tmp/pam_mfa-apt.$$ 2>&1
    local status=$?
    [ $status = 0 ] || cat /tmp/pam_mfa-apt.$$
    rm -f /tmp/pam_mfa-apt.$$
    return $status
}

# have_packages WHO PACKAGE...: installs those that are missing, or says which they are to whoever may not.
have_packages() {
    local who=$1 package missing=()
    shift
    for package; do
        is_installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    [ "$(id -u)" = 0 ] || { echo "$who: as root: apt-get install ${missing[*]}" >&2; return 1; }
    install_packages "${missing[@]}"
}

# build NAME [CONFIGURE-OPTION...]: builds everything, with what the tests are made of, in build/NAME.
build() {
    local dir=build/$1
    shift
    mkdir -p "$dir" || return
    (
        cd "$dir" || exit
        if [ ! -e config.status ] || [ ../../configure -nt config.status ] ||
            [ "$*" != "$(cat options 2>/dev/null)" ]; then
            ../../configure -q --prefix=/opt/pam_mfa --sysconfdir=/etc --localstatedir=/var \
                --with-pam-dir=/opt/pam_mfa/lib/security --enable-werror "$@" || exit
            echo "$*" >options
        fi
        make -s -j"$(nproc)" all e2e-programs
    )
}

# prepare_build: makes configure, if it is older than what it is made from.
prepare_build() {
    local source
    for source in configure.ac Makefile.am tests/local.mk autogen.sh; do
        [ Makefile.in -nt "$source" ] || { ./autogen.sh; return; }
    done
}
