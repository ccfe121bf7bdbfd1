#!/usr/bin/env bash
# Does README's promise hold where nothing of ours is installed?
#
#   tests/fresh/fresh.sh [SUITE...] [WORD...]       as root; ./run test fresh calls it
#
# Each word of ./run is tried in a bare system of its own (scripts/roots.sh) with a clone of the committed tree. SUITE is
# bookworm, trixie or sid (bookworm and trixie when none is named); WORD is one of these (demo and test):
#
#   demo       as a user without sudo: one message names what is missing; root types the command that it names; again
#   test       README's second command, as root
#   build      as a user with sudo
#   install    into /usr/local, then uninstall: nothing is left
#   check, bench, tutorial      as root
#   plain      cmake -B b && cmake --build b, in a path with blanks
#   compilers  every gcc from 12 and clang from 14 that the suite has builds it and passes the C tests
#
# Exit status 77 says why it cannot be done here: it needs root, a Debian mirror and namespaces.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=scripts/roots.sh
. scripts/roots.sh
logs=build/fresh/log

# What has failed before stays a failure.
skip() { echo "skipped: $*"; [ "${failed:-0}" -eq 0 ] || exit 1; exit 77; }

suites=() words=()
for argument; do
  case $argument in
    bookworm | trixie | sid) suites+=("$argument") ;;
    demo | test | build | install | check | bench | tutorial | plain | compilers) words+=("$argument") ;;
    *) die "'$argument' is neither a suite (bookworm trixie sid) nor a word (demo test build install check bench tutorial plain compilers)" ;;
  esac
done
[ ${#suites[@]} -gt 0 ] || suites=(bookworm trixie)
[ ${#words[@]} -gt 0 ] || words=(demo test)
(need_roots) || skip "only root can make and enter a bare system, with debootstrap"
unshare --mount --pid --fork true 2>/dev/null || skip "mount and PID namespaces are not permitted here"

mkdir -p $logs
failed=0
for suite in "${suites[@]}"; do
  for word in "${words[@]}"; do
    root=$PWD/$roots/$suite-fresh log=$logs/$suite-$word.log began=$SECONDS outcome=ok
    (make_root "$suite" "$root") >"$log" 2>&1 || skip "there is no bare $suite: $(tail -n 1 "$log")"
    cache=$(realpath -m "$roots/cache/$suite")
    chroot "$root" useradd -m newcomer
    git clone -q --no-hardlinks . "$root/root/flamescale"
    cp -r "$root/root/flamescale" "$root/home/newcomer/flamescale"
    chroot "$root" chown -R newcomer: /home/newcomer
    cache=$cache bash tests/fresh/word.sh "$word" "$root" >>"$log" 2>&1 || outcome=FAILED failed=1
    printf '%-9s %-10s %5d s  %s\n' "$suite" "$word" $((SECONDS - began)) $outcome
    [ $outcome = ok ] || tail -n 25 "$log" | sed 's/^/    /'
    rm -rf --one-file-system "$root"
  done
done
exit $failed
