#!/bin/sh
# The library as a stranger finds it: install into an empty prefix, compile a program in C and in C++ with
# what pkg-config says, shared and static, run them, and see that nothing but mds_... is exported.
#   installed_library.sh BUILD_DIR SOURCE_DIR
set -eu
build=$1 source=$2
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
cmake --install "$build" --prefix "$prefix" >/dev/null
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name mdscale.pc)")
export PKG_CONFIG_PATH
library=$(pkg-config --variable=libdir mdscale)

[ "$(pkg-config --modversion mdscale)" = "$(sh "$source/packaging/version.sh")" ] ||
  { echo "pkg-config tells another version than mdscale.h"; exit 1; }

compile() { # language standard
  # shellcheck disable=SC2046
  "$1" "-std=$2" -Wall -Wextra -Wpedantic -Werror -x "$3" "$source/tests/install/stranger.c" -x none -o "$prefix/stranger" \
    $(pkg-config --cflags --libs mdscale) -lm "$4"
}
compile cc c11 c "-Wl,-rpath,$library"
"$prefix/stranger"
compile c++ c++11 c++ "-Wl,-rpath,$library"
"$prefix/stranger"
# shellcheck disable=SC2046
cc -std=c11 "$source/tests/install/stranger.c" -o "$prefix/stranger" $(pkg-config --cflags mdscale) \
  "$library/libmdscale.a" $(pkg-config --libs-only-l --static mdscale | sed 's/-lmdscale//')
"$prefix/stranger"

strangers=$(nm -D --defined-only "$library/libmdscale.so" | awk '$3 !~ /^mds_/ {print $3}')
[ -z "$strangers" ] || { echo "libmdscale.so exports more than its own: $strangers"; exit 1; }
for program in mdscale flame flamegraph pyflame; do
  [ -x "$prefix/bin/$program" ] || { echo "$program was not installed"; exit 1; }
  "$prefix/bin/$program" --help >/dev/null
done
echo "installed, compiled in C and C++, shared and static, ran"
