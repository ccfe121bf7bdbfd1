# shellcheck shell=bash
# ./run test: what each suite needs, and how it is run. Sourced by ./run.

suites=(base mds kernels flame flame/stacks flame/graph flame/process flame/python flame/record flame/ladder cli python browser
  install support)

do_test() {
  if [ "${1:-}" = --list ]; then
    printf '%s\n' "suites:    ${suites[*]}" "by name:   asan tsan fuzz truth scikit all-pythons aarch64 fresh wheel"
    return
  fi
  if [ $# -eq 0 ]; then
    run_suites
    return
  fi
  if [ "$1" = fresh ] || [ "$1" = wheel ]; then
    "test_$1" "${@:2}"
    return
  fi
  local word plain=()
  for word in "$@"; do
    case $word in
      asan | tsan) test_sanitizer "$word" ;;
      fuzz) test_fuzz ;;
      truth) build_for_tests; $venv/bin/python tests/flame/python/truth/truth.py ;;
      scikit) test_scikit ;;
      all-pythons) test_all_pythons ;;
      aarch64) test_aarch64 ;;
      *)
        [[ " ${suites[*]} " == *" $word "* ]] || fail "there is no suite '$word'; ./run test --list names them"
        plain+=("$word")
        ;;
    esac
  done
  [ ${#plain[@]} -eq 0 ] || run_suites "${plain[@]}"
}

build_for_tests() { # [NEED...]
  need_packages "${needs_build[@]}" "${needs_python[@]}" "${needs_test[@]}" "$@"
  build_programs -DFLAMESCALE_TESTS=ON
  need_python "${python_test[@]}"
}

run_suites() {
  local labels=()
  build_for_tests
  need_mdscale_package
  [ $# -eq 0 ] || labels=(-L "^($(IFS='|'; echo "$*"))\$")
  ctest --test-dir build/release --output-on-failure -j "$(nproc)" "${labels[@]}" ||
    fail "some tests failed; one alone: ctest --test-dir build/release -R NAME --output-on-failure"
}

# The C suites under a sanitizer; pages and Python interpreters are not what it looks at.
test_sanitizer() {
  need_packages "${needs_build[@]}" python3=python3 libcmocka-dev=pc:cmocka
  build_preset "$1"
  local log_options=halt_on_error=1
  ASAN_OPTIONS=detect_leaks=1:$log_options TSAN_OPTIONS=$log_options UBSAN_OPTIONS=print_stacktrace=1 \
    ctest --test-dir "build/$1" --output-on-failure -j "$(nproc)" -L '^(base|support|mds|flame/stacks|flame/graph|cli)$' -LE '^pytest$' ||
    fail "the $1 build found something; the report is above"
}

# Every target, or those of FUZZ_TARGETS, as many at a time as there are processors: for FUZZ_SECONDS each, or 10 million
# inputs if they take less.
test_fuzz() {
  need_packages "${needs_build[@]}" "${needs_fuzz[@]}"
  build_preset fuzz
  local targets=() target broken
  read -ra targets <<<"${FUZZ_TARGETS:-$(cd fuzz/corpus && echo *)}"
  for target in "${targets[@]}"; do
    [ -x "build/fuzz/fuzz/fuzz_$target" ] || fail "there is no fuzz target '$target': $(cd fuzz/corpus && echo *)"
  done
  rm -f build/fuzz/*.broken
  say "fuzzing ${#targets[@]} targets for ${FUZZ_SECONDS:-60} s each, $(nproc) at a time"
  export -f fuzz_one
  printf '%s\n' "${targets[@]}" | xargs -P "$(nproc)" -I{} bash -c 'fuzz_one {}'
  broken=$(cd build/fuzz && echo *.broken)
  [ "$broken" = '*.broken' ] || fail "inputs that break are saved as build/fuzz/TARGET-* of ${broken//.broken/}"
}

fuzz_one() { # TARGET
  local log=build/fuzz/$1.log seconds=${FUZZ_SECONDS:-60} inputs rate
  mkdir -p "build/fuzz/corpus/$1"
  # It looks at the time only between inputs.
  ASAN_OPTIONS=malloc_context_size=4:quarantine_size_mb=16 \
    timeout -k 10 $((seconds * 2 + 120)) "build/fuzz/fuzz/fuzz_$1" -max_total_time="$seconds" -runs=10000000 \
    -rss_limit_mb=4096 -timeout=20 -entropic=0 -print_final_stats=1 -verbosity=0 -artifact_prefix="build/fuzz/$1-" \
    "build/fuzz/corpus/$1" "fuzz/corpus/$1" >"$log" 2>&1 || touch "build/fuzz/$1.broken"
  inputs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  rate=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")
  printf '%-14s %10s inputs, %6s a second%s\n' "$1" "${inputs:-?}" "${rate:-?}" \
    "$([ ! -e "build/fuzz/$1.broken" ] || echo ": BROKEN, see $log")"
}

# The Python package beside scikit-learn, pandas and matplotlib, in a virtual environment of its own: some 170 MB to
# fetch, which is why the whole test command leaves it out (there those tests are skipped, and say so).
test_scikit() {
  need_packages "${needs_build[@]}" "${needs_python[@]}"
  local venv=build/scikit
  need_python "${python_scikit[@]}"
  need_mdscale_package
  $venv/bin/python tests/support/contain.py $venv/bin/python -m pytest -q -rs tests/python ||
    fail "the Python package does not do what it should beside scikit-learn"
}

# 3.14 and 3.15 come from a Debian suite that moves, through a chroot that only root can make. With
# FLAMESCALE_CHROOT=optional (as CI has it) their absence is a skip that says why; a claim about an interpreter that
# is there counts in any case.
test_all_pythons() {
  local chroot=build/chroot log=build/chroot.why why needs=()
  [ "$(id -u)" -ne 0 ] || needs=("${needs_chroot[@]}")
  build_for_tests "${needs[@]}"
  if [ "${FLAMESCALE_CHROOT:-}" != optional ]; then
    make_chroot "$chroot"
  elif ! (make_chroot "$chroot") 2>"$log"; then
    why=$(sed -n 's/^make_chroot\.sh: //p' "$log" | tail -n 1)
    [ -n "$why" ] || why=$(sed -n 's/.*==> //p' "$log" | head -n 1)
    say "skipped: CPython 3.14 and 3.15, because ${why:-of what $log says}. To have them: ./run test all-pythons, as root, with a Debian mirror in reach"
    chroot=
  fi
  # Debian's sources of 3.14 and 3.15 move on faster than its mirrors keep them; those of a stable release stay.
  if [ "${FLAMESCALE_CHROOT:-}" != optional ]; then
    step "building a free-threaded interpreter" "Is a Debian mirror in reach? FLAMESCALE_MIRROR names another." \
      bash tests/flame/python/make_free_threaded.sh
  fi
  say "the layouts against each interpreter's headers"
  $venv/bin/python tests/flame/python/probe.py . "$chroot" || [ $? -eq 77 ] || fail "a layout differs from the headers"
  say "the truth table"
  $venv/bin/python tests/flame/python/truth/truth.py --thorough --chroot "$chroot" || fail "the truth table has a claim that did not hold"
  [ -z "$chroot" ] || test_record_in_chroot "$chroot"
}

# The tests of recording with the chroot's interpreters, which they start by a path as any other.
test_record_in_chroot() { # FOLDER
  local folder=build/chroot-pythons names=() path name any
  rm -rf $folder
  mkdir -p $folder
  for path in "$1"/usr/bin/python3.[0-9][0-9]; do
    [ -x "$path" ] || continue
    name=$(basename "$path")
    printf '#!/bin/sh\nexec bash "%s/tests/flame/python/in_chroot.sh" "%s/%s" %s "$@"\n' "$PWD" "$PWD" "$1" "$name" >"$folder/$name"
    chmod +x "$folder/$name"
    names+=("${name#python}")
  done
  [ ${#names[@]} -gt 0 ] || return 0
  say "the tests of recording on ${names[*]}"
  any=$(printf ' or %s' "${names[@]}")
  FLAMESCALE_PYTHONS=$(printf '%s:' "$PWD/$folder"/*) $venv/bin/python tests/support/contain.py \
    $venv/bin/python -m pytest -q tests/flame/record -k "${any# or }" ||
    fail "recording does not do what it should on ${names[*]}"
}

make_chroot() { # FOLDER
  [ "$(id -u)" -eq 0 ] || fail "only root can make and enter a chroot"
  step "making a chroot with newer interpreters" "Is a Debian mirror in reach? FLAMESCALE_MIRROR names another." \
    bash tests/flame/python/make_chroot.sh "$1"
}

# Cross-built, and run by an emulator; what an emulator cannot run is skipped and said.
test_aarch64() {
  need_packages "${needs_build[@]}" "${needs_python[@]}" "${needs_aarch64[@]}"
  need_python "${python_test[@]}"
  step "fetching libraries for AArch64 into build/aarch64-sysroot" "Is a Debian mirror in reach? FLAMESCALE_MIRROR names another." \
    bash cmake/make_sysroot.sh arm64 build/aarch64-sysroot "${sysroot_aarch64[@]}"
  CC='' build_preset aarch64
  ctest --test-dir build/aarch64 --output-on-failure -j "$(nproc)" ||
    fail "some tests failed on AArch64; one alone: ctest --test-dir build/aarch64 -R NAME --output-on-failure"
  grep -h '^skipped:' build/aarch64/Testing/Temporary/LastTest.log | sort -u
}

# What README promises, on systems that have nothing of ours: tests/fresh/fresh.sh says how.
test_fresh() { # [SUITE...] [WORD...]
  [ "$(id -u)" -ne 0 ] || need_packages "${needs_chroot[@]}" git=git
  bash tests/fresh/fresh.sh "$@" || [ $? -eq 77 ] || # 77: it has said why it was skipped
    fail "a fresh system does not do what README says; the logs are in build/fresh/log"
}
