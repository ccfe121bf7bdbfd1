#!/usr/bin/env bash
# A free-threaded CPython, built from Debian's source package (Debian packages none): build/free-threaded/VERSION.
#
#   tests/flame/python/make_free_threaded.sh [VERSION]     3.13 unless it says 3.14 or 3.15
#
# FLAMESCALE_SUITE and FLAMESCALE_MIRROR name other suites and another mirror. Takes some five minutes of a CPU.
set -euo pipefail

cd "$(dirname "$0")/../../.."
# shellcheck source=scripts/roots.sh
. scripts/roots.sh
version=${1:-3.13}
folder=$PWD/build/free-threaded
read -ra suites <<<"${FLAMESCALE_SUITE:-trixie forky sid}"

works() { [[ $("$folder/$version/bin/python3" -c 'import sysconfig; print(sysconfig.get_config_var("Py_GIL_DISABLED"))' 2>/dev/null) == 1 ]]; }

if works; then
  echo "$folder/$version is there already"
  exit 0
fi
for program in wget xz sha256sum; do
  command -v $program >/dev/null || die "$program is missing"
done

work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
fetched=
for suite in "${suites[@]}"; do
  mirror=$(find_mirror "$suite")
  [[ -n $mirror ]] || continue
  wget -q -T 20 -t 2 -O - "$mirror/dists/$suite/main/source/Sources.xz" | xz -dc >"$work/index" || continue
  # Of the package the folder, and the sum and the name of the sources as CPython released them.
  awk -v package="python$version" 'BEGIN { RS = ""; FS = "\n" } $1 == "Package: " package' "$work/index" >"$work/package"
  place=$(sed -n 's/^Directory: //p' "$work/package")
  read -r sum archive < <(awk '/^[A-Z]/ { sums = /^Checksums-Sha256:/ } sums && $3 ~ /\.orig\.tar\.[gx]z$/ { print $1, $3 }' "$work/package") ||
    { echo "$suite has no python$version"; continue; }
  if wget -q -T 60 -t 2 -O "$work/archive" "$mirror/$place/$archive"; then
    fetched=yes
    break
  fi
  echo "$suite names $archive, which $mirror does not have"
done
[[ -n $fetched ]] || die "the sources of python$version are not to be had from ${suites[*]}"
echo "$sum  $work/archive" | sha256sum --quiet -c -
mkdir "$work/source"
tar -C "$work/source" --strip-components 1 -xf "$work/archive"
log=$folder/$version.log
mkdir -p "$folder"
cd "$work/source"
{
  ./configure --disable-gil --without-ensurepip --disable-test-modules --prefix="$folder/$version.part"
  make -j"$(nproc)"
  make install
} >"$log" 2>&1 || die "building python$version failed, see $log: $(tail -n 1 "$log")"
rm -rf --one-file-system "${folder:?}/$version"
mv "$folder/$version.part" "$folder/$version"
works || die "the interpreter in $folder/$version does not run"
echo "made $folder/$version"
