#!/usr/bin/env bash
# Every gcc from 12 to 16 and clang from 14 to 21 that this Debian has builds the tree and passes the C tests.
# Warnings are shown, and are no failure.
#
#   tests/fresh/compilers.sh [COMPILER...]      as root, in a system that may be filled with compilers
set -euo pipefail
cd "$(dirname "$0")/../.."
apt-get update -q >/dev/null
compilers=("$@")
[ ${#compilers[@]} -gt 0 ] || compilers=(gcc-{12..16} clang-{14..21})
failed=()
for CC in "${compilers[@]}"; do
  export CC
  if [ -z "$(apt-cache policy "$CC" 2>/dev/null | sed -n 's/^ *Candidate: \([^(]\)/\1/p')" ]; then
    echo "$CC: not in this Debian"
    continue
  fi
  log=build/$CC.log
  mkdir -p build
  if ./run test base flame/stacks flame/graph kernels >"$log" 2>&1; then
    echo "$CC: $(grep -h 'tests passed' "$log"); $(cat build/log/building* | grep -c 'warning:' || true) warnings"
    grep -h 'warning:' build/log/building-release-* | sort -u | head -n 20 || true
  else
    failed+=("$CC")
    echo "$CC: FAILED"
    tail -n 30 "$log"
  fi
done
[ ${#failed[@]} -eq 0 ] || { echo "failed: ${failed[*]}"; exit 1; }
