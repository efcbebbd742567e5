# SPDX-License-Identifier: BSD-2-Clause
# Copyright The pam_mfa authors
# shellcheck shell=bash
# For scripts that have sourced setup.sh: roots of other releases of Debian, below build/roots, made once from the mirror
# that apt is configured with here, and made anew when what they are made of has changed.

# shellcheck disable=SC2034  # the scripts that source this use it
root_packages=(mmdebstrap debian-archive-keyring)

# root_mirror LABEL: the address from which apt has Debian's archive of LABEL.
root_mirror() {
    # shellcheck disable=SC2016  # apt fills these in
    apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' |
        awk -F'|' -v label="$1" '$1 == "Debian" && $2 == label { print $3; exit }'
}

# root_sources SUITE: the lines of sources.list.
root_sources() {
    local mirror security
    mirror=$(root_mirror Debian)
    security=$(root_mirror Debian-Security)
    [ -n "$mirror" ] || { echo "apt is configured with no mirror of Debian here" >&2; return 1; }
    echo "deb $mirror $1 main"
    [ "$1" = sid ] || [ -z "$security" ] || echo "deb $security $1-security main"
}

# root_make NAME SUITE PACKAGE...: makes the root build/roots/NAME, if it is not there as it should be.
root_make() {
    local root=build/roots/$1 suite=$2 sources key proxy options=()
    shift 2
    sources=$(root_sources "$suite") || return
    key=$(printf '%s\n' 1 "$sources" "$@" | sha256sum)
    [ "$(cat "$root.made" 2>/dev/null)" != "$key" ] || return 0
    rm -rf "$root" "$root.made" && mkdir -p build/roots || return
    while read -r proxy; do
        options+=(--aptopt="$proxy")
    done < <(apt-config dump Acquire | grep -i '::proxy')
    mmdebstrap --quiet --mode=root --variant=apt "${options[@]}" --include="$(IFS=,; echo "$*")" "$suite" "$root" \
        <<<"$sources" || { rm -rf "$root"; return 1; }
    echo "$key" >"$root.made"
}

# root_add NAME ARCHITECTURE PACKAGE...: adds packages, some of them of another architecture, to the root NAME.
root_add() {
    local root=build/roots/$1 architecture=$2 key
    shift 2
    key=$(printf '%s\n' "$(cat "$root.made")" "$architecture" "$@" | sha256sum)
    [ "$(cat "$root.$architecture.made" 2>/dev/null)" != "$key" ] || return 0
    tests/lib/enter "$root" sh -ec '
        export DEBIAN_FRONTEND=noninteractive
        dpkg --add-architecture "$0"
        apt-get -qq update
        apt-get -qq -y install --no-install-recommends "$@"
        apt-get clean' "$architecture" "$@" || return
    echo "$key" >"$root.$architecture.made"
}
