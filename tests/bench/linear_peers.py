#!/usr/bin/env python3
"""linear_bench beside scikit-learn's linear classifiers on the same texts and splits, in one run.

usage: linear_peers.py LINEAR_BENCH DATA [DATASETS...]
DATASETS: nsmc news news-body polarity petitions; default: all. Peers, on one thread as scikit-learn runs them:
    logistic  TfidfVectorizer of characters 1-4 (min_df 2, sublinear), LogisticRegression(solver="liblinear")
    bayes     the same features, MultinomialNB (two classes) or ComplementNB
    svc       TfidfVectorizer of words 1-2 (sublinear), LinearSVC()
Prints linear_bench's lines, then data set, peer, accuracy, macro F1, seconds of features and of training,
tab-separated; polarity: means over the ten folds.
"""
import gzip
import json
import pathlib
import subprocess
import sys
import time

import numpy
from sklearn.datasets import _twenty_newsgroups as newsgroups
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.naive_bayes import ComplementNB, MultinomialNB
from sklearn.svm import LinearSVC

FOLDS = 10


def columns(path, text, label):
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").split("\n")[1:] if line]
    return [row[text] for row in rows], [row[label] for row in rows]


def objects(path):
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def body_of(text):
    for strip in (newsgroups.strip_newsgroup_header, newsgroups.strip_newsgroup_footer,
                  newsgroups.strip_newsgroup_quoting):
        text = strip(text)
    return text


def splits(data, name):
    """Training texts and labels, test texts and labels."""
    if name == "nsmc":
        yield *columns(data / "nsmc/ratings_train.txt", 1, 2), *columns(data / "nsmc/ratings_test.txt", 1, 2)
    elif name.startswith("news"):
        parts = [objects(data / f"20news/{part}.jsonl.gz") for part in ("train", "test")]
        prepare = body_of if name == "news-body" else str
        yield tuple(column for part in parts
                    for column in ([prepare(o["text"]) for o in part], [o["label"] for o in part]))
    elif name == "petitions":
        rows = objects(data / "ko_petitions/petitions.jsonl.gz")
        parts = [[o for o in rows if (o["month"] == "2019-07") == test] for test in (False, True)]
        yield tuple(column for part in parts
                    for column in ([o["title"] + "\n" + o["text"] for o in part], [o["label"] for o in part]))
    else:
        texts, labels = columns(data / "en_sentiment/sentence_polarity.tsv", 2, 1)
        for fold in range(FOLDS):
            test = [i % FOLDS == fold for i in range(len(texts))]
            yield tuple([column[i] for i in range(len(texts)) if test[i] == tested]
                        for tested in (False, True) for column in (texts, labels))


def figures(features, classifier, split):
    """Accuracy and macro F1 in percent, seconds of features and of training."""
    train, labels, test, truth = split
    start = time.perf_counter()
    rows = features.fit_transform(train)
    middle = time.perf_counter()
    classifier.fit(rows, labels)
    end = time.perf_counter()
    found = classifier.predict(features.transform(test))
    return (100 * accuracy_score(truth, found), 100 * f1_score(truth, found, average="macro"), middle - start,
            end - middle)


def peers(two_classes):
    characters = dict(analyzer="char", ngram_range=(1, 4), min_df=2, sublinear_tf=True)
    return {
        "logistic": (characters, LogisticRegression(solver="liblinear")),
        "bayes": (characters, MultinomialNB() if two_classes else ComplementNB()),
        "svc": (dict(ngram_range=(1, 2), sublinear_tf=True), LinearSVC()),
    }


def main():
    bench, data = sys.argv[1], pathlib.Path(sys.argv[2])
    for name in sys.argv[3:] or ["nsmc", "news", "news-body", "polarity", "petitions"]:
        print(subprocess.run([bench, name], check=True, capture_output=True, encoding="utf-8").stdout, end="", flush=True)
        all_splits = list(splits(data, name))
        for peer, (features, classifier) in peers(len(set(all_splits[0][1])) == 2).items():
            results = [figures(TfidfVectorizer(**features), classifier, split) for split in all_splits]
            print(name, f"scikit-learn {peer}", *(f"{mean:.2f}" for mean in numpy.mean(results, axis=0)), sep="\t",
                  flush=True)


if __name__ == "__main__":
    main()
