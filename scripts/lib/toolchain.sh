# shellcheck shell=bash
# What a script needs before it can build howdah: a Rust toolchain and a linker.
#
# Sourced by the other scripts, never run. For each need NAME there are two functions: have_NAME, which
# is true when it is here, and install_NAME, which gets it and says from where before it does. Nothing
# here installs anything unless install_NAME or install_packages is called.
#
# Packages come by apt-get, as root or through sudo, and none is removed to make room. Rust comes by
# rustup if that is here, else by the system's package of rustup, else by rustup's official installer,
# else as the system's package of cargo if that is new enough.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# The oldest Rust that howdah promises to build with, from the one place that says it.
oldest_rust=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' "$repository/Cargo.toml")
oldest_toolchain=$oldest_rust.0
# The Rust whose lints and messages the tests expect; whoever only builds may have another.
tested_toolchain=$(sed -n 's/^tested-toolchain = "\(.*\)"$/\1/p' "$repository/Cargo.toml")

# A toolchain that rustup installed a moment ago is not on the PATH of this shell yet.
cargo_home=${CARGO_HOME:-$HOME/.cargo}
PATH=$PATH:$cargo_home/bin

# Asking whether a toolchain is here must not make rustup get it.
export RUSTUP_AUTO_INSTALL=0

say() { printf '%s\n' "$*" >&2; }

