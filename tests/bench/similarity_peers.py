#!/usr/bin/env python3
"""similarity_bench beside scikit-learn and scipy, on the same matrices, in one run.

usage: similarity_peers.py SIMILARITY_BENCH DATA
Prints wall and processor seconds (medians for the short tasks) and malmoi's share of the faster peer's. Peers use one
thread. On a machine that does other work too, compare processor seconds.
"""
import os

import openblas  # noqa: F401  before all that loads it

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import gzip
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import typing

import numpy as np
import scipy.sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.neighbors import NearestNeighbors

K = 10


class Seconds(typing.NamedTuple):
    wall: float
    processor: float


def measure(work, rounds):
    wall, processor = [], []
    for _ in range(rounds):
        start, processor_start = time.perf_counter(), time.process_time()
        work()
        wall.append(time.perf_counter() - start)
        processor.append(time.process_time() - processor_start)
    return Seconds(statistics.median(wall), statistics.median(processor))


def scipy_top_k(matrix):
    products = matrix @ matrix.T.tocsr()
    products.setdiag(0)
    for begin, end in zip(products.indptr, products.indptr[1:]):
        values = products.data[begin:end]
        if end - begin > K:
            best = np.argpartition(values, -K)[-K:]
            products.indices[begin:end][best[np.argsort(-values[best])]]


def sklearn_top_k(matrix):
    NearestNeighbors(n_neighbors=K + 1, metric="cosine", algorithm="brute", n_jobs=1).fit(matrix).kneighbors(matrix)


def texts(data):
    lines = (data / "nsmc/ratings_train.txt").read_text(encoding="utf-8").split("\n")[1:]
    news = []
    for part in ("train", "test"):
        with gzip.open(data / f"20news/{part}.jsonl.gz", "rt", encoding="utf-8") as file:
            news += [json.loads(line)["text"] for line in file]
    return {"nsmc": [line.split("\t")[1] for line in lines if line], "20news": news}


def run_bench(bench, data, folder):
    lines = subprocess.run([bench, data, folder], check=True, capture_output=True, text=True).stdout.splitlines()
    found = {}
    for line in lines:
        name, task, threads, wall, processor = line.split("\t")
        found[name, task, int(threads)] = Seconds(float(wall), float(processor))
    return found


def main():
    bench, data = sys.argv[1], pathlib.Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        before = run_bench(bench, data, folder)
        peers = {}
        for name, documents in texts(data).items():
            vectorize = measure(lambda: TfidfVectorizer(dtype=np.float32).fit_transform(documents), 3)
            peers[name, "tf-idf"] = {"TfidfVectorizer (from text)": vectorize}
        for name in ("nsmc", "20news"):
            matrix = scipy.sparse.load_npz(pathlib.Path(folder) / f"{name}.npz")
            rounds = 5 if name == "nsmc" else 1
            peers[name, "cosine top 10"] = {
                "scipy product + top-k": measure(lambda: scipy_top_k(matrix), rounds),
                "sklearn NearestNeighbors": measure(lambda: sklearn_top_k(matrix), 1),
            }
        after = run_bench(bench, data, folder)
    print("data\ttask\tthreads\tmalmoi wall, processor s\tof fastest peer\tpeers")
    for (name, task, threads), first in sorted(before.items()):
        ours = min(first, after[name, task, threads])  # before and after the peers: the quieter of the two
        theirs = peers[name, task]
        listed = ", ".join(f"{peer} {value.wall:.3f}, {value.processor:.3f} s" for peer, value in theirs.items())
        wall = ours.wall / min(value.wall for value in theirs.values())
        processor = ours.processor / min(value.processor for value in theirs.values())
        print(f"{name}\t{task}\t{threads}\t{ours.wall:.4f}, {ours.processor:.4f}\t{wall:.3f}, {processor:.3f}\t{listed}")


if __name__ == "__main__":
    main()
