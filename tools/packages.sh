# The packages Ringfence needs, in one place; sourced by demo.sh and test.sh.
# Debian 12 and Ubuntu 24.04 use the same names, but for those given as debian|ubuntu.

build_packages=(g++ cmake ninja-build pkg-config python3 libzydis-dev libssl-dev libfmt-dev libcli11-dev nlohmann-json3-dev
  "libtomlplusplus-dev" libpugixml-dev libsqlite3-dev libz3-dev llvm-19-dev
  zlib1g-dev)
# Test drivers are built by clang and lld; graphviz draws.
driver_packages=(clang-19 clang-tools-19 lld-19 llvm-19)
test_packages=(libgtest-dev libgmock-dev libbenchmark-dev libclang-rt-19-dev clang-format-19 python3-jsonschema graphviz git
  libunicorn-dev python3-unicorn python3-samba osslsigncode)

# Installs what is missing of the packages given, with apt; says what it does. Needs root or sudo only when something is missing.
ensure_packages() {
  local missing=() package
  for package in "$@"; do
    if grep -qi ubuntu /etc/os-release 2>/dev/null; then package="${package#*|}"; else package="${package%|*}"; fi
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
  done
  if [ ${#missing[@]} -eq 0 ]; then return 0; fi
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "missing packages: ${missing[*]}" >&2
      echo "run as root, install sudo, or install them yourself, then start again" >&2
      return 1
    fi
    as_root=(sudo)
  fi
  echo "== installing with apt: ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}
