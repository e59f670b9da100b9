# SPDX-License-Identifier: GPL-3.0-or-later
# Debian 12 packages and the reasons for them; sourced by run and test.
# One a line: package, then what it is for.
build_packages='
g++: the compiler
cmake: the build
ninja-build: the build
ccache: a second build takes seconds
mold: quick linking
pkg-config: finds the libraries
libboost1.81-dev: Boost.JSON, the JSON push parser
libyaml-dev: YAML
libarchive-dev: archives and compressed files
libzstd-dev: originals are kept compressed
libsqlite3-dev: the store
libssl-dev: SHA-256
libxxhash-dev: checksums of what is stored
libcli11-dev: the command line
qt6-base-dev: the window
qt6-svg-dev|libqt6svg6-dev: icons and SVG export
qt6-charts-dev|libqt6charts6-dev: axes and frames of charts
libqt6opengl6-dev: Qt Charts asks for it and does not bring it
qt6-tools-dev: translations
qt6-tools-dev-tools: translations
qt6-l10n-tools: translations
libgl-dev: Qt asks for it
libxkbcommon-dev: Qt asks for it
libvulkan-dev: Qt asks for it
breeze-icon-theme: icons
fonts-noto-core: the window text
fonts-dejavu-core: numbers and source text
libqt6svg6: shows the icons
clang-14: compiles the kernel programs of the live view
bpftool: links the kernel programs and makes their C++ header
libbpf-dev: loads and attaches the kernel programs
libseccomp-dev: locks the processes in that read payload and files
libcap-dev: gives up and checks capabilities
libsystemd-dev: asks polkit over the system bus (sd-bus)
'
test_packages='
librapidcheck-dev: property tests
libqt6test6: tests
git: reads the tree
binutils: tells what the programs link
python3: compares with reference results
libgcc-12-dev: the sanitizers
systemd: looks at the units of the helper
polkitd: answers on a private bus whether another user may be watched
dbus-daemon: that bus
desktop-file-utils: looks at the desktop entry
appstream: looks at the metainfo
shared-mime-info: makes the type of recordings from its description
man-db: looks at the manual
python3-uvicorn: a server on an event loop, to observe
python3-uvloop: the same on libuv, which writes by other calls
python3-httptools: the parser that goes with it
nodejs: a server on Node, to observe
golang-go: a server on Go, to observe
liburing-dev: a server on io_uring, to observe
podman: a server in a container, to observe
crun: runs that container
'

package_check_packages='
binutils: tells what the programs link
python3: reads the XML files
systemd: looks at the units, makes the user
desktop-file-utils: looks at the desktop entry
appstream: looks at the metainfo
man-db: looks at the manual
'
# Prints those of the given lines whose package is not installed; of "a|b" the first that exists counts.
missing_packages() {
  printf '%s\n' "$1" | while IFS=: read -r names why; do
    [ -n "$names" ] || continue
    found=
    for name in $(printf '%s' "$names" | tr '|' ' '); do
      if dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'install ok installed'; then found=1; fi
    done
    [ -n "$found" ] || printf '%s:%s\n' "$names" "$why"
  done
}

install_missing() {
  lines=$(missing_packages "$1")
  [ -n "$lines" ] || return 0
  echo "Prism needs these Debian packages; they are installed now:"
  printf '%s\n' "$lines" | sed 's/^/  /'
  as_root=
  if [ "$(id -u)" -ne 0 ]; then
    as_root=sudo
    command -v sudo >/dev/null || { echo "Install them as root, or install sudo." >&2; return 1; }
  fi
  $as_root apt-get update -q
  wanted=
  for names in $(printf '%s\n' "$lines" | cut -d: -f1); do
    for name in $(printf '%s' "$names" | tr '|' ' '); do
      if apt-cache show "$name" >/dev/null 2>&1; then wanted="$wanted $name"; break; fi
    done
  done
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -q --no-install-recommends $wanted
}

# configure PRESET [CMAKE ARGUMENTS]
configure() {
  preset=$1
  shift
  # Another clone of the same commit finds its objects in the cache.
  export CCACHE_BASEDIR="$PWD" CCACHE_NOHASHDIR=1
  cmake --preset "$preset" "$@" >"build-$preset.log" 2>&1 || { cat "build-$preset.log"; return 1; }
  rm -f "build-$preset.log"
}

# configure_and_build PRESET [CMAKE ARGUMENTS]
configure_and_build() {
  configure "$@"
  cmake --build --preset "$1"
}
