#!/usr/bin/env bash
# ./run install and ./run uninstall: what was there before is there afterwards, and nothing else.
#   uninstall.sh BUILD_DIR SOURCE_DIR
set -euo pipefail
build=$1 script=$2/scripts/install.sh
unset DESTDIR
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
prefix="$folder/it's a prefix"
manifest=share/flamescale/install_manifest.txt

die() { echo "$*" >&2; exit 1; }
list() { (cd "$1" && find . -printf '%y %p %l\n' | sort); }
same() { diff <(printf '%s\n' "$1") <(printf '%s\n' "$2") || die "$3"; }

# Other people's files stay, and the folders that hold them.
mkdir -p "$prefix/bin" "$prefix/share/man/man1" "$prefix/share/empty"
touch "$prefix/bin/other" "$prefix/share/man/man1/other.1"
before=$(list "$prefix")
"$script" install "$build" "$prefix" >/dev/null
for name in bin/flame bin/mdscale bin/pyflame lib*/libmdscale.so include/mdscale.h; do
  compgen -G "$prefix/$name" >/dev/null || compgen -G "$prefix/${name%/*}/*/${name##*/}" >/dev/null || die "$name is not installed"
done
once=$(list "$prefix")
"$script" install "$build" "$prefix" >/dev/null
same "$once" "$(list "$prefix")" "a second install changed what is there"
"$script" uninstall "$prefix"
same "$before" "$(list "$prefix")" "uninstall left something, or took too much"
if "$script" uninstall "$prefix" 2>"$folder/said"; then die "uninstalled twice"; fi
grep -q "install_manifest.txt, which lists" "$folder/said" || die "no reason was given: $(cat "$folder/said")"

# What an older version had and this one lacks goes with it.
"$script" install "$build" "$prefix" >/dev/null
mkdir "$prefix/share/ours"
touch "$prefix/bin/older" "$prefix/share/ours/older"
printf '%s\n' bin/older share/ours/ share/ours/older >>"$prefix/$manifest"
"$script" install "$build" "$prefix" >/dev/null
same "$once" "$(list "$prefix")" "an install over an older one left something of it"

# A folder of ours in which somebody put a file stays, with the file.
touch "$prefix/share/flamescale/notes"
"$script" uninstall "$prefix"
[ -e "$prefix/share/flamescale/notes" ] || die "somebody else's file was removed"
rm -r "$prefix/share/flamescale"
same "$before" "$(list "$prefix")" "uninstall left something beside a file that is not ours"

# A list that names what lies outside is not followed.
for name in /etc/passwd ../outside share/../../outside; do
  mkdir -p "$prefix/share/flamescale"
  touch "$folder/outside"
  printf '%s\n' bin/other "$name" >"$prefix/$manifest"
  if "$script" uninstall "$prefix" 2>/dev/null; then die "followed $name"; fi
  if [ ! -e "$folder/outside" ] || [ ! -e "$prefix/bin/other" ]; then die "removed something for $name"; fi
done

# A prefix that was not there is gone again; a relative one; below DESTDIR.
(cd "$folder" && "$script" install "$build" new >/dev/null && test -x new/bin/mdscale && "$script" uninstall new)
[ ! -e "$folder/new" ] || die "a prefix of our own was left: $(list "$folder/new")"
mkdir "$folder/fake" "$folder/root"
for name in ldconfig mandb; do
  printf '#!/bin/sh\necho %s "$@" >>"%s"\n' $name "$folder/refreshed" >"$folder/fake/$name"
  chmod +x "$folder/fake/$name"
done
export PATH="$folder/fake:$PATH"
DESTDIR="$folder/root" "$script" install "$build" /usr/local >/dev/null
[ -x "$folder/root/usr/local/bin/flame" ] || die "DESTDIR was not used"
DESTDIR="$folder/root" "$script" uninstall /usr/local
[ ! -e "$folder/root/usr/local" ] || die "DESTDIR: not all was removed"
[ ! -e "$folder/refreshed" ] || die "a cache was refreshed for DESTDIR"

# The system's caches, in a /usr/local of our own.
if ! unshare -rm mount -t tmpfs none /usr/local 2>/dev/null; then
  echo "skipped: whether caches are refreshed needs unshare and user namespaces, which are not allowed here"
  exit 77
fi
# shellcheck disable=SC2016  # the inner shell's
PATH="$PATH" unshare -rm bash -c 'mount -t tmpfs none /usr/local && "$0" install "$1" /usr/local >/dev/null &&
  test -x /usr/local/bin/flame && "$0" uninstall /usr/local && test -z "$(ls -A /usr/local)"' "$script" "$build"
want=$'ldconfig\nmandb --quiet /usr/local/share/man\nldconfig\nmandb --quiet /usr/local/share/man'
same "$want" "$(cat "$folder/refreshed")" "the caches were not refreshed after install and uninstall"
echo "installed, again, over an older one, and removed"
