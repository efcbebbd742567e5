#!/bin/sh
# Makes ./configure. Needed once in a checkout; a release tarball has it.
set -e
cd "$(dirname "$0")"
mkdir -p m4
exec autoreconf --install --force
