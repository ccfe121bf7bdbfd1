#!/usr/bin/env bash
# Does README's promise hold where nothing of ours is installed?
#
#   tests/fresh/fresh.sh [SUITE...] [WORD...]       as root; ./run test fresh calls it
#
# Each word of ./run is tried in a bare root of its own (debootstrap's minbase, git, ca-certificates) with a clone of
# the committed tree, a stripped environment, and this machine's settings for fetching packages. SUITE is bookworm,
# trixie or sid (bookworm and trixie without a word about it); WORD is one of those below (demo and test).
#
#   demo       as a user without sudo: one message names what is missing; root types the command that it names; again
#   test       README's second command, as root
#   build      as a user with sudo
#   install    into /usr/local, then uninstall: nothing is left
#   check, bench, tutorial      as root
#   plain      cmake -B b && cmake --build b, in a path with blanks
#   compilers  every gcc from 12 and clang from 14 that the suite has builds it and passes the C tests
#
# Needs a Debian mirror and mount namespaces: exit status 77 says why it cannot be done here. Packages are fetched once
# into build/fresh/cache. A word runs in its own PID namespace: nothing that it started outlives it.
set -euo pipefail
cd "$(dirname "$0")/../.."
source=$PWD fresh=$PWD/build/fresh
default_suites=(bookworm trixie) default_words=(demo test)

skip() { printf 'skipped: %s\n' "$*"; exit 77; }
die() { printf 'fresh.sh: %s\n' "$*" >&2; exit 2; }

