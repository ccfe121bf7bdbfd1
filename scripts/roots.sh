#!/usr/bin/env bash
# Bare Debian systems in folders, to build packages in and to try them as a new user would. Sourced; root only.
#
#   make_root SUITE FOLDER                a fresh system: minbase, git and ca-certificates, with this machine's package
#                                         mirror, proxy, pip settings and certificates, and nothing else of it
#   unpack_debs SUITE ARCHITECTURE FOLDER PACKAGE...
#                                         what a compiler's --sysroot needs: the packages' files, nothing installed;
#                                         FOLDER.debs lists them with their versions
#   copy_source FOLDER                    this tree's sources, without what git ignores
#   in_root FOLDER COMMAND...             run there as root with a stripped environment, its own /proc and /dev;
#                                         what it leaves running ends with it
#   in_root_as USER FOLDER COMMAND        the same for a line of shell, in that user's home
#
# A system is made by debootstrap once and kept as build/roots/SUITE.tar, fetched packages in build/roots/cache. FLAMESCALE_MIRROR names another mirror.

roots=${FLAMESCALE_ROOTS:-build/roots}

die() { echo "$(basename "$0"): $*" >&2; exit 1; }

need_roots() {
  [[ $(id -u) == 0 ]] || die "only root can make and enter a bare system: sudo $0"
  local program
  for program in debootstrap unshare wget; do
    command -v $program >/dev/null ||
      die "$program is missing: apt-get install debootstrap debian-archive-keyring util-linux wget"
  done
}

# Where this machine gets its own packages, then where everyone can; releases that are no longer served move.
find_mirror() { # suite
  local mirror
  {
    if [[ -n ${FLAMESCALE_MIRROR:-} ]]; then
      echo "$FLAMESCALE_MIRROR"
    else
      # shellcheck disable=SC2016  # the fields are apt's
      apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
        sed -n 's|^Debian \(https\{0,1\}://.*[^/]\)/*$|\1|p' || true
      echo http://deb.debian.org/debian
      echo http://archive.debian.org/debian
    fi
  } | awk '!seen[$0]++' | while read -r mirror; do
    if wget -q -T 20 -t 2 -O /dev/null "$mirror/dists/$1/InRelease"; then
      echo "$mirror"
      break
    fi
  done
}

run_debootstrap() { # suite folder option...
  local suite=$1 folder=$2 mirror script=/usr/share/debootstrap/scripts/$1
  shift 2
  mirror=$(find_mirror "$suite")
  [[ -n $mirror ]] || die "no mirror has Debian's $suite; FLAMESCALE_MIRROR names another"
  [[ -e $script ]] || script=/usr/share/debootstrap/scripts/sid # newer than this debootstrap
  mkdir -p "$(dirname "$folder")"
  rm -rf --one-file-system "$folder"
  # debootstrap itself waits and tries again for hours.
  timeout -k 60 900 debootstrap --variant=minbase "$@" "$suite" "$folder" "$mirror" "$script" >"$folder.log" 2>&1 ||
    die "debootstrap of $suite from $mirror failed, see $folder.log: $(tail -n 1 "$folder.log")"
}