die() {
  say "error: $1"
  if [ $# -gt 1 ]; then say "hint: $2"; fi
  exit 1
}

# --- packages --------------------------------------------------------------------------------------

has_command() { command -v "$1" >/dev/null 2>&1; }

as_root() {
  if [ "$EUID" -eq 0 ]; then
    "$@"
  elif has_command sudo; then
    sudo "$@"
  else
    say "error: \`$*\` needs root, and there is no sudo here"
    return 1
  fi
}

install_packages() {
  if ! has_command apt-get; then
    say "error: this system has no apt-get; install by hand: $*"
    return 1
  fi
  say "installing by apt-get: $*"
  refresh_package_lists &&
    as_root env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y -qq --no-install-recommends --no-remove "$@" >/dev/null
}

package_lists_are_fresh=
refresh_package_lists() {
  if [ -n "$package_lists_are_fresh" ]; then return; fi
  as_root apt-get update -qq >/dev/null && package_lists_are_fresh=yes
}

# The version that apt would install, or nothing.
packaged_version() {
  has_command apt-cache || return 0
  apt-cache policy "$1" | sed -n 's/^ *Candidate: *//p' | grep -v '^(none)$' || true
}

is_at_least() { # VERSION LEAST
  [ -n "$1" ] && [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]
}

# --- needs -----------------------------------------------------------------------------------------

have_cargo() {
  has_command cargo && is_at_least "$(cargo --version 2>/dev/null | cut -d' ' -f2)" "$oldest_rust"
}

install_cargo() {
  say "no Rust toolchain of $oldest_rust or newer here, so one is installed now"
  install_by_rustup || install_rustup_package || install_by_rustup_installer || install_packaged_cargo
}

install_by_rustup() {
  has_command rustup || return 1
  say "asking rustup for the toolchain stable"
  rustup toolchain install stable --profile minimal --no-self-update >&2 && rustup default stable >&2
}

install_rustup_package() {
  [ -n "$(packaged_version rustup)" ] || return 1
  install_packages rustup && install_by_rustup
}

install_by_rustup_installer() {
  local installer
  has_command curl || install_packages curl ca-certificates || return 1
  say "downloading rustup's official installer, https://sh.rustup.rs, to install into $cargo_home"
  installer=$(mktemp) || return 1
  if curl --proto '=https' --tlsv1.2 -sSf -o "$installer" https://sh.rustup.rs &&
    RUSTUP_INIT_SKIP_PATH_CHECK=yes sh "$installer" -y -q --profile minimal --no-modify-path >&2; then
    rm -f "$installer"
    # Before the system's own cargo, which is missing or too old.
    PATH=$cargo_home/bin:$PATH
    say "installed; put $cargo_home/bin on your PATH to use it outside of this script"
  else
    rm -f "$installer"
    say "rustup's installer could not be had"
    return 1
  fi
}

install_packaged_cargo() {
  local package version
  refresh_package_lists || return 1
  for package in cargo cargo-web; do
    version=$(packaged_version "$package")
    if is_at_least "$version" "$oldest_rust"; then
      install_packages "$package"
      return
    fi
  done
  say "error: no cargo $oldest_rust or newer to be had; install one from https://rustup.rs"
  return 1
}

# A linker is the whole chain that Rust calls, and that builds zstd: compiler, headers, libraries.
have_linker() {
  local folder outcome=1
  has_command cc || return 1
  folder=$(mktemp -d) || return 1
  if printf '#include <stdlib.h>\nint main(void) { return EXIT_SUCCESS; }\n' |
    cc -x c - -o "$folder/program" >/dev/null 2>&1; then
    outcome=0
  fi
  rm -rf "$folder"
  return "$outcome"
}
install_linker() { install_packages gcc libc6-dev; }

# What a static program needs beside these: glibc's archive; or Rust's target with musl, and a C compiler that knows it.
have_static_glibc() {
  local folder outcome=1
  folder=$(mktemp -d) || return 1
  # On a system that is made of musl, cc links with musl's archive.
  if printf '#include <features.h>\n#ifndef __GLIBC__\n#error no glibc\n#endif\nint main(void) { return 0; }\n' |
    cc -static-pie -x c - -o "$folder/program" >/dev/null 2>&1; then
    outcome=0
  fi
  rm -rf "$folder"
  return "$outcome"
}
install_static_glibc() { install_packages gcc libc6-dev; }

# This machine's target with another C library.
static_target() { # gnu|musl
  local host
  host=$(rustc -vV | sed -n 's/^host: //p')
  echo "${host%-*}-$1"
}
have_musl_target() {
  [ -d "$(rustc --print target-libdir --target "$(static_target musl)" 2>/dev/null)" ]
}
install_musl_target() {
  needs_rustup "the target $(static_target musl)" && rustup target add "$(static_target musl)" >&2
}
# A system that is made of musl has no compiler of that name, and needs none.
have_musl_gcc() { has_command musl-gcc || [[ $(cc -dumpmachine 2>/dev/null) == *-musl ]]; }
install_musl_gcc() { install_packages musl-tools; }

have_valgrind() { has_command valgrind; }
install_valgrind() { install_packages valgrind; }

have_readelf() { has_command readelf; }
install_readelf() { install_packages binutils; }

have_tested_toolchain() {
  cargo "+$tested_toolchain" fmt --version >/dev/null 2>&1 &&
    cargo "+$tested_toolchain" clippy --version >/dev/null 2>&1
}
install_tested_toolchain() {
  needs_rustup "Rust $tested_toolchain" &&
    rustup toolchain install "$tested_toolchain" --profile minimal -c rustfmt -c clippy \
      --no-self-update >&2
}

have_oldest_toolchain() { cargo "+$oldest_toolchain" --version >/dev/null 2>&1; }
install_oldest_toolchain() {
  needs_rustup "Rust $oldest_toolchain" &&
    rustup toolchain install "$oldest_toolchain" --profile minimal --no-self-update >&2
}

have_python3() { has_command python3; }
install_python3() { install_packages python3; }

# What tests compare with, in an environment of its own within the build folder.
test_python=$repository/target/python/bin/python
install_by_pip() { # PACKAGE...
  local folder=$repository/target/python
  ensure python3 || return 1
  if [ ! -x "$test_python" ] && ! python3 -m venv "$folder" >/dev/null 2>&1; then
    install_packages python3-venv && python3 -m venv "$folder" >&2 || return 1
  fi
  say "installing by pip into target/python: $*"
  "$test_python" -m pip install --quiet --disable-pip-version-check "$@" >&2
}

# An independent implementation of PageRank.
have_networkx() { "$test_python" -c 'import networkx, scipy' >/dev/null 2>&1; }
install_networkx() { install_by_pip networkx scipy; }

have_mrjob() { "$test_python" -c 'import mrjob.job' >/dev/null 2>&1; }
install_mrjob() { install_by_pip mrjob==0.7.4; }

have_java() { has_command java && has_command javac && has_command mvn; }
install_java() { install_packages openjdk-17-jdk-headless maven; }

# Tools of cargo's go into the repository's own folder, so that nothing of the user's is replaced.
cargo_tools=$repository/target/tools
PATH=$PATH:$cargo_tools/bin
have_cargo_fuzz() { has_command cargo-fuzz; }
install_cargo_fuzz() {
  say "installing cargo-fuzz into $cargo_tools"
  cargo install --quiet --locked cargo-fuzz --root "$cargo_tools" >&2
}
# Always the same version: what deny.toml may say, and means, changes with it.
cargo_deny_version=0.20.2
cargo_deny=$cargo_tools/bin/cargo-deny
have_cargo_deny() { [ "$("$cargo_deny" --version 2>/dev/null)" = "cargo-deny $cargo_deny_version" ]; }
install_cargo_deny() {
  say "installing cargo-deny $cargo_deny_version into $cargo_tools, which takes some minutes"
  cargo install --quiet --locked "cargo-deny@$cargo_deny_version" --root "$cargo_tools" >&2
}
# libFuzzer is in C++.
have_cxx() { has_command c++; }
install_cxx() { install_packages g++; }

have_git() { has_command git; }
install_git() { install_packages git ca-certificates; }

needs_rustup() {
  has_command rustup && return
  say "error: $1 comes by rustup, and this cargo was not installed by rustup: see https://rustup.rs"
  return 1
}

# Installs what is missing of the needs named, and fails at the first that still is.
ensure() { # NEED...
  local need
  for need in "$@"; do
    if "have_$need"; then continue; fi
    say "missing: $(name_of "$need")"
    "install_$need" && "have_$need" || return 1
  done
}

# Whether all needs named are here or, where `install` is yes, could be had. `missing` is set to what is not here.
provide() { # NEED...
  local need
  missing=()
  for need in "$@"; do
    if "have_$need"; then continue; fi
    if [ "$install" = yes ] && ensure "$need"; then continue; fi
    missing+=("$(name_of "$need")")
  done
  [ ${#missing[@]} -eq 0 ]
}

name_of() {
  case $1 in
    cargo) echo "cargo $oldest_rust or newer" ;;
    linker) echo "a C compiler that links (gcc and libc6-dev)" ;;
    oldest_toolchain) echo "the Rust toolchain $oldest_toolchain" ;;
    static_glibc) echo "glibc's archive libc.a" ;;
    musl_target) echo "Rust's target $(static_target musl)" ;;
    musl_gcc) echo "a C compiler for musl (musl-gcc)" ;;
    docker) echo "a Docker engine that answers or can be started as root, and its compose" ;;
    readelf) echo "readelf (binutils)" ;;
    tested_toolchain) echo "the Rust toolchain $tested_toolchain with rustfmt and clippy" ;;
    networkx) echo "Python's networkx and scipy, in target/python" ;;
    mrjob) echo "Python's mrjob, in target/python" ;;
    java) echo "a JDK and Maven (java, javac, mvn)" ;;
    cargo_fuzz) echo "cargo-fuzz" ;;
    cargo_deny) echo "cargo-deny $cargo_deny_version, in target/tools" ;;
    cxx) echo "a C++ compiler" ;;
    *) echo "$1" ;;
  esac
}
