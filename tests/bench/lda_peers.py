#!/usr/bin/env python3
"""lda_bench beside gensim and scikit-learn, on the same tokens, in one run.

usage: lda_peers.py LDA_BENCH TOKENS.gz [TOPICS ...]
Prints for every number of topics: the plain Gibbs sampler's speed (a yardstick for the machine), malmoi's seconds for
200 sweeps and until the log-likelihood that tomotopy 0.14.0 has after 200 sweeps, on one and two threads, and the
speed and log-likelihood of variational LDA in gensim and scikit-learn after ten passes (three for 1,000 topics).
All log-likelihoods are the mean of ln sum_k theta phi over the tokens, with alpha 0.1 and beta 0.01.
"""
import gzip
import json
import os
import subprocess
import sys
import time

import openblas  # noqa: F401  before all that loads it

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import numpy as np
import scipy.sparse
from gensim.matutils import Sparse2Corpus
from gensim.models import LdaModel
from sklearn.decomposition import LatentDirichletAllocation

TOMOTOPY = {20: -7.95, 100: -7.54, 1000: -7.11}  # log-likelihood a token after 200 sweeps, see README.md
TOMOTOPY_SECONDS = {20: (20.9, 11.5), 100: (38.3, 22.4), 1000: (263, 158)}


def counts(path):
    ids, rows, columns = {}, [], []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for row, line in enumerate(lines):
            for word in line.split():
                rows.append(row)
                columns.append(ids.setdefault(word, len(ids)))
    matrix = scipy.sparse.coo_matrix((np.ones(len(rows), np.float32), (rows, columns)))
    return matrix.tocsr()


def score(matrix, theta, phi):
    """theta [documents x topics], phi [topics x terms]"""
    total, step = 0.0, 256
    for begin in range(0, matrix.shape[0], step):
        part = matrix[begin : begin + step].tocoo()
        p = np.einsum("ij,ij->i", theta[begin + part.row], phi.T[part.col])
        total += float((part.data * np.log(p)).sum())
    return total / matrix.sum()


def gensim(matrix, topics, passes):
    corpus = Sparse2Corpus(matrix, documents_columns=False)
    begin = time.perf_counter()
    model = LdaModel(corpus, num_topics=topics, alpha=[0.1] * topics, eta=0.01, passes=passes, random_state=1,
                     id2word={i: str(i) for i in range(matrix.shape[1])})
    seconds = time.perf_counter() - begin
    gamma, _ = model.inference(corpus)
    return seconds, score(matrix, gamma / gamma.sum(1, keepdims=True), model.get_topics())


def sklearn(matrix, topics, passes):
    model = LatentDirichletAllocation(topics, doc_topic_prior=0.1, topic_word_prior=0.01, learning_method="online",
                                      batch_size=2048, max_iter=passes, random_state=1, n_jobs=1)
    begin = time.perf_counter()
    model.fit(matrix)
    seconds = time.perf_counter() - begin
    phi = model.components_ / model.components_.sum(1, keepdims=True)
    return seconds, score(matrix, model.transform(matrix), phi)


def main():
    bench, path = sys.argv[1], sys.argv[2]
    matrix = counts(path)
    tokens = float(matrix.sum())
    run = lambda *args: json.loads(subprocess.run([bench, path, *map(str, args)], check=True, capture_output=True).stdout)
    for topics in [int(arg) for arg in sys.argv[3:]] or [20, 100, 1000]:
        plain = run(topics, "plain", 2 if topics >= 1000 else 5)["plain_tokens_per_second"]
        print(f"K={topics}\n  plain sampler: {plain / 1e6:.2f} M tokens/s")
        for threads in (1, 2):
            fit = run(topics, threads, 200, TOMOTOPY.get(topics, 0))
            line = (f"  malmoi, {threads} thread(s): {fit['sweeps']} sweeps {fit['seconds']:.1f} s"
                    f" ({fit['tokens_per_second'] / 1e6:.1f} M tokens/s), {fit['log_likelihood']:.3f}")
            if topics in TOMOTOPY:
                reached = fit["reached_seconds"]
                peer = TOMOTOPY_SECONDS[topics][threads - 1]
                line += (f"; {TOMOTOPY[topics]} after {fit['reached_sweeps']} sweeps, {reached:.1f} s = "
                         f"{reached / peer:.2f} of tomotopy's {peer} s" if reached else "; its mark was not reached")
            print(line, flush=True)
        passes = 3 if topics >= 1000 else 10
        for name, peer in (("gensim", gensim), ("scikit-learn", sklearn)):
            seconds, log_likelihood = peer(matrix, topics, passes)
            print(f"  {name}, 1 thread: {passes} passes {seconds:.1f} s ({passes * tokens / seconds / 1e6:.2f} M "
                  f"tokens/s), {log_likelihood:.3f}", flush=True)


main()
