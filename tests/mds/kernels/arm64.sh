#!/bin/sh
# The quick check of the NEON kernels within the default tests; all of the project is tried by ./run test aarch64.
# arm64.sh SOURCE BUILD PROGRAM: compile the library for AArch64, and run the kernel tests and same_bits under
# an emulator; the maps must be those that PROGRAM, same_bits for this processor, ends at.
set -eu
source=$1 build=$2 native=$3
qemu=$(command -v qemu-aarch64-static || command -v qemu-aarch64 || true)
if [ -z "$qemu" ] || ! command -v aarch64-linux-gnu-gcc >/dev/null; then
    echo "skipped: no compiler or no emulator for AArch64 (./run test aarch64 installs both)"
    exit 77
fi
cd "$source"
compile() {
    aarch64-linux-gnu-gcc -std=c11 -O2 -ffp-contract=off -static -pthread -D_GNU_SOURCE \
        -DFLAMESCALE_VERSION='"test"' -Iinclude -Isrc/base -Isrc/mds/api -Isrc/mds/kernels -Isrc/mds/parallel -Isrc/mds/linalg \
        -Isrc/mds/start -Isrc/mds/source -Isrc/mds/transform -Isrc/mds/methods "$@" -lm
}
for file in src/mds/kernels/*.c; do
    case $file in *_avx*) ;; *) kernels="${kernels:-} $file" ;; esac
done
# shellcheck disable=SC2086 # our own names, without blanks
set -- $kernels
compile "$@" tests/mds/kernels/test_kernels.c -o "$build/test_kernels_arm64"
"$qemu" "$build/test_kernels_arm64" neon
compile "$@" tests/mds/kernels/test_gradient.c -o "$build/test_gradient_arm64"
"$qemu" "$build/test_gradient_arm64" neon
compile "$@" src/mds/api/*.c src/mds/methods/*.c src/mds/parallel/*.c src/mds/linalg/*.c src/mds/source/*.c src/mds/start/*.c src/mds/transform/*.c \
    src/base/clock.c src/base/file_identity.c src/base/memory.c src/base/memory_limit.c src/base/npy.c src/base/random.c src/base/status.c src/base/utf8.c \
    tests/mds/kernels/same_bits.c -o "$build/same_bits_arm64"
want=$("$native" scalar)
for level in scalar neon; do
    got=$("$qemu" "$build/same_bits_arm64" $level)
    [ "$got" = "$want" ] || { echo "$level on AArch64 differs:"; echo "$got"; echo "$want"; exit 1; }
    echo "$level on AArch64: the same maps"
done
