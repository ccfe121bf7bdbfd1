#!/usr/bin/env bash
# A folder with a newer Debian that has the interpreters Debian stable lacks: 3.14, 3.15, each with its headers.
# It has its own C library, so it tries the way through /proc/PID/root too. Kept in build/chroot; root only.
#
#   tests/sampler/make_chroot.sh [FOLDER]
set -euo pipefail

cd "$(dirname "$0")/../.."
folder=${1:-build/chroot}
suite=${FLAMESCALE_SUITE:-sid}
mirror=${FLAMESCALE_MIRROR:-http://deb.debian.org/debian}
wanted=(3.14 3.15)

die() { echo "make_chroot.sh: $*" >&2; exit 1; }

complete() {
  local version
  for version in "${wanted[@]}"; do [[ -x $folder/usr/bin/python$version ]] || return 1; done
}

if complete; then
  echo "$folder has them already"
  exit 0
fi
[[ $(id -u) == 0 ]] || die "this needs root (debootstrap): sudo $0"
command -v debootstrap >/dev/null || die "debootstrap is missing: apt-get install debootstrap"

# What the suite has now; a version that it lacks is left out and said.
index=$(mktemp)
trap 'rm -f "$index"' EXIT
curl -fsS "$mirror/dists/$suite/main/binary-$(dpkg --print-architecture)/Packages.xz" | xz -dc >"$index" ||
  die "cannot read the package list of $suite from $mirror"
packages=()
for version in "${wanted[@]}"; do
  if grep -qx "Package: python$version" "$index"; then
    packages+=("python$version" "libpython$version-dev")
  else
    echo "$suite has no python$version: not covered"
  fi
done
[[ ${#packages[@]} -gt 0 ]] || die "$suite has none of ${wanted[*]}"

# Whole or not at all.
rm -rf "$folder.part"
mkdir -p "$(dirname "$folder")"
debootstrap --variant=minbase --include="$(IFS=,; echo "${packages[*]}")" "$suite" "$folder.part" "$mirror" >"$folder.log" 2>&1 ||
  { tail -5 "$folder.log" >&2; die "debootstrap failed; all of it is in $folder.log"; }
rm -rf "$folder"
mv "$folder.part" "$folder"
for version in "${wanted[@]}"; do
  [[ ! -x $folder/usr/bin/python$version ]] || chroot "$folder" "python$version" --version
done
