#!/usr/bin/env python3
"""svd_bench beside scikit-learn's TruncatedSVD, on the same TF-IDF matrices, in one run.

usage: svd_peers.py SVD_BENCH DATA [ROUNDS]
Rank 100. lanczos is held against algorithm="arpack", randomized against algorithm="randomized", both in double and in
float, with the same number of threads. Prints the least wall and processor seconds of ROUNDS (2), malmoi's share of
the peer's wall seconds, the greatest relative difference of the singular values and the greatest residual
|A'u - s v| / s_1 of each. NumPy's BLAS decides the peer's speed: its name is printed first.
"""
import gzip
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import openblas  # noqa: F401  before all that loads it

RANK = 100
PEERS = {"lanczos": "arpack", "randomized": "randomized"}


def texts(data):
    lines = (data / "nsmc/ratings_train.txt").read_text(encoding="utf-8").split("\n")[1:]
    news = []
    for part in ("train", "test"):
        with gzip.open(data / f"20news/{part}.jsonl.gz", "rt", encoding="utf-8") as file:
            news += [json.loads(line)["text"] for line in file]
    return {"nsmc": [line.split("\t")[1] for line in lines if line], "20news": news}


def write_matrices(data, folder):
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer

    paths = []
    for name, documents in texts(data).items():
        matrix = TfidfVectorizer(min_df=2, dtype=np.float32).fit_transform(documents).tocsr()
        matrix.sort_indices()
        print(f"{name}: {matrix.shape[0]:,} documents, {matrix.shape[1]:,} terms, {matrix.nnz:,} non-zeros")
        paths.append(folder / name)
        with open(paths[-1], "wb") as file:
            np.array([*matrix.shape, matrix.nnz], np.int64).tofile(file)
            matrix.indptr.astype(np.int32).tofile(file)
            matrix.indices.astype(np.int32).tofile(file)
            matrix.data.tofile(file)
    return paths


def read_matrix(path):
    import numpy as np
    import scipy.sparse

    with open(path, "rb") as file:
        rows, columns, entries = np.fromfile(file, np.int64, 3)
        ends = np.fromfile(file, np.int32, rows + 1)
        places = np.fromfile(file, np.int32, entries)
        return scipy.sparse.csr_matrix((np.fromfile(file, np.float32, entries), places, ends), (rows, columns))


def run_peer(path, algorithm, dtype, rounds):
    """In a process of its own, since BLAS reads its number of threads at the start."""
    import numpy as np
    from sklearn.decomposition import TruncatedSVD

    matrix = read_matrix(path).astype(dtype)
    best = None
    for _ in range(rounds):
        wall, processor = time.perf_counter(), time.process_time()
        svd = TruncatedSVD(RANK, algorithm=algorithm, random_state=1)
        places = svd.fit_transform(matrix)
        seconds = time.perf_counter() - wall, time.process_time() - processor
        best = min(best or seconds, seconds)
    sigma = svd.singular_values_.astype(np.float64)
    across = matrix.astype(np.float64).T @ (places.astype(np.float64) / sigma)
    residual = np.linalg.norm(across - svd.components_.astype(np.float64).T * sigma, axis=0).max() / sigma[0]
    print(json.dumps({"wall": best[0], "processor": best[1], "residual": residual, "sigma": sigma.tolist()}))


def peer(path, algorithm, dtype, threads, rounds):
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads)}
    command = [sys.executable, __file__, "--peer", path, algorithm, dtype, str(rounds)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)


def ours(bench, path, rounds, methods):
    lines = subprocess.run([bench, path, str(RANK), str(rounds), *methods], check=True, capture_output=True, text=True)
    found = {}
    for line in lines.stdout.splitlines():
        method, threads, wall, processor, products, residual, sigma = line.split("\t")
        found[method, int(threads)] = {"wall": float(wall), "processor": float(processor), "products": int(products),
                                       "residual": float(residual), "sigma": [float(s) for s in sigma.split()]}
    return found


def compare(name, bench, path, rounds):
    found = ours(bench, path, rounds, [*PEERS, "spectra"])
    peers = {}
    for threads in (1, 2):
        for method, algorithm in PEERS.items():
            for dtype in ("float64", "float32"):
                peers[method, dtype, threads] = peer(path, algorithm, dtype, threads, rounds)
    for key, again in ours(bench, path, rounds, list(PEERS)).items():  # before and after the peers: the quieter of both
        found[key] = min(found[key], again, key=lambda result: result["wall"])
    for (method, dtype, threads), theirs in peers.items():
        mine = found[method, threads]
        difference = max(abs(a - b) / b for a, b in zip(mine["sigma"], theirs["sigma"]))
        print(f"{name}\t{method}\t{threads}\t{mine['wall']:.2f}, {mine['processor']:.2f}\t{mine['residual']:.1e}\t"
              f"{PEERS[method]} {dtype}\t{theirs['wall']:.2f}, {theirs['processor']:.2f}\t{theirs['residual']:.1e}\t"
              f"{mine['wall'] / theirs['wall']:.2f}\t{difference:.1e}", flush=True)
    spectra = found["spectra", 1]
    print(f"{name}\tspectra\t1\t{spectra['wall']:.2f}, {spectra['processor']:.2f}\t{spectra['residual']:.1e}\t"
          f"{spectra['products']} products of vectors, lanczos {found['lanczos', 1]['products']}")


def main():
    if sys.argv[1] == "--peer":
        return run_peer(sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]))
    bench, data = sys.argv[1], pathlib.Path(sys.argv[2])
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 2
    import scipy.linalg  # noqa: F401  loads the libraries that are asked for
    import threadpoolctl

    blas = [library["internal_api"] for library in threadpoolctl.threadpool_info() if library["user_api"] == "blas"]
    print("BLAS of NumPy:", *(blas or ["reference (netlib)"]))
    with tempfile.TemporaryDirectory() as folder:
        paths = write_matrices(data, pathlib.Path(folder))
        print("data\tmethod\tthreads\tmalmoi wall, processor s\tresidual\tpeer\tits s\tits residual\tof peer\tdifference")
        for path in paths:
            compare(path.name, bench, path, rounds)


if __name__ == "__main__":
    main()
