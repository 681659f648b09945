"""Reads every exported form with scipy, scikit-learn or csv and compares it with scikit-learn's own matrices.

usage: peer_test.py EXPORT_MATRICES; exit 77 (skipped) when scipy or scikit-learn is missing.
"""
import csv
import gzip
import pathlib
import random
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import scipy.io
    import scipy.sparse
    from sklearn.datasets import load_svmlight_file
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
except ImportError as error:
    print("skipped:", error)
    sys.exit(77)


def make_documents():
    rng = random.Random(7)
    words = [f"낱말{i}" for i in range(150)] + [f"word{i}" for i in range(150)] + ['comma,"quote"', "back\\slash"]
    weights = [1 / (i + 3) for i in range(len(words))]
    rng.shuffle(words)
    return [(rng.choice(["부정", "긍정"]), rng.choices(words, weights, k=rng.choice([0, 1, 4, 9, 40])))
            for _ in range(500)]


def table(path, delimiter="\t", **options):
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines, delimiter=delimiter, **options))


def plain_tsv(path):
    return table(path, quoting=csv.QUOTE_NONE)


def unescape(text):
    return text.replace("\\\\", "\\")


def terms_of(folder, name):
    rows = plain_tsv(folder / f"{name}.terms.tsv")
    assert rows[0] == ["column", "term", "term_id", "documents", "occurrences"], rows[0]
    assert [int(row[0]) for row in rows[1:]] == list(range(len(rows) - 1))
    return [unescape(row[1]) for row in rows[1:]], rows[1:]


def expect_equal(name, found, expected, tolerance):
    found, expected = np.asarray(found, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    assert found.shape == expected.shape, (name, found.shape, expected.shape)
    worst = np.abs(found - expected).max()
    assert worst <= tolerance, (name, worst)
    print(f"{name:22} {found.shape}  largest difference {worst:.2g}")


def dense_from_triplets(rows, terms, documents):
    column = {term: i for i, term in enumerate(terms)}
    result = np.zeros((documents, len(terms)))
    assert rows[0] == ["document", "term", "value"]
    for document, term, value in rows[1:]:
        result[int(document) - 1, column[unescape(term)]] = float(value)
    return result


def check_forms(folder, prefix, expected, terms, labels, tolerance):
    documents = len(labels)

    def check(name, found):
        expect_equal(name, found, expected, tolerance)

    def exists(name):
        return (folder / name).exists()

    for name in (f"{prefix}.mtx", f"{prefix}.mtx.gz"):
        if exists(name):
            check(name, scipy.io.mmread(folder / name).toarray())
    matrix = scipy.sparse.load_npz(folder / f"{prefix}.npz")
    assert matrix.has_canonical_format
    check(f"{prefix}.npz", matrix.toarray())
    for name in (f"{prefix}.svm", f"{prefix}.svm.gz"):
        if exists(name):
            values, classes = load_svmlight_file(str(folder / name), n_features=len(terms), zero_based=False)
            check(name, values.toarray())
            names = sorted(set(labels), key=lambda label: label.encode())
            assert [names[int(c)] for c in classes] == labels
    for name, delimiter in ((f"{prefix}.csv", ","), (f"{prefix}.csv.gz", ",")):
        if exists(name):
            rows = table(folder / name, delimiter)
            assert rows[0] == ["document"] + terms
            check(name, [[float(v) for v in row[1:]] for row in rows[1:]])
    if exists(f"{prefix}.tsv"):
        rows = plain_tsv(folder / f"{prefix}.tsv")
        assert [unescape(t) for t in rows[0]] == ["document"] + terms
        check(f"{prefix}.tsv", [[float(v) for v in row[1:]] for row in rows[1:]])
    for name in (f"{prefix}.triplets", f"{prefix}.triplets.gz"):
        if exists(name):
            check(name, dense_from_triplets(plain_tsv(folder / name), terms, documents))
    if exists(f"{prefix}.ldac"):
        found = np.zeros((documents, len(terms)))
        for row, line in enumerate(open(folder / f"{prefix}.ldac", encoding="utf-8")):
            size, *pairs = line.split()
            assert int(size) == len(pairs)
            for pair in pairs:
                column, count = pair.split(":")
                found[row, int(column)] = int(count)
        check(f"{prefix}.ldac", found)


def check_selection(folder, documents):
    chosen, rows = terms_of(folder, "selected.npz")
    vectorizer = CountVectorizer(analyzer=str.split, min_df=3, max_df=0.5)
    vectorizer.fit(documents)
    totals = CountVectorizer(analyzer=str.split, vocabulary=chosen).fit_transform(documents)
    assert len(chosen) == 50 and set(chosen) <= set(vectorizer.vocabulary_)
    expect_equal("selected.npz", scipy.sparse.load_npz(folder / "selected.npz").toarray(), totals.toarray(), 0)
    assert [int(row[3]) for row in rows] == list((totals > 0).sum(axis=0).A1)
    assert [int(row[4]) for row in rows] == list(totals.sum(axis=0).A1)
    left_out = set(vectorizer.vocabulary_) - set(chosen)
    most = CountVectorizer(analyzer=str.split, vocabulary=sorted(left_out)).fit_transform(documents).sum(axis=0).max()
    assert totals.sum(axis=0).min() >= most, "a more frequent term was left out"


def main():
    corpus = make_documents()
    labels = [label for label, _ in corpus]
    documents = [" ".join(tokens) for _, tokens in corpus]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        lines = "".join(f"{label}\t{text}\n" for label, text in zip(labels, documents))
        (folder / "tokens.tsv").write_text(lines, encoding="utf-8")
        subprocess.run([sys.argv[1], folder / "tokens.tsv", folder], check=True)
        terms, _ = terms_of(folder, "counts.npz")
        counts = CountVectorizer(analyzer=str.split, vocabulary=terms).fit_transform(documents)
        weights = TfidfVectorizer(analyzer=str.split, vocabulary=terms).fit_transform(documents)
        check_forms(folder, "counts", counts.toarray(), terms, labels, 0)
        check_forms(folder, "tfidf", weights.toarray(), terms, labels, 1e-6)
        check_selection(folder, documents)
        assert not list(folder.glob("*.part-*")), "temporary files left"


if __name__ == "__main__":
    main()
