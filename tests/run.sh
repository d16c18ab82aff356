#!/usr/bin/env bash
# Installs, builds and runs the tests, and ends with "N passed, N failed".
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

usage() {
  cat <<EOF
Usage: tests/run.sh [--asan | --tsan | --fuzz | --lint] [--slow]

Without an option: the release build, with unit, integration and conformance tests against the real peers.

  --asan   unit and integration tests under AddressSanitizer and UndefinedBehaviorSanitizer (clang)
  --tsan   the same under ThreadSanitizer (clang)
  --fuzz   every fuzz target for FUZZ_SECONDS (default 10) seconds
  --lint   clang-format and clang-tidy over every source file
  --slow   long tests as well; with --lint the path-sensitive checks too
EOF
}

preset=release
slow=no
while [ $# -gt 0 ]; do
  case $1 in
    --asan | --tsan | --fuzz | --lint) preset=${1#--} ;;
    --slow) slow=yes ;;
    -h | --help) usage; exit 0 ;;
    *) echo "tests/run.sh: unknown option $1 (see --help)" >&2; exit 2 ;;
  esac
  shift
done

passed=0
failed=0
finish() {
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
  exit
}
# A step that cannot be counted otherwise: one test, by its exit code.
step() {
  local name=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
  else
    echo "FAILED: $name" >&2
    failed=$((failed + 1))
    return 1
  fi
}

step "install packages" deploy/install-packages.sh deploy/packages.txt tests/packages.txt || finish

# ccache serves other clones of the same source too.
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
build_preset=$preset
case $preset in lint | fuzz) build_preset=asan ;; esac
configure() { cmake --preset "$build_preset" -DTIDEMARK_TESTS=ON -DTIDEMARK_WERROR=ON >/tmp/tidemark-configure.$$ || { cat /tmp/tidemark-configure.$$; return 1; }; }
step "configure" configure || finish
rm -f /tmp/tidemark-configure.$$

if [ "$preset" = lint ]; then
  mapfile -t sources < <(git ls-files '*.cpp' '*.h')
  step "clang-format" clang-format --dry-run --Werror "${sources[@]}"
  # The path-sensitive checks take longer than all others together.
  checks=()
  [ "$slow" = yes ] || checks=('--checks=-clang-analyzer-*')
  # Generated headers must be there.
  step "build for clang-tidy" cmake --build --preset "$build_preset" --target tidemark_web tidemark_write_request || finish
  tidy_all() { git ls-files 'common/*.cpp' 'exporter/*.cpp' 'analyzer/*.cpp' | xargs -P "$(nproc)" -n 4 clang-tidy -p "build/$build_preset" --quiet "${checks[@]}" 2>/dev/null; }
  step "clang-tidy" tidy_all
  finish
fi

targets=(all)
[ "$preset" != fuzz ] || targets=(fuzz-targets)
step "build" cmake --build --preset "$build_preset" --target "${targets[@]}" || finish

if [ "$preset" = fuzz ]; then
  fuzz_results=$(mktemp -d)
  export fuzz_results
  # One target, with its output and exit code in files: several run at a time.
  fuzz_one() {
    local name=${1##*/}
    local found=$fuzz_results/$name
    mkdir -p "$found/new"
    "$1" -max_total_time="${FUZZ_SECONDS:-10}" -max_len=16384 -timeout=5 -rss_limit_mb=2048 -print_final_stats=0 -verbosity=0 \
      -artifact_prefix="$found/" "$found/new" "tests/fuzz/corpus/${name#fuzz-}" >"$found.log" 2>&1
    echo $? >"$found.rc"
  }
  export -f fuzz_one
  printf '%s\0' build/asan/bin/fuzz-* | xargs -0 -P "$(nproc)" -I{} bash -c 'fuzz_one {}'
  for target in build/asan/bin/fuzz-*; do
    name=${target##*/}
    step "$name" test "$(cat "$fuzz_results/$name.rc")" = 0 && continue
    cat "$fuzz_results/$name.log"
    # The log is all that remains of a run on another machine.
    for input in "$fuzz_results/$name/"*-*; do
      [ -f "$input" ] && echo "${input##*/}, to be had again by base64 -d | gunzip: $(gzip -9c "$input" | base64 -w 0)"
    done
  done
  rm -rf "$fuzz_results"
  finish
fi

# Sanitizers end a program with this code at the first report.
export ASAN_OPTIONS=detect_leaks=1:exitcode=99 UBSAN_OPTIONS=print_stacktrace=1 TSAN_OPTIONS=exitcode=99:suppressions=$root/tests/tsan.supp
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

ctest --test-dir "build/$preset" -L unit -j "$(nproc)" --output-on-failure --output-junit "$results/unit.xml" || true

export TIDEMARK_BIN=$root/build/$preset/bin TIDEMARK_PRESET=$preset
pytest_run() { /usr/bin/python3 -m pytest -q -p no:cacheprovider --junitxml="$results/$1.xml" "${@:2}" || true; }
folders=(tests/integration)
[ "$preset" != release ] || folders+=(tests/conformance)
marks="not serial"
serial_marks="serial"
if [ "$slow" = no ]; then
  marks="$marks and not slow"
  serial_marks="$serial_marks and not slow"
fi
# They wait more than they compute.
pytest_run parallel "${folders[@]}" -n "$((2 * $(nproc)))" -m "$marks"
# What needs the machine to itself.
pytest_run serial "${folders[@]}" -m "$serial_marks"

# Counts from the reports; a report that is missing is a failure, not silence.
count=$(/usr/bin/python3 - "$results" <<'EOF'
import pathlib, sys
import xml.etree.ElementTree as xml
passed = failed = 0
for name in ("unit", "parallel", "serial"):
    path = pathlib.Path(sys.argv[1], name + ".xml")
    if not path.exists():
        failed += 1
        continue
    for case in xml.parse(path).getroot().iter("testcase"):
        bad = case.find("failure") is not None or case.find("error") is not None or case.get("status") == "fail"
        skipped = case.find("skipped") is not None
        failed += bad
        passed += not bad and not skipped
print(passed, failed)
EOF
) || count="0 1"
passed=$((passed + ${count% *}))
failed=$((failed + ${count#* }))
finish
