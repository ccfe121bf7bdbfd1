#!/usr/bin/env bash
# What ./run install and ./run uninstall do, as root where the prefix needs it.
#
#   install.sh install BUILD PREFIX
#   install.sh uninstall PREFIX
#
# What was installed is listed in PREFIX/share/flamescale/install_manifest.txt, relative to PREFIX: each file, and with
# a slash at its end each folder that was not there before. So it can be removed without the build, and an install over
# an older one removes what that had and this lacks. With DESTDIR all lies below that, and no cache is refreshed.
set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C # the order of names

manifest=share/flamescale/install_manifest.txt

fail() { echo "$*" >&2; exit 1; }

# The linker's cache and the manual's index, of a prefix that the system looks into.
refresh_caches() {
  [ "$(id -u)" -eq 0 ] && [ -z "${DESTDIR:-}" ] || return 0
  case $prefix in
    /usr | /usr/local) ;;
    *) return 0 ;;
  esac
  local PATH=$PATH:/usr/sbin:/sbin # ldconfig is there, and su leaves them out
  ! command -v ldconfig >/dev/null || ldconfig
  ! command -v mandb >/dev/null || mandb --quiet "$prefix/share/man" >/dev/null 2>&1 || true
}

# remove LIST: its files, then its folders from the deepest up, as far as nobody else put something there.
remove() {
  local name
  while IFS= read -r name; do
    [[ $name == */ ]] || rm -f -- "$place/$name"
  done <"$1"
  sort -r "$1" | while IFS= read -r name; do
    name=$place/$name
    [[ $name != */ ]] || rmdir -- "${name%/./}" 2>/dev/null || true # rmdir takes no path that ends in a dot
  done
}

# A list that names something outside the prefix is not ours.
check() { # LIST
  ! grep -qE '^/|(^|/)\.\.(/|$)|^$' "$1" || fail "$1 names files outside $prefix; nothing was removed"
}

install_all() { # BUILD
  local build=$1 name
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  # cmake writes its own list here; one that root has written would stop a user's install.
  rm -f -- "$build/install_manifest.txt"
  # Elsewhere first, to know what comes before it is there.
  DESTDIR=$scratch/staged cmake --install "$build" --prefix "$prefix"
  (cd "$scratch/staged$prefix" && find . ! -type d -printf '%P\n' -o -type d -printf '%P/\n') >"$scratch/all"
  printf '%s\n' "$manifest" share/ share/flamescale/ >>"$scratch/all"
  touch "$scratch/old"
  if [ -e "$place/$manifest" ]; then
    cp "$place/$manifest" "$scratch/old"
    check "$scratch/old"
  fi
  # The prefix itself is "./"; a folder is ours when it is new, or was ours before.
  sed 's|^/$|./|' "$scratch/all" | sort -u | while IFS= read -r name; do
    if [[ $name != */ || ! -d $place/$name ]] || grep -qxF -- "$name" "$scratch/old"; then printf '%s\n' "$name"; fi
  done >"$scratch/new"
  # The list is there before the files, so that an install that fails half-way can be undone.
  mkdir -p "$place/${manifest%/*}"
  sort -u "$scratch/old" "$scratch/new" >"$place/$manifest"
  cmake --install "$build" --prefix "$prefix"
  rm -f -- "$build/install_manifest.txt"
  sort "$scratch/old" | comm -23 - "$scratch/new" >"$scratch/gone"
  remove "$scratch/gone"
  cp "$scratch/new" "$place/$manifest"
  refresh_caches
}

uninstall_all() {
  [ -e "$place/$manifest" ] || fail "there is no $place/$manifest, which lists what was installed.
Installed some other way? Then ./run install there first, and uninstall that."
  check "$place/$manifest"
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  cp "$place/$manifest" "$scratch/all"
  remove "$scratch/all"
  refresh_caches
}

word=${1:-}
case $word in
  install) [ $# -eq 3 ] && prefix=$3 ;;
  uninstall) [ $# -eq 2 ] && prefix=$2 ;;
  *) false ;;
esac || fail "usage: install.sh install BUILD PREFIX, install.sh uninstall PREFIX"
prefix=$(realpath -m -s -- "$prefix")
place=${DESTDIR:-}$prefix
if [ "$word" = install ]; then install_all "$2"; else uninstall_all; fi
