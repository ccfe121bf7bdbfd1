#!/bin/sh
# The version number, from the one place where it stands.
sed -n 's/^#define MDS_VERSION_\(MAJOR\|MINOR\|PATCH\) \([0-9]*\)$/\2/p' "$(dirname "$0")/../include/mdscale.h" | paste -sd.
