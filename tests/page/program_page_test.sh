#!/usr/bin/env bash
# The pages that the program makes of the sample corpora, in the browser. usage: program_page_test.sh MALMOI NODE
set -euo pipefail
malmoi=$1
node=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Morphemes and stems: terms that do not stand in the texts as they are. Where the dictionary is missing, words.
"$malmoi" index "$work/reviews.malmoi" "$here/../data/nsmc_sample.tsv" --quiet >/dev/null 2>&1 ||
  "$malmoi" index "$work/reviews.malmoi" "$here/../data/nsmc_sample.tsv" --analyzer word --quiet >/dev/null
"$malmoi" index "$work/speeches.malmoi" "$here/../data/speeches.jsonl.gz" --label-field president --analyzer word --stem english --quiet >/dev/null
for corpus in reviews speeches; do
  "$malmoi" lda "$work/$corpus.malmoi" --topics 6 --iterations 50 --min-df 3 --quiet >/dev/null
  "$malmoi" report "$work/$corpus.malmoi" -o "$work/$corpus.html" --documents 100000 --quiet >/dev/null
  "$malmoi" terms "$work/$corpus.malmoi" --limit 100000 --format tsv --quiet >"$work/$corpus.tsv"
  "$node" "$here/page_test.mjs" "$work/$corpus.html" --kind lda --terms "$work/$corpus.tsv"
done
