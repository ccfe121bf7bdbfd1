#!/usr/bin/env bash
# The wheels as a new user meets them: installed by pip into bare Debian systems, without and with Python's headers, and
# the demo's jobs run from there (jobs.sh). Debian 11 has the oldest C library that they promise and Python 3.9.
#
# The source distribution builds the same from itself alone, and names the packages that it lacks.
# The wheel of the other processor is unpacked, and its programs and its package run under qemu. What another process's
# memory is needed for does not work there.
#
#   tests/wheel/wheel.sh [SUITE | aarch64 | sdist]...     bookworm, trixie, bullseye, aarch64, sdist when none is named; root only
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=scripts/roots.sh
. scripts/roots.sh
version=$(packaging/version.sh)
compgen -G "build/wheel/dist/flamescale-$version-*.whl" >/dev/null || die "no wheel of $version in build/wheel/dist: ./run wheel"
if [[ $# == 0 ]]; then set -- bookworm trixie bullseye aarch64 sdist; fi
need_roots
for wheel in build/wheel/dist/*.whl; do
  size=$(stat -c %s "$wheel")
  [[ $size -lt 6000000 ]] || die "$wheel has $size bytes; 6000000 is the most"
done

try_aarch64() {
  local system=$PWD/build/wheel/bookworm-arm64 folder qemu program
  local wheel=(build/wheel/dist/flamescale-"$version"-cp311-abi3-*_aarch64.whl)
  [[ -e ${wheel[0]} ]] || { echo "skipped: aarch64, for there is no wheel of it"; return; }
  command -v qemu-aarch64-static >/dev/null || { echo "skipped: aarch64, for there is no qemu-aarch64-static (package qemu-user-static)"; return; }
  unpack_debs bookworm arm64 "$system" python3 python3-numpy
  folder=$(mktemp -d)
  qemu=(qemu-aarch64-static -L "$system")
  python3 -m zipfile -e "${wheel[0]}" "$folder"
  chmod +x "$folder"/*.data/scripts/*
  for program in flame mdscale pyflame flamegraph; do
    [[ $("${qemu[@]}" "$folder"/*.data/scripts/$program --version | head -n 1) == "$program $version" ]] || die "aarch64: $program --version"
  done
  [[ $("${qemu[@]}" "$folder"/*.data/scripts/mdscale --version) == *'neon is chosen here'* ]] || die "aarch64: not NEON"
  "${qemu[@]}" "$folder"/*.data/scripts/mdscale fit data/eurodist.csv -o "$folder/map.csv" --quiet
  [[ $(wc -l <"$folder/map.csv") == 22 ]] || die "aarch64: mdscale fit"
  printf 'main;slow 9\nmain;quick 1\n' | "${qemu[@]}" "$folder"/*.data/scripts/flamegraph >"$folder/picture.svg"
  grep -q '<svg' "$folder/picture.svg" || die "aarch64: no picture"
  "${qemu[@]}" -E LD_LIBRARY_PATH=/usr/lib/aarch64-linux-gnu/blas:/usr/lib/aarch64-linux-gnu/lapack \
    -E PYTHONPATH="$folder:$system/usr/lib/python3/dist-packages" "$system/usr/bin/python3.11" -c "
import mdscale
assert mdscale.__version__ == '$version' and mdscale.isa_best() == 'neon'
assert mdscale.pattern_search([[0, 3, 4], [3, 0, 5], [4, 5, 0]], dims=2).stress < 1e-3" || die "aarch64: import mdscale"
  rm -rf "$folder"
  echo "programs and package ran: aarch64 under qemu"
}

try_sdist() {
  local folder=$roots/sdist sdist=build/wheel/dist/flamescale-$version.tar.gz stray
  stray=$(tar -tzf "$sdist" | grep -vE "^flamescale-$version/((cli|cmake|include|python|src)/.*[.](c|h|in|js|css|py|pyi|typed|cmake|txt)|CMakeLists.txt|COMMIT|LICENSE|PKG-INFO|README.md|pyproject.toml)\$" || true)
  [[ -z $stray ]] || die "the source distribution holds more than it needs: $stray"
  make_root bookworm "$folder"
  mkdir "$folder/dist"
  cp "$sdist" "$folder/dist/"
  # shellcheck disable=SC2016
  in_root "$folder" bash -euc '
    apt-get update -q
    apt-get install -y -q --no-install-recommends gcc libc6-dev python3-venv python3-dev
    python3 -m venv /venv
    ! /venv/bin/pip install --no-deps /dist/*.tar.gz >/dist/refused 2>&1
    packages=$(sed -n "s/.*apt-get install //p" /dist/refused | head -n 1)
    [ -n "$packages" ]
    apt-get install -y -q --no-install-recommends $packages
    /venv/bin/pip install --no-deps /dist/*.tar.gz
    for program in flame mdscale pyflame flamegraph; do
      [ "$(/venv/bin/$program --version | head -n 1)" = "$program $1" ]
      [ -s "/venv/share/man/man1/$program.1" ]
    done' try_sdist "$version" >"$folder.log" 2>&1 || die "see $folder.log"
  rm -rf --one-file-system "$folder"
  echo "built from the source distribution, which named what it lacked"
}

for suite in "$@"; do
  if [[ $suite == aarch64 || $suite == sdist ]]; then
    "try_$suite"
    continue
  fi
  folder=$roots/$suite-wheel
  make_root "$suite" "$folder"
  mkdir -p "$folder/source" "$folder/dist"
  cp -r data ladders tests/wheel/jobs.sh "$folder/source/"
  cp build/wheel/dist/*.whl "$folder/dist/"
  in_root "$folder" bash -euc 'apt-get update -q; apt-get install -y -q --no-install-recommends python3 python3-venv' >"$folder.log" 2>&1 || die "see $folder.log"
  in_root "$folder" bash /source/jobs.sh /dist /source "$version" --ladder
  in_root "$folder" apt-get install -y -q --no-install-recommends python3-dev gcc- cpp- >>"$folder.log" 2>&1 || die "see $folder.log"
  in_root "$folder" bash /source/jobs.sh /dist /source "$version"
  rm -rf --one-file-system "$folder"
done
