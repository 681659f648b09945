#!/usr/bin/env python3
"""vectors_bench beside gensim and fastText, on the same tokens, in one run.

usage: vectors_peers.py VECTORS_BENCH DATA FOLDER [speed] [quality[:FORM,FORM...]] [classes]
Writes prepared tokens to FOLDER (kept for the next run) and prints tables:
  speed    skip-gram, dimension 100, window 5, 5 negatives, no sub-words, the
           first million words of the English text: words a second on one and two threads
  quality  Spearman on word pairs, mean of three seeds, English and Korean, at equal settings; FORM: skipgram, cbow, hs
           (skip-gram with hierarchical softmax), subwords
           (syllables 1-4, letters 3-6, no jamo, which fastText has not); default all
  classes  NSMC: seconds and accuracy of fastText's `supervised` and the bag classifier at equal settings
Default: all. Peers: Debian's python3-gensim and fasttext. Words a second count every word of the text, also those that
subsampling leaves out. On a machine that does other work too, compare processor seconds.
"""
import collections
import functools
import gzip
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time

import openblas  # noqa: F401, E402  before all that loads it

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import numpy as np
from gensim.models import Word2Vec
from scipy.stats import spearmanr

BENCH, DATA, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
SEEDS = (1, 2, 3)
EPOCHS = 5


def write_lines(name, lines):
    (FOLDER / name).write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return FOLDER / name


def nsmc(name):
    rows = [line.split("\t") for line in (DATA / "nsmc" / name).read_text(encoding="utf-8").split("\n")[1:]]
    return [(row[2], " ".join(row[1].split())) for row in rows if len(row) == 3]


def english():
    """Books and 20 Newsgroups as lower-cased runs of Latin letters."""
    if (FOLDER / "en.txt").is_file():
        return FOLDER / "en.txt"
    texts = gzip.open(DATA / "en_text/books.txt.gz", "rt", encoding="utf-8").read().split("\n")
    for part in ("train", "test"):
        texts += [json.loads(line)["text"] for line in gzip.open(DATA / f"20news/{part}.jsonl.gz", "rt", encoding="utf-8")]
    lines = (" ".join(re.findall("[a-z]+", text.lower())) for text in texts)
    return write_lines("en.txt", (line for line in lines if line))


def part_of(path, words):
    """The beginning of a text, about so many words."""
    taken, lines = 0, []
    for line in open(path, encoding="utf-8"):
        taken += len(line.split())
        lines.append(line.rstrip("\n"))
        if taken >= words:
            break
    return write_lines("part.txt", lines)


def korean():
    """Reviews and petitions as morphemes."""
    if (FOLDER / "ko.txt").is_file():
        return FOLDER / "ko.txt"
    texts = [text for _, text in nsmc("ratings_train.txt")]
    for line in gzip.open(DATA / "ko_petitions/petitions.jsonl.gz", "rt", encoding="utf-8"):
        petition = json.loads(line)
        texts.append(" ".join((petition["title"] + " " + petition["text"]).split()))
    raw = write_lines("ko.raw", texts)
    with open(raw, "rb") as texts, open(FOLDER / "ko.txt", "wb") as tokens:
        subprocess.run([BENCH, "morphemes"], check=True, stdin=texts, stdout=tokens)
    return FOLDER / "ko.txt"


def pairs(name):
    rows = [line.split("\t") for line in (DATA / "wordsim" / name).read_text(encoding="utf-8").splitlines()[1:]]
    return [(a.lower(), b.lower(), float(score)) for a, b, score in rows]


def spearman(vectors, name):
    covered = [(score, vectors[a] @ vectors[b] / np.linalg.norm(vectors[a]) / np.linalg.norm(vectors[b]))
               for a, b, score in pairs(name) if a in vectors and b in vectors]
    return spearmanr(*zip(*covered))[0], len(covered)


class Result:
    def __init__(self, words, wall, processor, vectors, names):
        self.speed, self.processor_speed = words / wall, words / processor
        self.scores = [spearman(vectors, name) for name in names]


def gensim(path, seed, threads, names, **options):
    texts = [line.split() for line in open(path, encoding="utf-8")]
    texts = [text[i:i + 1000] for text in texts for i in range(0, len(text), 1000)]
    settings = dict(vector_size=100, window=5, min_count=5, sg=1, hs=0, negative=5, sample=1e-3, alpha=0.025)
    model = Word2Vec(seed=seed, workers=threads, epochs=EPOCHS, **{**settings, **options})
    model.build_vocab(texts)
    wall, processor = time.perf_counter(), time.process_time()
    model.train(texts, total_examples=model.corpus_count, epochs=EPOCHS)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    return Result(sum(map(len, texts)) * EPOCHS, wall, processor, model.wv, names)


def fasttext(path, seed, threads, names, *options):
    words = sum(len(line.split()) for line in open(path, encoding="utf-8"))
    before = os.times()
    out = FOLDER / "fasttext"
    subprocess.run(["fasttext", "skipgram", "-input", path, "-output", out, "-dim", "100", "-ws", "5", "-neg", "5",
                    "-minCount", "5", "-t", "1e-3", "-lr", "0.025", "-epoch", str(EPOCHS), "-seed", str(seed),
                    "-thread", str(threads), *options], check=True, capture_output=True)
    after = os.times()
    vectors = {}
    with open(f"{out}.vec", encoding="utf-8") as lines:
        next(lines)
        for line in lines:
            word, *values = line.split()
            vectors[word] = np.array(values, np.float32)
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    return Result(words * EPOCHS, after.elapsed - before.elapsed, processor, vectors, names)


