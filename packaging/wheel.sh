#!/usr/bin/env bash
# The wheels: programs, man pages and Python package with nothing to compile, in build/wheel/dist, and the source
# distribution that they are built from.
#
#   packaging/wheel.sh [x86_64|aarch64]...      both when none is named
#
# Debian 12 compiles, in a bare root; headers and libraries are Debian 11's (manylinux.cmake). zlib, PCRE2, libelf, libdw
# with bzip2 and liblzma, and ncurses come from there as static libraries, cJSON from Debian 12's source, for Debian has
# no static one. One wheel serves CPython from 3.11 on, another 3.9, whose headers Debian 11 has. Root only.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/roots.sh
. scripts/roots.sh

build=build/wheel
root=$build/root
version=$(packaging/version.sh)
tools=(gcc libc6-dev gcc-aarch64-linux-gnu cmake ninja-build pkg-config python3-venv python3-dev dpkg-dev qemu-user-static)
parts=(libc6-dev zlib1g-dev libiberty-dev libpcre2-dev libelf-dev libdw-dev libbz2-dev liblzma-dev libncurses-dev python3-dev)
python_tools=('scikit-build-core>=1.0' build wheel auditwheel)

make_build_root() {
  [[ -e $root/ready ]] && return
  echo "making the root that compiles"
  make_root bookworm $root
  {
    sed -n 's/^deb /deb-src /p' $root/etc/apt/sources.list
  } >$root/etc/apt/sources.list.d/source.list
  # Python's headers of the other architecture: one file, of which nothing is run.
  in_root $root bash -euc '
    dpkg --add-architecture arm64
    apt-get update -q
    apt-get install -y -q --no-install-recommends "$@"
    cd /tmp
    apt-get download libpython3.11-dev:arm64
    dpkg-deb -x libpython3.11-dev_*_arm64.deb arm64-python
    apt-get source --download-only cjson
    mkdir /cjson
    dpkg-source -x cjson_*.dsc /cjson/source
    dpkg-parsechangelog -l /cjson/source/debian/changelog -S Version >/cjson/version
    touch /ready' make_build_root "${tools[@]}" >$build/root.log 2>&1 || die "see $build/root.log"
}

# Into the sysroot what Debian 11 does not have: cJSON as a static library, newer Python's headers.
add_parts() { # architecture triplet
  local sysroot=$root/sysroot/$2
  unpack_debs bullseye "$1" "$build/bullseye-$1" "${parts[@]}"
  rm -rf "$sysroot"
  mkdir -p "$sysroot"
  cp -a "$build/bullseye-$1/." "$sysroot"
  cp "$build/bullseye-$1.debs" "$sysroot.debs"
  cp -a $root/usr/include/python3.11 "$sysroot/usr/include/"
  if [[ $1 == arm64 ]]; then
    cp -a $root/tmp/arm64-python/usr/include/. "$sysroot/usr/include/"
  else
    mkdir -p "$sysroot/usr/include/$2"
    cp -a "$root/usr/include/$2/python3.11" "$sysroot/usr/include/$2/"
  fi
  # shellcheck disable=SC2016
  in_root $root bash -euc '
    triplet=$1 sysroot=/sysroot/$1
    cd /cjson/source
    "$triplet-gcc" --sysroot="$sysroot" -std=c89 -O2 -fPIC -DCJSON_HIDE_SYMBOLS -c cJSON.c -o "/cjson/$triplet.o"
    ar rcs "$sysroot/usr/lib/$triplet/libcjson.a" "/cjson/$triplet.o"
    mkdir -p "$sysroot/usr/include/cjson"
    cp cJSON.h "$sysroot/usr/include/cjson/"
    printf "%s\n" "Name: libcjson" "Description: JSON" "Version: $(cut -d- -f1 /cjson/version)" \
      "Libs: -L/usr/lib/$triplet -lcjson" "Cflags: -I/usr/include/cjson" >"$sysroot/usr/lib/$triplet/pkgconfig/libcjson.pc"
    # Licences, as Debian has them: what each part is, where its source is, and the texts it refers to.
    licenses=/licenses/$triplet
    rm -rf "$licenses"
    mkdir -p "$licenses"
    echo "Linked into the programs of this wheel; the source is in Debian under these names and versions:" >"$licenses/README"
    while read -r part package; do
      cp "$sysroot/usr/share/doc/$package/copyright" "$licenses/$part"
      sed -n "s/^${package}_\(.*\)_.*\.deb\$/$part: Debian 11, $package \1/p" "/sysroot/$triplet.debs" >>"$licenses/README"
    done <<PARTS
zlib zlib1g-dev
libiberty libiberty-dev
pcre2 libpcre2-dev
libelf libelf-dev
libdw libdw-dev
bzip2 libbz2-dev
liblzma liblzma-dev
ncurses libncurses-dev
PARTS
    cp debian/copyright "$licenses/cjson"
    echo "cjson: Debian 12, cjson $(cat /cjson/version)" >>"$licenses/README"
    cp "$sysroot"/usr/share/common-licenses/{GPL-2,GPL-3,LGPL-3} "$licenses/"
  ' add_parts "$2" >"$build/parts-$1.log" 2>&1 || die "see $build/parts-$1.log"
}

