#!/usr/bin/env bash
# The wheels as a new user meets them: installed by pip into bare Debian systems, without and with Python's headers, and
# the demo's jobs run from there (jobs.sh). Debian 11 has the oldest C library that they promise and Python 3.9.
#
#   tests/wheel/wheel.sh [SUITE]...       bookworm, trixie and bullseye when none is named; root only
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=packaging/roots.sh
. packaging/roots.sh
version=$(packaging/version.sh)
compgen -G "build/wheel/dist/flamescale-$version-*.whl" >/dev/null || die "no wheel of $version in build/wheel/dist: ./run wheel"
if [[ $# == 0 ]]; then set -- bookworm trixie bullseye; fi
need_roots
for wheel in build/wheel/dist/*.whl; do
  size=$(stat -c %s "$wheel")
  [[ $size -lt 6000000 ]] || die "$wheel has $size bytes; 6000000 is the most"
done
for suite in "$@"; do
  folder=$roots/$suite-wheel
  make_root "$suite" "$folder"
  mkdir -p "$folder/source" "$folder/dist"
  cp -r data ladders tests/wheel/jobs.sh "$folder/source/"
  cp build/wheel/dist/*.whl "$folder/dist/"
  in_root "$folder" bash -euc 'apt-get update -q; apt-get install -y -q python3 python3-venv' >"$folder.log" 2>&1 || die "see $folder.log"
  in_root "$folder" bash /source/jobs.sh /dist /source "$version"
  in_root "$folder" apt-get install -y -q python3-dev gcc- cpp- >>"$folder.log" 2>&1 || die "see $folder.log"
  in_root "$folder" bash /source/jobs.sh /dist /source "$version"
  rm -rf --one-file-system "$folder"
done