@functools.cache
def covered_pairs(path, name):
    """A file of the pairs whose words the text has often enough: sub-words would cover more than the peers do."""
    counts = collections.Counter(word for line in open(path, encoding="utf-8") for word in line.split())
    return write_lines(name, (f"{a}\t{b}\t{score}" for a, b, score in pairs(name) if min(counts[a], counts[b]) >= 5))


def malmoi(path, seed, threads, names, *options):
    files = ",".join(str(covered_pairs(path, name)) for name in names)
    out = subprocess.run([BENCH, "embed", path, files, f"seed={seed}", f"threads={threads}", f"epochs={EPOCHS}", *options],
                         check=True, capture_output=True).stdout
    figures = json.loads(out)
    result = Result.__new__(Result)
    result.speed, result.processor_speed = figures["words_per_second"], figures["words_per_processor_second"]
    result.scores = list(zip(figures["spearman"], figures["covered"]))
    return result


def speed():
    path = part_of(english(), 1_000_000)
    runs = [("gensim", lambda t: gensim(path, 1, t, [])),
            ("fastText", lambda t: fasttext(path, 1, t, [], "-maxn", "0")),
            ("malmoi", lambda t: malmoi(path, 1, t, ["rg65.tsv"])),
            ("malmoi, hogwild", lambda t: malmoi(path, 1, t, ["rg65.tsv"], "hogwild=1"))]
    for threads in (1, 2):
        base = None
        for name, run in runs:
            result = run(threads)
            base = base or result
            print(f"speed, {threads} thread(s): {name:16} {result.speed / 1e3:6.0f} k words/s, "
                  f"{result.processor_speed / 1e3:6.0f} k a processor second; of gensim's {result.speed / base.speed:.2f}, "
                  f"{result.processor_speed / base.processor_speed:.2f}", flush=True)


def quality(forms=("skipgram", "cbow", "hs", "subwords")):
    sets = [(english(), ["wordsim353.tsv", "simlex999.tsv"]), (korean(), ["ws353_korean.tsv"])]
    runs = {"skipgram": [("gensim", gensim, {}), ("malmoi", malmoi, [])],
            "cbow": [("gensim", gensim, {"sg": 0}), ("malmoi", malmoi, ["cbow=1"])],
            "hs": [("gensim", gensim, {"hs": 1, "negative": 0}), ("malmoi", malmoi, ["hs=1"])],
            "subwords": [("malmoi", malmoi, ["subwords=1", "jamo=0"]), ("fastText", fasttext, [])]}
    for form in forms:
        for name, run, options in runs[form]:
            compare_pairs(f"{name} {form}", run, options, sets)


def compare_pairs(name, run, options, sets):
    for path, names in sets:
        if run is fasttext:
            options = ["-minn", "1", "-maxn", "4"] if "ko" in path.name else ["-minn", "3", "-maxn", "6"]
        results = [run(path, seed, 1, names, **options) if run is gensim else run(path, seed, 1, names, *options)
                   for seed in SEEDS]
        for i, pair_file in enumerate(names):
            scores = [result.scores[i][0] for result in results]
            print(f"quality, {path.name}, {pair_file}: {name:18} {statistics.mean(scores):.4f} "
                  f"({' '.join(f'{score:.4f}' for score in scores)}), {results[0].scores[i][1]} pairs", flush=True)


def classes():
    def character_grams(text):
        return " ".join(text[i:i + n].replace(" ", "_") for n in range(1, 5) for i in range(len(text) - n + 1))

    tasks = [("words, dim 10", str, 10), ("words, dim 100", str, 100), ("characters 1-4, dim 10", character_grams, 10)]
    for name, make, dimensions in tasks:
        train, test = (write_lines(f"nsmc.{part}", (f"__label__{label} {make(text)}" for label, text in nsmc(file)))
                       for part, file in (("train", "ratings_train.txt"), ("test", "ratings_test.txt")))
        for threads in (1, 2):
            before = os.times()
            subprocess.run(["fasttext", "supervised", "-input", train, "-output", FOLDER / "classes", "-dim",
                            str(dimensions), "-epoch", "5", "-thread", str(threads)], check=True, capture_output=True)
            after = os.times()
            wall = after.elapsed - before.elapsed
            processor = after.children_user + after.children_system - before.children_user - before.children_system
            told = subprocess.run(["fasttext", "test", FOLDER / "classes.bin", test], check=True, capture_output=True,
                                  encoding="utf-8").stdout
            accuracy = float(re.search(r"P@1\s+([\d.]+)", told).group(1))
            print(f"classes, {name}, {threads} thread(s): fastText {wall:.2f} s, processor {processor:.2f} s, "
                  f"{100 * accuracy:.2f} %", flush=True)
            # fastText reads the end of each line as a token of its own; here it is written out.
            ended = [write_lines(f"{path.name}.ended", (f"{line} </s>" for line in path.read_text().splitlines()))
                     for path in (train, test)]
            before = os.times()
            out = subprocess.run([BENCH, "bag", *ended, "ngrams=1", "min_count=1", f"dimensions={dimensions}",
                                  f"threads={threads}"], check=True, capture_output=True).stdout
            figures = json.loads(out)
            parts = ("read", "features", "fit")
            ours = sum(figures[f"{part}_seconds"] for part in parts)
            our_processor = sum(figures[f"{part}_processor_seconds"] for part in parts)
            print(f"classes, {name}, {threads} thread(s): malmoi   {ours:.2f} s ({ours / wall:.2f} of it), processor "
                  f"{our_processor:.2f} s ({our_processor / processor:.2f}), {100 * figures['accuracy']:.2f} %", flush=True)


FOLDER.mkdir(parents=True, exist_ok=True)
for task in sys.argv[4:] or ["speed", "quality", "classes"]:
    name, _, forms = task.partition(":")
    {"speed": speed, "quality": quality, "classes": classes}[name](*([forms.split(",")] if forms else []))