make_root() { # suite folder
  local suite=$1 folder=$2
  need_roots
  if [[ ! -e $roots/$suite.tar ]]; then
    run_debootstrap "$suite" "$roots/$suite.part" --include=ca-certificates,git
    rm -rf "$roots/$suite.part"/var/cache/apt/archives/*.deb
    tar -C "$roots/$suite.part" -cf "$roots/$suite.tar.part" . || die "cannot keep the bare $suite"
    mv "$roots/$suite.tar.part" "$roots/$suite.tar"
    rm -rf --one-file-system "$roots/$suite.part"
  fi
  rm -rf --one-file-system "$folder"
  mkdir -p "$folder"
  tar -C "$folder" -xf "$roots/$suite.tar" || die "cannot unpack the bare $suite"
  cp -L /etc/resolv.conf "$folder/etc/resolv.conf" 2>/dev/null || true
  cp -L /etc/ssl/certs/ca-certificates.crt "$folder/etc/ssl/certs/ca-certificates.crt" 2>/dev/null || true
  [[ ! -e /etc/pip.conf ]] || cp /etc/pip.conf "$folder/etc/pip.conf"
  apt-config dump | grep -E '^Acquire::(https?|Check-|Retries)' >"$folder/etc/apt/apt.conf.d/90host" || true
  cp -a /etc/apt/auth.conf.d/. "$folder/etc/apt/auth.conf.d/" 2>/dev/null || true
  cache=$(realpath -m "$roots/cache/$suite")
  mkdir -p "$cache/apt/partial" "$cache/pip" "$folder/root/.cache/pip"
}

unpack_debs() { # suite architecture folder package...
  local suite=$1 architecture=$2 folder=$3 packages deb
  shift 3
  need_roots
  packages=$(IFS=,; echo "$*")
  if [[ $(cat "$folder.packages" 2>/dev/null) == "$packages" && -d $folder ]]; then return; fi
  run_debootstrap "$suite" "$folder.part" --download-only --arch="$architecture" --include="$packages"
  rm -rf --one-file-system "$folder"
  mkdir -p "$folder"
  for deb in "$folder.part"/var/cache/apt/archives/*.deb; do
    dpkg-deb -x "$deb" "$folder"
  done
  # Links that begin at the root begin at the folder.
  find "$folder" -type l -lname '/*' | while read -r link; do
    ln -sfn "$(realpath -ms --relative-to="$(dirname "$link")" "$folder$(readlink "$link")")" "$link"
  done
  (cd "$folder.part/var/cache/apt/archives" && echo ./*.deb | tr ' ' '\n' | sed 's/%3a/:/; s,^[.]/,,') >"$folder.debs"
  rm -rf --one-file-system "$folder.part"
  echo "$packages" >"$folder.packages"
}

in_root() { # folder command...
  local folder=$1 name settings=()
  shift
  for name in $(compgen -e | grep -E '^(PIP_(INDEX_URL|EXTRA_INDEX_URL|TRUSTED_HOST|DEFAULT_TIMEOUT)|UV_INDEX|UV_DEFAULT_INDEX|(https?|no)_proxy|(HTTPS?|NO)_PROXY)$' || true); do
    settings+=("$name=${!name}")
  done
  # shellcheck disable=SC2016  # expanded by the inner shell
  CACHE=${cache:-} unshare --mount --pid --fork --kill-child bash -c '
    set -eu
    folder=$1; shift
    mount --make-rprivate /
    mount --bind "$folder" "$folder" # so that it is a mount, and may have mount namespaces of its own
    mount -t proc proc "$folder/proc"
    mount -t sysfs -o ro sysfs "$folder/sys"
    mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$folder/dev/pts"
    mkdir -p "$folder/dev/shm"
    mount -t tmpfs -o mode=1777 tmpfs "$folder/dev/shm"
    if [ -n "$CACHE" ]; then
      mount --bind "$CACHE/apt" "$folder/var/cache/apt/archives"
      mount --bind "$CACHE/pip" "$folder/root/.cache/pip"
    fi
    exec chroot "$folder" env -i "$@"' in_root "$folder" \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TERM=dumb \
    DEBIAN_FRONTEND=noninteractive PIP_CERT=/etc/ssl/certs/ca-certificates.crt PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_ROOT_USER_ACTION=ignore "${settings[@]}" "$@"
}

in_root_as() { # user folder line
  local home=/root
  [[ $1 == root ]] || home=/home/$1
  in_root "$2" setpriv --reuid "$1" --regid "$1" --init-groups env HOME="$home" USER="$1" sh -c "cd $home && $3"
}

# What is committed or will be; COMMIT says which commit that is.
copy_source() { # folder
  rm -rf "$1"
  mkdir -p "$1"
  git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
    [[ ! -e $file ]] || printf '%s\0' "$file"
  done | tar --null -T - -cf - | tar -C "$1" -xf -
  git describe --always --abbrev=10 --dirty '--exclude=*' >"$1/COMMIT"
}