# Where this machine gets its own packages, then where everyone can.
mirror() {
  if [ -n "${FLAMESCALE_MIRROR:-}" ]; then
    echo "$FLAMESCALE_MIRROR"
    return
  fi
  # shellcheck disable=SC2016  # the fields are apt's
  { apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    sed -n 's|^Debian \(https\{0,1\}://.*[^/]\)/*$|\1|p'; echo http://deb.debian.org/debian; } | awk 'NR == 1'
}

# The settings of this machine's package clients and its certificates, and nothing else.
carry_settings() { # ROOT
  local file
  mkdir -p "$1/etc/apt/apt.conf.d" "$1/etc/ssl/certs"
  apt-config dump --format '%F "%v";%n' | grep '^Acquire::\(http\|https\|ftp\|Retries\|Check-\)' >"$1/etc/apt/apt.conf.d/90host" || true
  cp -a /etc/apt/auth.conf.d/. "$1/etc/apt/auth.conf.d/" 2>/dev/null || true
  cp -L /etc/resolv.conf /etc/hosts "$1/etc/"
  cp -L /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs/"
  for file in /etc/pip.conf "$HOME/.config/pip/pip.conf" "$HOME/.pip/pip.conf"; do
    if [ -f "$file" ]; then cp -L "$file" "$1/etc/pip.conf"; fi
  done
}
settings=(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive)
for name in $(compgen -e | grep -iE '^(PIP_(CERT|INDEX_URL|EXTRA_INDEX_URL|TRUSTED_HOST|DEFAULT_TIMEOUT)|(https?|no|all)_proxy|SSL_CERT_FILE)$'); do
  settings+=("$name=${!name}")
done

base() { # SUITE: a bare root, kept; what is tried happens in copies of it
  local root=$fresh/$1.base script=/usr/share/debootstrap/scripts/$1
  [ ! -e "$root" ] || return 0
  [ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid
  mkdir -p "$fresh"
  timeout -k 60 900 debootstrap --variant=minbase --include=git,ca-certificates "$1" "$root.part" "$(mirror)" "$script" \
    >"$fresh/$1.debootstrap.log" 2>&1 || { rm -rf --one-file-system "$root.part"; return 1; }
  rm -f "$root.part"/var/cache/apt/archives/*.deb
  mv "$root.part" "$root"
}

# inside USER COMMAND: in the root, as that user, with nothing of this machine's environment.
inside() {
  local user=$1 home=/root
  shift
  [ "$user" = root ] || home=/home/$user
  chroot "$root" setpriv --reuid "$user" --regid "$user" --init-groups \
    env -i "${settings[@]}" HOME="$home" USER="$user" TERM=dumb sh -c "cd $home; $*"
}

say() { printf '\n=== %s\n' "$*"; }

# What each word does in its root; runs in the namespaces that `attempt` makes.
try_word() {
  case $word in
    demo)
      say "as a user without sudo"
      inside newcomer 'cd flamescale && ./run demo' 2>&1 | tee /tmp/refused && die "went on without what is missing"
      [ "$(grep -c 'apt-get install' /tmp/refused)" -eq 1 ] || die "the message does not name one command"
      say "what the message tells root to type"
      inside root "$(grep -o 'apt-get update && apt-get install.*' /tmp/refused)"
      say "again"
      inside newcomer 'cd flamescale && ./run demo'
      inside newcomer 'cd flamescale && test -s build/demo/index.html && test -s build/demo/digits.svg'
      ;;
    build)
      inside root 'apt-get update -q && apt-get install -y -q --no-install-recommends sudo'
      echo 'newcomer ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/newcomer"
      say "as a user with sudo"
      inside newcomer 'cd flamescale && ./run build && build/bin/flame --version && build/bin/mdscale --version'
      ;;
    install)
      inside root 'cd flamescale && ./run build'
      (cd "$root" && find usr etc -type f | sort) >/tmp/before
      inside root 'cd flamescale && ./run install && cd / && flame --version && mdscale --version && ldconfig -p | grep libmdscale'
      inside root 'cd flamescale && ./run uninstall'
      (cd "$root" && find usr etc -type f | sort) | grep -v 'ld.so.cache\|__pycache__' | comm -13 /tmp/before - | tee /tmp/left
      [ ! -s /tmp/left ] || die "files are left after ./run uninstall"
      ;;
    plain)
      inside root 'apt-get update -q && apt-get install -y -q --no-install-recommends gcc libc6-dev cmake make pkg-config zlib1g-dev libcjson-dev libpcre2-dev libelf-dev libncurses-dev
        mkdir "a place with blanks" && cp -r flamescale "a place with blanks/flame scale" && cd "a place with blanks/flame scale" &&
        cmake -B b && grep CMAKE_BUILD_TYPE:STRING=Release b/CMakeCache.txt && cmake --build b && b/bin/mdscale fit data/eurodist.csv --quiet >map.csv && test -s map.csv'
      ;;
    compilers) inside root 'cd flamescale && bash tests/fresh/compilers.sh' ;;
    *) inside root "cd flamescale && ./run $word" ;;
  esac
}

# enter: the mounts of the root, in namespaces of their own that end with it.
enter() {
  mount --make-rprivate /
  mount -t tmpfs tmpfs /tmp
  mount -t proc proc "$root/proc"
  mount -t sysfs -o ro sysfs "$root/sys"
  mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
  mkdir -p "$root/dev/shm" "$cache/archives/partial"
  mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
  mount --bind "$cache/archives" "$root/var/cache/apt/archives"
  mkdir -p "$root/root/.cache/pip" "$cache/pip"
  mount --bind "$cache/pip" "$root/root/.cache/pip"
  try_word
}

attempt() { # SUITE WORD
  local log=$fresh/log/$1-$2.log began=$SECONDS status=0
  suite=$1 word=$2 root=$fresh/$1.root cache=$fresh/cache/$1
  mkdir -p "$fresh/log"
  rm -rf --one-file-system "$root"
  cp -a "$fresh/$1.base" "$root"
  carry_settings "$root"
  chroot "$root" useradd -m newcomer
  git clone -q --no-hardlinks "$source" "$root/root/flamescale"
  cp -r "$root/root/flamescale" "$root/home/newcomer/flamescale"
  chroot "$root" chown -R newcomer: /home/newcomer
  export suite word root cache source fresh
  unshare --mount --pid --fork --kill-child bash "$0" --inside >"$log" 2>&1 || status=$?
  rm -rf --one-file-system "$root"
  printf '%-9s %-10s %5d s  %s\n' "$1" "$2" $((SECONDS - began)) "$([ $status -eq 0 ] && echo ok || echo FAILED)"
  [ $status -eq 0 ] || { tail -n 25 "$log" | sed 's/^/    /'; return 1; }
}

if [ "${1:-}" = --inside ]; then
  enter
  exit
fi

suites=() words=()
for argument; do
  case $argument in
    bookworm | trixie | sid) suites+=("$argument") ;;
    demo | test | build | install | check | bench | tutorial | plain | compilers) words+=("$argument") ;;
    *) die "'$argument' is neither a suite (bookworm trixie sid) nor a word (demo test build install check bench tutorial plain compilers)" ;;
  esac
done
[ ${#suites[@]} -gt 0 ] || suites=("${default_suites[@]}")
[ ${#words[@]} -gt 0 ] || words=("${default_words[@]}")

[ "$(id -u)" -eq 0 ] || skip "only root can make and enter a bare root"
command -v debootstrap >/dev/null || skip "debootstrap is not installed"
unshare --mount --pid --fork true 2>/dev/null || skip "mount and PID namespaces are not permitted here"

failed=0
for suite in "${suites[@]}"; do
  base "$suite" || skip "debootstrap of $suite failed: $(tail -n 1 "$fresh/$suite.debootstrap.log")"
  for word in "${words[@]}"; do
    attempt "$suite" "$word" || failed=1
  done
done
exit $failed
