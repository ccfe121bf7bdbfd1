#!/usr/bin/env bash
# A folder with a newer Debian that has the interpreters Debian stable lacks: 3.14, 3.15, each with its headers.
# It has its own C library, so it tries the way through /proc/PID/root too. Kept in build/chroot; root only.
#
#   tests/flame/python/make_chroot.sh [FOLDER]
#
# FLAMESCALE_SUITE and FLAMESCALE_MIRROR name other suites and another mirror. The last line says why it failed.
set -euo pipefail

cd "$(dirname "$0")/../../.."
folder=${1:-build/chroot}
# Testing first: what is in it can be installed, which is not true of unstable every day.
read -ra suites <<<"${FLAMESCALE_SUITE:-forky sid}"
wanted=(3.14 3.15)
most_seconds=900 # debootstrap itself waits and tries again for hours

die() { echo "make_chroot.sh: $*" >&2; exit 1; }

# Complete is a folder whose interpreters run. One that the suite lacked is not asked for again.
complete() {
  local version
  for version in "${wanted[@]}"; do
    grep -qsx "$version" "$folder/lacking" && continue
    [[ -x $folder/usr/bin/python$version ]] && chroot "$folder" "python$version" --version || return 1
  done
}

# Where this machine gets its own packages, then where everyone can.
mirrors() {
  if [[ -n ${FLAMESCALE_MIRROR:-} ]]; then
    echo "$FLAMESCALE_MIRROR"
    return
  fi
  {
    # shellcheck disable=SC2016  # the fields are apt's
    apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
      sed -n 's|^Debian \(https\{0,1\}://.*[^/]\)/*$|\1|p' || true
    echo http://deb.debian.org/debian
  } | awk '!seen[$0]++'
}

[[ $(id -u) == 0 ]] || die "only root can make and enter it: sudo $0"
if complete; then
  echo "$folder has them already"
  exit 0
fi
command -v debootstrap >/dev/null || die "debootstrap is missing: apt-get install debootstrap"

index=$(mktemp)
trap 'rm -f "$index"' EXIT
why='no mirror is known'
made=
for mirror in $(mirrors); do
  for suite in "${suites[@]}"; do
    # What the suite has now; a version that it lacks is left out and said.
    if ! wget -q -T 20 -t 2 -O - "$mirror/dists/$suite/main/binary-$(dpkg --print-architecture)/Packages.xz" | xz -dc >"$index" 2>/dev/null; then
      why="cannot read the package list of $suite from $mirror"
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
    # Whole or not at all. A release that this debootstrap does not know yet is made as unstable is.
    rm -rf --one-file-system "$folder.part"
    mkdir -p "$(dirname "$folder")"
    if timeout -k 60 "$most_seconds" debootstrap --variant=minbase --include="$(IFS=,; echo "${packages[*]}")" \
      "$suite" "$folder.part" "$mirror" /usr/share/debootstrap/scripts/sid >"$folder.log" 2>&1; then
      made=yes
      break 2
    fi
    why="debootstrap of $suite from $mirror failed, see $folder.log: $(tail -n 1 "$folder.log")"
    echo "$why"
  done
done
[[ -n $made ]] || { rm -rf --one-file-system "$folder.part"; die "$why"; }
[[ ${#lacking[@]} == 0 ]] || printf '%s\n' "${lacking[@]}" >"$folder.part/lacking"
rm -rf --one-file-system "$folder"
mv "$folder.part" "$folder"
complete || die "the interpreters in $folder do not run"
