#!/usr/bin/env bash
# A program of the chroot that make_chroot.sh made. It sees /tmp and this project as they are outside, and works in the
# caller's folder, so that tests can start its interpreters like any other. Root only.
#
#   tests/flame/python/in_chroot.sh CHROOT PROGRAM [ARGUMENT...]
set -euo pipefail

root=$(realpath "$1") program=$2 project=$(realpath "$(dirname "$0")/../../..")
shift 2
# Mounts of its own, of which nothing is left when the program ends. The process stays the same one throughout.
# shellcheck disable=SC2016 # expanded by the shells inside
exec unshare -m bash -c '
  set -e
  root=$1 project=$2 program=$3 folder=$4
  shift 4
  mkdir -p "$root$project"
  mount --bind "$project" "$root$project"
  mount --bind /tmp "$root/tmp"
  exec chroot "$root" sh -c "cd \"\$1\" || exit; shift; exec \"\$@\"" sh "$folder" "$program" "$@"
' bash "$root" "$project" "$program" "$PWD" "$@"
