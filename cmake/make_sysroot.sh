#!/usr/bin/env bash
# A folder with another architecture's headers and libraries, for cross-building: packages of this host's own
# release, fetched by apt with a configuration of its own and unpacked. No package is installed, no foreign
# architecture is added to the host, and no root is needed.
#
#   cmake/make_sysroot.sh ARCHITECTURE FOLDER PACKAGE...
#
# FLAMESCALE_SUITE and FLAMESCALE_MIRROR name another release and another mirror.
set -euo pipefail

die() { echo "make_sysroot.sh: $*" >&2; exit 1; }

[ $# -ge 3 ] || die "usage: make_sysroot.sh ARCHITECTURE FOLDER PACKAGE..."
architecture=$1 folder=$2
shift 2

# What was asked for is noted in the folder, so that another list makes it anew.
# shellcheck source=/dev/null
. /etc/os-release
release=${FLAMESCALE_SUITE:-${VERSION_CODENAME:-sid}}
wanted="$release $architecture $*"
if [ "$(cat "$folder/.packages" 2>/dev/null)" = "$wanted" ]; then
  echo "$folder has them already"
  exit 0
fi

case $ID in
  debian)
    # Where this machine gets its own packages; every Debian mirror has every architecture.
    # shellcheck disable=SC2016  # the fields are apt's
    mirror=$(apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
      sed -n 's|^Debian \(https\{0,1\}://.*[^/]\)/*$|\1|p' | head -n 1 || true)
    mirror=${mirror:-http://deb.debian.org/debian} components=main keyring=debian-archive-keyring.gpg
    ;;
  ubuntu) mirror=http://ports.ubuntu.com/ubuntu-ports components='main universe' keyring=ubuntu-archive-keyring.gpg ;;
  *) die "this needs Debian or Ubuntu, and this is ${PRETTY_NAME:-another system}" ;;
esac
mirror=${FLAMESCALE_MIRROR:-$mirror}
keyring=/usr/share/keyrings/$keyring
[ -e "$keyring" ] || die "$keyring is missing: apt-get install $(basename "${keyring%.gpg}")"

rm -rf "$folder.apt"
mkdir -p "$folder.apt"/{lists,archives}/partial
apt=$(cd "$folder.apt" && pwd)
trap 'rm -rf "$apt"' EXIT
: >"$apt/status" # nothing is installed, so that every dependency is fetched
echo "deb [arch=$architecture signed-by=$keyring] $mirror $release $components" >"$apt/sources.list"
# The host's settings (proxy, certificates) stay; its sources, its packages and what it does after each fetch do
# not. Quotes keep blanks in the path.
cat >"$apt/apt.conf" <<CONF
Dir::State "$apt";
Dir::State::status "$apt/status";
Dir::Cache "$apt";
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
#clear APT::Architectures;
APT::Architecture "$architecture";
APT::Architectures { "$architecture"; };
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Binary::apt-get::APT::Keep-Downloaded-Packages "true";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
CONF
apt_get() { DEBIAN_FRONTEND=noninteractive apt-get -q -c "$apt/apt.conf" "$@"; }
apt_get update
apt_get install -y --download-only "$@"

# Whole or not at all.
rm -rf "$folder.part"
mkdir -p "$folder.part"
for package in "$apt"/archives/*.deb; do
  dpkg-deb -x "$package" "$folder.part"
done
# From Debian 13 on the libraries are all below usr/; programs still name their loader by /lib.
[ -e "$folder.part/lib" ] || ln -s usr/lib "$folder.part/lib"
# Links to absolute paths mean the target's, not this host's.
find "$folder.part" -type l -lname '/*' -print0 | while IFS= read -r -d '' link; do
  target=$(readlink "$link")
  ln -sfnr "$folder.part$target" "$link"
done
echo "$wanted" >"$folder.part/.packages"
rm -rf "$folder"
mv "$folder.part" "$folder"
