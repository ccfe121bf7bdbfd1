The number stands in mdscale.h alone; every program says it first, then what it was built from and how.

  $ version=$(sh "$REPOSITORY/packaging/version.sh"); test -n "$version" || echo "no version in mdscale.h"
  $ mdscale --version | sed "1s/^mdscale $version$/its own number/"
  its own number
  commit: ([0-9a-f]{10,}(-dirty)?|unknown) (re)
  compiler: (gcc|clang) [0-9.]+ (re)
  instruction sets: scalar* (* is chosen here) (glob)

The chosen one is the one that a solve says it ran with:

  $ chosen=$(mdscale --version | sed -n 's/.*(\(.*\) is chosen here)/\1/p')
  $ mdscale fit "$DATA/eurodist.csv" --json fit.json -o map.csv
  ...
  $ grep -q "\"isa\": *\"$chosen\"" fit.json || cat fit.json
