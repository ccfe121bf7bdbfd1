#!/bin/sh
# What a build says of its commit: HEAD's, also after HEAD has moved; the file COMMIT's where there is no repository; and
# not that of a repository the source merely lies in. The header is left alone while the answer is the same.
#   build_info.sh SOURCE_DIR
set -eu
source=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
unset GIT_DIR GIT_INDEX_FILE GIT_WORK_TREE
git="git -C $folder/tree -c user.name=test -c user.email=test@localhost -c commit.gpgsign=false"
if ! command -v git >/dev/null; then
  echo "skipped: no git"
  exit 77
fi

expect() { # folder words
  cmake "-DSOURCE=$1" "-DMADE=$folder/build_info.h" -P "$source/cmake/BuildInfo.cmake"
  said=$(sed -n 's/^#define FLAMESCALE_COMMIT "\(.*\)"$/\1/p' "$folder/build_info.h")
  [ "$said" = "$2" ] || { echo "$1: says '$said', not '$2'"; exit 1; }
}

mkdir -p "$folder/tree/inner"
expect "$folder/tree" unknown
echo 0123456789 >"$folder/tree/COMMIT"
expect "$folder/tree" 0123456789
echo '"); system("' >"$folder/tree/COMMIT"
expect "$folder/tree" unknown
rm "$folder/tree/COMMIT"

git init -q "$folder/tree"
touch "$folder/tree/file"
$git add file
$git commit -q -m one
expect "$folder/tree" "$($git rev-parse --short=10 HEAD)"
expect "$folder/tree/inner" unknown
expect "$folder/tree" "$($git rev-parse --short=10 HEAD)"
touch -d 2001-01-01 "$folder/build_info.h"
expect "$folder/tree" "$($git rev-parse --short=10 HEAD)"
[ "$(date -r "$folder/build_info.h" +%Y)" = 2001 ] || { echo "written again for the same commit"; exit 1; }
echo >>"$folder/tree/file"
expect "$folder/tree" "$($git rev-parse --short=10 HEAD)-dirty"
$git commit -q -a -m two
expect "$folder/tree" "$($git rev-parse --short=10 HEAD)"
