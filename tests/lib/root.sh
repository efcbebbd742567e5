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

# root_sources SUITE: the lines of sources.list. The release alone, which does not change below the packages of several
# architectures that must be of one version.
root_sources() {
    local mirror
    mirror=$(root_mirror Debian)
    [ -n "$mirror" ] || { echo "apt is configured with no mirror of Debian here" >&2; return 1; }
    echo "deb $mirror $1 main"
}

# root_make NAME SUITE ARCHITECTURE PACKAGE...: makes the root build/roots/NAME, if it is not there as it should be, with
# packages of this architecture, and of ARCHITECTURE, if that is not "".
root_make() {
    local root=build/roots/$1 suite=$2 architecture=$3 sources key proxy options=()
    shift 3
    sources=$(root_sources "$suite") || return
    key=$(printf '%s\n' 2 "$sources" "$@" | sha256sum)
    [ "$(cat "$root.made" 2>/dev/null)" != "$key" ] || return 0
    rm -rf "$root" "$root.made" && mkdir -p build/roots || return
    [ -z "$architecture" ] || options+=(--architectures="$(dpkg --print-architecture),$architecture")
    while read -r proxy; do
        options+=(--aptopt="$proxy")
    done < <(apt-config dump Acquire | grep -i '::proxy')
    mmdebstrap --quiet --mode=root --variant=apt "${options[@]}" --include="mount,$(IFS=,; echo "$*")" "$suite" "$root" - \
        <<<"$sources" || { rm -rf "$root"; return 1; }
    echo "$key" >"$root.made"
}
