#!/usr/bin/env bash
# What fresh.sh tries for each word, in a bare system whose users root and newcomer have a clone each.
#   word.sh WORD ROOT
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=scripts/roots.sh
. scripts/roots.sh
word=$1 root=$2
title() { printf '\n=== %s\n' "$*"; }

case $word in
  demo)
    title "as a user without sudo"
    ! in_root_as newcomer "$root" 'cd flamescale && ./run demo' >"$root/refused" 2>&1
    cat "$root/refused"
    [ "$(grep -c 'apt-get install' "$root/refused")" -eq 1 ] # one command
    title "what the message tells root to type"
    in_root_as root "$root" "$(grep -o 'apt-get update && apt-get install.*' "$root/refused")"
    title "again"
    in_root_as newcomer "$root" 'cd flamescale && ./run demo && test -s build/demo/index.html && test -s build/demo/digits.svg'
    ;;
  build)
    in_root_as root "$root" 'apt-get update -q && apt-get install -y -q --no-install-recommends sudo'
    echo 'newcomer ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/newcomer"
    title "as a user with sudo"
    in_root_as newcomer "$root" 'cd flamescale && ./run build && build/bin/flame --version && build/bin/mdscale --version'
    ;;
  install)
    in_root_as root "$root" 'cd flamescale && ./run build'
    (cd "$root" && find usr etc -type f | sort) >"$root/before"
    in_root_as root "$root" 'cd flamescale && ./run install && cd / && flame --version && mdscale --version && ldconfig -p | grep libmdscale'
    in_root_as root "$root" 'cd flamescale && ./run uninstall'
    (cd "$root" && find usr etc -type f ! -name ld.so.cache ! -path '*/__pycache__/*' | sort) | comm -13 "$root/before" - >"$root/left"
    cat "$root/left"
    [ ! -s "$root/left" ] # nothing is left
    ;;
  plain)
    in_root_as root "$root" 'apt-get update -q && apt-get install -y -q --no-install-recommends gcc libc6-dev cmake make pkg-config zlib1g-dev libcjson-dev libpcre2-dev libelf-dev libdw-dev libncurses-dev libiberty-dev'
    in_root_as root "$root" 'mkdir "a place" && cp -r flamescale "a place/flame scale" && cd "a place/flame scale" &&
      cmake -B b && grep CMAKE_BUILD_TYPE:STRING=Release b/CMakeCache.txt && cmake --build b -j2 &&
      b/bin/mdscale fit data/eurodist.csv --quiet -o map.csv && test -s map.csv'
    ;;
  compilers) in_root_as root "$root" 'cd flamescale && bash tests/fresh/compilers.sh' ;;
  *) in_root_as root "$root" "cd flamescale && ./run $word" ;;
esac
