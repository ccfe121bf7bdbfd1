#!/bin/sh
# The library as a stranger finds it: install into an empty prefix, compile a program in C and in C++ with
# what pkg-config says, shared and static, run them, and see that nothing but mds_... is exported.
#   installed_library.sh BUILD_DIR SOURCE_DIR [EMULATOR...]
# Cross-built, TARGET_CC names the compiler, SYSROOT its libraries, and the emulator runs what was compiled.
set -eu
build=$1 source=$2
shift 2
emulator=
for word in "$@"; do
  emulator="$emulator '$(printf %s "$word" | sed "s/'/'\\\\''/g")'"
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
prefix="$folder/a b" # blanks, as people's folders have
cmake --install "$build" --prefix "$prefix" >/dev/null
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name mdscale.pc)")
export PKG_CONFIG_PATH
library=$(dirname "$PKG_CONFIG_PATH")

[ "$(pkg-config --modversion mdscale)" = "$(sh "$source/packaging/version.sh")" ] ||
  { echo "pkg-config tells another version than mdscale.h"; exit 1; }

try() { # compiler standard language word...: compile the program and run it
  compiler=$1 standard=$2 language=$3
  shift 3
  "$compiler" ${SYSROOT:+"--sysroot=$SYSROOT"} "-std=$standard" -Wall -Wextra -Wpedantic -Werror \
    -x "$language" "$source/tests/install/stranger.c" -x none -o "$prefix/stranger" "$@"
  run "$prefix/stranger"
}
run() { # program word...
  eval "$emulator \"\$@\""
}
# What pkg-config prints is written for a shell: a blank in a path is escaped.
flags=$(pkg-config --cflags --libs mdscale)
eval "try ${TARGET_CC:-cc} c11 c $flags -lm" '"-Wl,-rpath,$library"'
[ -n "${TARGET_CC:-}" ] || eval "try c++ c++11 c++ $flags -lm" '"-Wl,-rpath,$library"'
flags=$(pkg-config --cflags mdscale; pkg-config --libs-only-l --static mdscale | sed 's/-lmdscale//')
eval "try ${TARGET_CC:-cc} c11 c" '"$library/libmdscale.a"' "$(echo "$flags" | tr '\n' ' ')"

strangers=$(nm -D --defined-only "$library/libmdscale.so" | awk '$3 !~ /^mds_/ {print $3}')
[ -z "$strangers" ] || { echo "libmdscale.so exports more than its own: $strangers"; exit 1; }
strangers=$(nm --defined-only --extern-only "$library/libmdscale.a" | awk 'NF == 3 && $3 !~ /^mds_/ {print $3}')
[ -z "$strangers" ] || { echo "libmdscale.a shows more than its own: $strangers"; exit 1; }
public=$(sed -n 's/.*[ *]\(mds_[a-z0-9_]*\)(.*/\1/p' "$prefix/include/mdscale.h" | sort -u)
shown=$(nm --defined-only --extern-only "$library/libmdscale.a" | awk 'NF == 3 {print $3}' | sort)
hidden=$(echo "$shown" | grep -vxF "$public" || true)
[ -z "$hidden" ] || { echo "libmdscale.a shows what mdscale.h does not declare: $hidden"; exit 1; }
for program in mdscale flame flamegraph pyflame; do
  [ -x "$prefix/bin/$program" ] || { echo "$program was not installed"; exit 1; }
  run "$prefix/bin/$program" --help >/dev/null
done
languages="C and C++"
[ -z "${TARGET_CC:-}" ] || languages="C (there is no C++ compiler for it)"
echo "installed, compiled in $languages, shared and static, ran"
