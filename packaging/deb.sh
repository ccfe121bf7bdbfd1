#!/usr/bin/env bash
# Debian packages, in build/deb/SUITE: built and checked by lintian in a bare root of that Debian, then installed, used
# and purged in another. The version is mdscale.h's, the maintainer whoever builds: DEBFULLNAME and DEBEMAIL, else the
# last commit's author. Root only.
#
#   packaging/deb.sh [SUITE]...      bookworm when none is named
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/roots.sh
. scripts/roots.sh
version=$(packaging/version.sh)
if [[ -n ${DEBEMAIL:-} ]]; then
  maintainer="${DEBFULLNAME:-$DEBEMAIL} <$DEBEMAIL>"
else
  maintainer=$(git log -1 --format='%an <%ae>')
fi

build_packages() { # suite
  local root=build/deb/$1-root log=build/deb/$1.log
  make_root "$1" "$root"
  sed -n 's/^deb /deb-src /p' "$root/etc/apt/sources.list" >"$root/etc/apt/sources.list.d/source.list"
  copy_source "$root/build/flamescale-$version"
  cp -r packaging/debian "$root/build/flamescale-$version/debian"
  # shellcheck disable=SC2016  # sed's own characters, escaped
  sed -i "s/@MAINTAINER@/$(sed 's/[&/\\]/\\&/g' <<<"$maintainer")/" "$root/build/flamescale-$version/debian/control"
  cat >"$root/build/flamescale-$version/debian/changelog" <<TEXT
flamescale ($version) $1; urgency=medium

  * CHANGELOG.md says what is new.

 -- $maintainer  $(git log -1 --format=%aD)
TEXT
  # shellcheck disable=SC2016
  in_root "$root" bash -euc '
    apt-get update -q
    cd /build/flamescale-*
    apt-get install -y -q --no-install-recommends build-essential lintian
    apt-get build-dep -y -q --no-install-recommends ./
    useradd --create-home builder
    chown -R builder /build
    su builder -c "dpkg-buildpackage -us -uc -sa"
    echo "lintian says:"
    su builder -c "lintian --fail-on error --display-info /build/*.changes" | tee /build/lintian.txt
    exit "${PIPESTATUS[0]}"' >"$log" 2>&1 || die "see $log"
  rm -rf "build/deb/$1"
  mkdir -p "build/deb/$1"
  cp "$root"/build/*.{deb,dsc,changes,buildinfo,tar.*} "$root/build/lintian.txt" "build/deb/$1/"
  rm -rf --one-file-system "$root"
}

need_roots
mkdir -p build/deb
if [[ $# == 0 ]]; then set -- bookworm; fi
for suite in "$@"; do
  echo "building for $suite"
  build_packages "$suite"
  ls -l build/deb/"$suite"/*.deb
  sed 's/^/lintian: /' "build/deb/$suite/lintian.txt"
  root=build/deb/$suite-try
  make_root "$suite" "$root"
  mkdir "$root/source" "$root/debs"
  cp build/deb/"$suite"/*.deb "$root/debs/"
  cp -r data tests/install/stranger.c tests/deb/jobs.sh "$root/source/"
  in_root "$root" bash /source/jobs.sh /debs /source "$version" >"build/deb/$suite-try.log" 2>&1 || die "see build/deb/$suite-try.log"
  tail -n 1 "build/deb/$suite-try.log"
  rm -rf --one-file-system "$root"
done
