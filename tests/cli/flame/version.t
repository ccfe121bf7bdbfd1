The number stands in mdscale.h alone; every program says it first, then what it was built from and how.

  $ version=$(sh "$REPOSITORY/packaging/version.sh"); test -n "$version" || echo "no version in mdscale.h"
  $ flame --version | sed "1s/^flame $version$/its own number/"
  its own number
  commit: ([0-9a-f]{10,}(-dirty)?|unknown) (re)
  compiler: (gcc|clang) [0-9.]+ (re)
  instruction sets: [a-z0-9]+ (re)
  $ flamegraph --version | sed "1s/^flamegraph $version$/its own number/"
  its own number
  commit: ([0-9a-f]{10,}(-dirty)?|unknown) (re)
  compiler: (gcc|clang) [0-9.]+ (re)
  instruction sets: [a-z0-9]+ (re)
  $ pyflame --version | sed "1s/^pyflame $version$/its own number/"
  its own number
  commit: ([0-9a-f]{10,}(-dirty)?|unknown) (re)
  compiler: (gcc|clang) [0-9.]+ (re)
  instruction sets: [a-z0-9]+ (re)
  $ pyflame -v | sed "s/ $version$/ its own number/"
  pyflame (flamescale) its own number

What each says of the repository it was built in is what git says (a build from elsewhere knows it from a file, or not).

  $ flame --version | sed -n 's/^commit: //p' >said
  $ [ "$(cat said)" = unknown ] || git -C "$REPOSITORY" rev-parse --verify --quiet "$(sed 's/-dirty//' said)^{commit}" >resolved || echo "no such commit: $(cat said)"
