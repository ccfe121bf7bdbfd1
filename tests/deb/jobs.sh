#!/usr/bin/env bash
# The Debian packages in a bare system: installed, used, purged, and nothing left.
#
#   jobs.sh DEBS SOURCE VERSION
set -euo pipefail
debs=$1 source=$2 version=$3
packages=(flamescale libmdscale0 libmdscale-dev python3-mdscale)
fail() { echo "jobs.sh: $*" >&2; exit 1; }

# What a package could leave: every file but those of apt and dpkg themselves, and what is not on a disk.
files() {
  find / -xdev \( -path /proc -o -path /dev -o -path /sys -o -path /tmp -o -path /var/cache -o -path /var/lib/apt \
    -o -path /var/lib/dpkg -o -path /var/log -o -path /etc/ld.so.cache \) -prune -o -print | sort
}

apt-get update -q
apt-get install -y -q gcc g++ libc6-dev pkg-config python3-numpy libcjson1 libdw1 libelf1 libncursesw6 libpcre2-8-0 bsdutils
files >/tmp/before
apt-get install -y -q "$debs"/*.deb
for package in "${packages[@]}"; do
  [ "$(dpkg-query -W -f '${Version}' "$package")" = "$version" ] || fail "$package is not installed"
done
dpkg --verify "${packages[@]}"

for program in flame mdscale pyflame flamegraph; do
  [ "$($program --version | head -n 1)" = "$program $version" ] || fail "$program --version"
  [ -e "/usr/share/man/man1/$program.1.gz" ] || grep -qs path-exclude=/usr/share/man /etc/dpkg/dpkg.cfg.d/* || fail "no man page of $program"
done
cd /tmp
printf 'import time\n\ndef slow():\n    end = time.monotonic() + 2\n    while time.monotonic() < end:\n        pass\n\nslow()\n' >slow.py
flame record -o slow.folded -- python3 slow.py
grep -q slow slow.folded || fail "slow() is not in the profile"
flame graph slow.folded -o slow.svg
mdscale fit "$source/data/eurodist.csv" -o map.csv --quiet
[ "$(wc -l <map.csv)" = 22 ] || fail "map.csv"
python3 -c "import mdscale; assert mdscale.__version__ == '$version'
print(mdscale.pattern_search([[0, 3, 4], [3, 0, 5], [4, 5, 0]], dims=2))"
# shellcheck disable=SC2046
cc -std=c11 "$source/stranger.c" -o stranger $(pkg-config --cflags --libs mdscale) -lm
[[ $(ldd stranger) == *libmdscale.so.0* ]] || fail "not linked to the shared library"
./stranger
[ "$(pkg-config --modversion mdscale)" = "$version" ] || fail "pkg-config tells $(pkg-config --modversion mdscale)"

apt-get purge -y -q "${packages[@]}"
files >/tmp/after
diff /tmp/before /tmp/after || fail "purging leaves or takes what is listed above"
! dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "${packages[@]}" 2>/dev/null | grep -v '^un' || fail "dpkg still knows them"
echo "installed, used, purged: ${packages[*]} $version"
