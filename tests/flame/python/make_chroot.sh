#!/usr/bin/env bash
# A folder with a newer Debian that has the interpreters Debian stable lacks: 3.14, 3.15, each with its headers.
# It has its own C library, so it tries the way through /proc/PID/root too. Kept in build/chroot; root only.
#
#   tests/flame/python/make_chroot.sh [FOLDER]
#
# FLAMESCALE_SUITE and FLAMESCALE_MIRROR name other suites and another mirror. The last line says why it failed.
set -euo pipefail

cd "$(dirname "$0")/../../.."
# shellcheck source=scripts/roots.sh
. scripts/roots.sh
folder=${1:-build/chroot}
# Testing first: what is in it can be installed, which is not true of unstable every day.
read -ra suites <<<"${FLAMESCALE_SUITE:-forky sid}"
wanted=(3.14 3.15)

# Complete is a folder whose interpreters run. One that the suite lacked is not asked for again.
complete() {
  local version
  for version in "${wanted[@]}"; do
    grep -qsx "$version" "$folder/lacking" && continue
    [[ -x $folder/usr/bin/python$version ]] && chroot "$folder" "python$version" --version || return 1
  done
}

if [[ $(id -u) == 0 ]] && complete; then
  echo "$folder has them already"
  exit 0
fi
need_roots

index=$(mktemp)
trap 'rm -f "$index"' EXIT
made=
for suite in "${suites[@]}"; do
  mirror=$(find_mirror "$suite")
  # What the suite has now; a version that it lacks is left out and said.
  if [[ -z $mirror ]] ||
    ! wget -q -T 20 -t 2 -O - "$mirror/dists/$suite/main/binary-$(dpkg --print-architecture)/Packages.xz" | xz -dc >"$index" 2>/dev/null; then
    why="cannot read the package list of $suite from ${mirror:-any mirror}"
    echo "$why"
    continue
  fi
  packages=() lacking=()
  for version in "${wanted[@]}"; do
    if grep -qx "Package: python$version" "$index"; then
      packages+=("python$version" "libpython$version-dev")
    else
      echo "$suite has no python$version: not covered"
      lacking+=("$version")
    fi
  done
  if [[ ${#packages[@]} == 0 ]]; then
    why="$suite has none of ${wanted[*]}"
    continue
  fi
  # Whole or not at all.
  if why=$(run_debootstrap "$suite" "$folder.part" --include="$(IFS=,; echo "${packages[*]}")" 2>&1); then
    made=yes
    break
  fi
  why=${why##*make_chroot.sh: }
  echo "$why"
done
[[ -n $made ]] || { rm -rf --one-file-system "$folder.part"; die "$why"; }
[[ ${#lacking[@]} == 0 ]] || printf '%s\n' "${lacking[@]}" >"$folder.part/lacking"
rm -rf --one-file-system "$folder"
mv "$folder.part" "$folder"
complete || die "the interpreters in $folder do not run"
