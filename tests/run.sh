#!/usr/bin/env bash
# Builds everything and runs all tests. Arguments go to ctest: tests/run.sh -R Analyzer
set -euo pipefail
# shellcheck source=apps/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/../apps/setup.sh"

install_packages "${build_packages[@]}" "${test_packages[@]}"
fetch_data
fetch_test_tools
build release all -DMALMOI_TESTS=ON -DMALMOI_BENCHMARKS=ON
ctest --test-dir "$root/build/release" -j2 --output-on-failure "$@"
