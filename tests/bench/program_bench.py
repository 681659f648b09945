#!/usr/bin/env python3
"""Times the malmoi program against scikit-learn in one run, turn by turn, and prints medians and ratios.

    tests/bench/program_bench.py [build/release/bin/malmoi] [--rounds 7]

Needs python3-sklearn and the shared data beside the repository. scikit-learn is timed inside its process, on texts
that are in memory already, and stores nothing; malmoi is timed as a whole process, from the file to the committed
corpus with its counts and postings.
"""
import argparse
import gzip
import json
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"


def read_texts(path):
    if path.suffix == ".jsonl":
        return [json.loads(line)["text"] for line in open(path, encoding="utf-8")]
    return [line.rstrip("\n").split("\t")[1] for line in open(path, encoding="utf-8")][1:]


def seconds(action):
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


def run(command, stdin=None):
    subprocess.run(command, check=True, stdin=stdin, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def index(program, corpus, source, threads, analyzer):
    for old in corpus.parent.glob(corpus.name + "*"):
        old.unlink()
    run([program, "index", corpus, source, "--analyzer", analyzer, "--threads", str(threads), "--quiet"])


def show(what, median, reference=None, target=None):
    ratio = f"{median / reference:8.2f}" if reference else " " * 8
    bound = f"  at most {target}" if target else ""
    print(f"{what:58}{median * 1000:10.1f} ms{ratio}{bound}", flush=True)


def bench_index(program, folder, source, rounds):
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = read_texts(source)
    corpus = folder / "words.malmoi"
    times = {"sklearn": [], 1: [], 2: []}
    for _ in range(rounds):
        times["sklearn"].append(seconds(lambda: TfidfVectorizer().fit_transform(texts)))
        for threads in (1, 2):
            times[threads].append(seconds(lambda: index(program, corpus, source, threads, "word")))
    peer = statistics.median(times["sklearn"])
    show(f"{source.name}: scikit-learn TfidfVectorizer", peer)
    show(f"{source.name}: malmoi index, 1 thread", statistics.median(times[1]), peer, 0.4)
    show(f"{source.name}: malmoi index, 2 threads", statistics.median(times[2]), peer, 0.25)


def bench_search(program, folder, source, rounds):
    corpus = folder / "morph.malmoi"
    begin = time.perf_counter()
    index(program, corpus, source, 2, "morph")
    show(f"{source.name}: malmoi index --analyzer morph, 2 threads", time.perf_counter() - begin)
    queries = ["배우 연기", "+음악 감동", '"좋은 영화"', "재밌다 -지루하다", "스토리 반전 결말", "최고"]
    cold = [seconds(lambda: run([program, "search", corpus, query])) for query in queries for _ in range(rounds)]
    show("search, a process for each query", statistics.median(cold), target="20 ms")
    lines = folder / "queries.txt"
    lines.write_text("\n".join(queries * 200) + "\n", encoding="utf-8")
    nothing = folder / "nothing.txt"
    nothing.write_text("", encoding="utf-8")
    warm = []
    for _ in range(rounds):
        with open(lines) as many, open(nothing) as none:
            all_queries = seconds(lambda: run([program, "search", corpus, "-"], many))
            start = seconds(lambda: run([program, "search", corpus, "-"], none))
        warm.append((all_queries - start) / (200 * len(queries)))
    show("search, a query in a running process", statistics.median(warm), target="1 ms")


def bench_memory(program, folder):
    source = folder / "large.tsv"
    line = "{}\t이 영화는 {} 정말 재미있게 보았습니다 great movie number {} and more words to come\n"
    with open(source, "w", encoding="utf-8") as out:
        out.write("id\ttext\n")
        for i in range(9_500_000):
            out.write(line.format(i, i % 1000, i % 5000))
    index(program, folder / "large.malmoi", source, 2, "word")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{source.stat().st_size / 1e9:.2f} GB of TSV: peak memory {peak:.0f} MB, at most 400 MB apart from the vocabulary")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", nargs="?", default=ROOT / "build/release/bin/malmoi")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--memory", action="store_true", help="index 1 GB and show the peak memory instead")
    options = parser.parse_args()
    if not DATA.exists():
        sys.exit(f"{DATA} is not there: the benchmarks run on the shared data")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        if options.memory:
            return bench_memory(options.program, folder)
        news = folder / "20news.jsonl"
        with open(news, "wb") as out:
            for part in ("train", "test"):
                out.write(gzip.open(DATA / "20news" / f"{part}.jsonl.gz").read())
        print(f"{'':58}{'median':>10}   {'ratio':>8}")
        bench_index(options.program, folder, DATA / "nsmc" / "ratings_train.txt", options.rounds)
        bench_index(options.program, folder, news, options.rounds)
        bench_search(options.program, folder, DATA / "nsmc" / "ratings_train.txt", options.rounds)


if __name__ == "__main__":
    main()