build_wheel() { # processor
  local triplet=$1-linux-gnu architecture=amd64
  [[ $1 == x86_64 ]] || architecture=arm64
  echo "building for $1"
  add_parts "$architecture" "$triplet"
  # shellcheck disable=SC2016
  in_root $root env FLAMESCALE_TRIPLET="$triplet" FLAMESCALE_SYSROOT="/sysroot/$triplet" _PYTHON_HOST_PLATFORM="linux-$1" \
    PKG_CONFIG_SYSROOT_DIR="/sysroot/$triplet" PKG_CONFIG_LIBDIR="/sysroot/$triplet/usr/lib/$triplet/pkgconfig" bash -euc '
    processor=$1 triplet=$1-linux-gnu
    rm -rf "/out/$processor" "/tree/$processor"
    mkdir -p "/out/$processor" "/tree/$processor"
    tar -C "/tree/$processor" --strip-components=1 -xzf /dist/flamescale-*.tar.gz
    cd "/tree/$processor"
    /venv/bin/python -m build --wheel --no-isolation -o "/out/$processor" \
      -Ccmake.define.CMAKE_TOOLCHAIN_FILE=/source/packaging/manylinux.cmake \
      -Ccmake.define.FLAMESCALE_STATIC_PARTS=ON -Ccmake.define.FLAMESCALE_PART_LICENSES=/licenses/$triplet
    wheel=$(echo /out/$processor/*.whl)
    # CPython 3.9: the same wheel around an extension of its own.
    /venv/bin/wheel unpack -d /out/$processor/39 "$wheel"
    cd /out/$processor/39/flamescale-*
    rm mdscale/_mdscale.abi3.so
    $triplet-gcc --sysroot=/sysroot/$triplet -B/sysroot/$triplet/usr/lib/$triplet -std=c11 -O2 -fPIC -fvisibility=hidden -shared -s -I/tree/$processor/include \
      -I/sysroot/$triplet/usr/include/python3.9 /tree/$processor/python/*.c \
      /tree/$processor/build/python/lib/libmdscale.a -lpthread -lm -o mdscale/_mdscale.cpython-39-$triplet.so
    sed -i "s/^Tag: .*/Tag: cp39-cp39-linux_$processor/" ./*.dist-info/WHEEL
    /venv/bin/wheel pack -d /out/$processor .
    # Nothing is to be copied in, so that the name is all that changes.
    for wheel in /out/$processor/*.whl; do
      /venv/bin/auditwheel show "$wheel" | tee /out/verdict
      grep -q "\"manylinux_2_31_$processor\"" /out/verdict
      cd /dist
      /venv/bin/wheel tags --remove --platform-tag "manylinux_2_31_$processor" "$wheel"
      mv "/out/$processor"/*-manylinux_*.whl /dist/
    done' build_wheel "$1" >"$build/$1.log" 2>&1 || die "see $build/$1.log"
}

need_roots
mkdir -p $build
make_build_root
copy_source $root/source
# The tools' newest; the source distribution, which is all that the wheels are built from.
rm -rf $root/dist
# shellcheck disable=SC2016
in_root $root bash -euc '
  [ -x /venv/bin/python ] || python3 -m venv /venv
  /venv/bin/pip install -q "$@"
  /venv/bin/python -m build --sdist --no-isolation -o /dist /source' sdist "${python_tools[@]}" >$build/sdist.log 2>&1 || die "see $build/sdist.log"
if [[ $# == 0 ]]; then set -- x86_64 aarch64; fi
for processor in "$@"; do
  case $processor in
    x86_64 | aarch64) build_wheel "$processor" ;;
    *) die "no wheel is made for '$processor': x86_64, aarch64" ;;
  esac
done
rm -rf $build/dist
mkdir -p $build/dist
cp $root/dist/flamescale-"$version"* $build/dist/
ls -l $build/dist
