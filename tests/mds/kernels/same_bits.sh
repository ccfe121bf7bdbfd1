#!/bin/sh
# same_bits.sh COMMAND...: every level of this processor ends at the same maps as plain C.
set -eu
want=$("$@" scalar)
echo "$want"
for level in avx2 avx512 neon; do
    got=$("$@" $level 2>&1) || { echo "$level: $got"; continue; }
    [ "$got" = "$want" ] || { echo "$level differs:"; echo "$got"; exit 1; }
    echo "$level: the same"
done
