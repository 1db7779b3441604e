#!/usr/bin/env bash
# Installs what is missing, builds everything, runs every test: the unit tests under clang's sanitizers,
# then all tests of the optimised build. A second run builds only what changed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
source tools/packages.sh
ensure_packages "${build_packages[@]}" "${driver_packages[@]}" "${test_packages[@]}"

echo "== unit tests with clang, AddressSanitizer and UndefinedBehaviorSanitizer"
cmake --preset asan
cmake --build build/asan --target unit_tests
ctest --preset asan -j2

echo "== every test with g++, optimised"
cmake --preset release -DRINGFENCE_TESTS=ON
cmake --build build/release
ctest --preset release -j2
