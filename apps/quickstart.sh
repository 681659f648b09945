#!/usr/bin/env bash
# From a fresh clone to results: installs what is missing, builds malmoi and runs its verbs on the sample data.
set -euo pipefail
# shellcheck source=apps/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

install_packages "${build_packages[@]}"
fetch_data
options=()
if [[ ! -f $root/build/release/CMakeCache.txt ]]; then options=(-DMALMOI_TESTS=OFF -DMALMOI_BENCHMARKS=OFF); fi
build release malmoi "${options[@]}"

cd "$root"
export PATH=$root/build/release/bin:$PATH
data=tests/data
out=build/quickstart
rm -rf "$out"
mkdir -p "$out"

# Prints the command, then its output.
show() {
  printf '\n$ %s\n' "$(quoted "$@")"
  "$@"
}

# The command as one would type it: only words with blanks or special characters are quoted.
quoted() {
  local word line=
  for word in "$@"; do
    if [[ $word =~ [[:space:]\"\'\*\<\>\;\&\|\$\(\)#] ]]; then word="'${word//\'/\'\\\'\'}'"; fi
    line+="$word "
  done
  printf '%s' "${line% }"
}

if [[ -f $dictionary/sys.dic ]]; then analyzer=morph; else analyzer=word; fi

printf '\n---- Korean film reviews -------------------------------------------------------------\n'
show malmoi index "$out/reviews.malmoi" "$data/nsmc_sample.tsv" --analyzer "$analyzer"
show malmoi info "$out/reviews.malmoi"
show malmoi tokens "$out/reviews.malmoi" --text '영화가 기대보다 재밌었다 ㅋㅋㅋㅋ 배우들 연기는 10점!' --explain
show malmoi terms "$out/reviews.malmoi" --limit 10
show malmoi terms "$out/reviews.malmoi" --keyness 1 --limit 10
show malmoi terms "$out/reviews.malmoi" --collocations --limit 10
show malmoi search "$out/reviews.malmoi" '배우 연기' --limit 5
show malmoi search "$out/reviews.malmoi" '영화' --where label=0 --limit 3
show malmoi kwic "$out/reviews.malmoi" '감동' --limit 8
show malmoi similar "$out/reviews.malmoi" --text '음악이 좋고 여운이 남는 영화' --limit 5
show malmoi matrix "$out/reviews.malmoi" -o "$out/reviews.mtx" --weighting tfidf --min-df 2

show malmoi lda "$out/reviews.malmoi" --topics 8 --min-df 3
show malmoi topics "$out/reviews.malmoi" --name '0=재미와 웃음' --coherence npmi
printf '%s\n' '배우 연기가 정말 좋았다' > "$out/new.txt"
show malmoi infer "$out/reviews.malmoi" "$out/new.txt"
show malmoi choose-topics "$out/reviews.malmoi" --try 4,8,16 --min-df 3 --iterations 100
show malmoi report "$out/reviews.malmoi" -o "$out/reviews.html" --language ko

show malmoi train "$out/reviews.malmoi"
show malmoi evaluate "$out/reviews.malmoi" -o "$out/classifier.html"
show malmoi predict "$out/reviews.malmoi" "$out/new.txt" --explain 3
show malmoi embed "$out/reviews.malmoi" --subwords --min-count 3
show malmoi nearest "$out/reviews.malmoi" 배우 --top 5

printf '\n---- Inaugural addresses -------------------------------------------------------------\n'
show malmoi index "$out/speeches.malmoi" "$data/speeches.jsonl.gz" --label-field president --analyzer word --stem english
show malmoi terms "$out/speeches.malmoi" --limit 10
show malmoi search "$out/speeches.malmoi" '"foreign nations"' --where 'date<1850' --limit 3
show malmoi kwic "$out/speeches.malmoi" freedom --limit 6
show malmoi similar "$out/speeches.malmoi" --doc 59 --limit 5

show malmoi lda "$out/speeches.malmoi" --topics 10 --min-df 3
show malmoi report "$out/speeches.malmoi" -o "$out/speeches.html" --by date:year

printf '\n---- Korean and English in one text --------------------------------------------------\n'
show malmoi index "$out/mixed.malmoi" "$data/mixed" --analyzer "$analyzer"
show malmoi tokens "$out/mixed.malmoi" --text 'AI가 쓴 K팝을 3월에 들었다 https://example.com #가야금 👩‍👧' --explain
show malmoi search "$out/mixed.malmoi" 'battery 충전'
show malmoi similar "$out/mixed.malmoi" --all-pairs --limit 1

printf '\nThe reports: %s, %s and %s\n' "$root/$out"/{reviews,classifier,speeches}.html
cat <<'END'

---- Your own files ------------------------------------------------------------------
The program is build/release/bin/malmoi; `cmake --install build/release` installs it. Try:

  malmoi index mine.malmoi FOLDER-OR-FILES...     text, CSV, TSV, JSON Lines, CoNLL-U, .gz of each
  malmoi info mine.malmoi                         what is in it, and what was dropped by which rule
  malmoi search mine.malmoi 'any words'
  malmoi terms mine.malmoi --format tsv > terms.tsv
  malmoi lda mine.malmoi --topics 20 && malmoi report mine.malmoi -o mine.html
  malmoi VERB --help                              every option, with examples
END
