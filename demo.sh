#!/usr/bin/env bash
# Audits drivers: installs what is missing, builds Ringfence, runs it, writes report.json.
#
#   ./demo.sh                  audits sample drivers that it builds itself
#   ./demo.sh PATH...          audits these drivers (files or directories)
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
source "$here/tools/packages.sh"

packages=("${build_packages[@]}")
if [ $# -eq 0 ]; then packages+=("${driver_packages[@]}"); fi
ensure_packages "${packages[@]}"

mkdir -p "$here/build"
log="$here/build/demo.log"
# One with a defect of its image, one with a defect of its control codes, and the latter's good twin.
samples=(tests/drivers/x64/wx-section.sys tests/drivers/x64/demo-msr-any.sys tests/drivers/x64/demo-msr-any-good.sys)

# The build directory is the one test.sh uses; what it was configured with stays.
build() {
  cd "$here" &&
    { [ -f build/release/build.ninja ] || cmake --preset release -DRINGFENCE_TESTS=OFF; } &&
    { [ "$with_samples" = no ] || cmake -DRINGFENCE_DRIVERS=ON build/release; } &&
    cmake --build build/release --target "$@"
}
with_samples=no
targets=(ringfence)
if [ $# -eq 0 ]; then
  with_samples=yes
  targets+=("${samples[@]}")
  prefix="$here/"
  if [ "$PWD" = "$here" ]; then prefix=""; fi
  set -- "${samples[@]/#/${prefix}build/release/}"
fi
echo "== building build/release/ringfence (log: build/demo.log)"
(build "${targets[@]}") >"$log" 2>&1 || { cat "$log" >&2; echo "the build failed" >&2; exit 1; }

echo "== auditing $*"
status=0
"$here/build/release/ringfence" check "$@" --json report.json || status=$?
echo "== the full report is in $PWD/report.json (exit code $status: 0 passed, 1 findings, 3 something was not read or not decided)"
