"""Compares the figures of classifiers with scikit-learn's on random predictions.

usage: metrics_peer_test.py EXPORT_METRICS; exit 77 (skipped) when scikit-learn is missing.
"""
import subprocess
import sys

try:
    import numpy
    from sklearn import metrics as peer
except ImportError as error:
    print("skipped:", error)
    sys.exit(77)

TOLERANCE = 1e-9
LEAST = 2.0**-23  # what log loss takes for smaller probabilities


def scores(name, truth, predicted, average):
    found = peer.precision_recall_fscore_support(truth, predicted, average=average, zero_division=0)
    return {f"{name}.{figure}": value for figure, value in zip(("precision", "recall", "f1"), found)}


def shared_figures(truth, predicted, marks, probabilities):
    """marks: [documents x columns] 0 or 1."""
    expected = {}
    for average in ("macro", "micro", "weighted"):  # by sklearn's default labels: those in truth or prediction
        expected |= scores(average, truth, predicted, average)
    columns = range(marks.shape[1])
    found = peer.precision_recall_fscore_support(truth, predicted, labels=list(columns), zero_division=0)
    for figure, values in zip(("precision", "recall", "f1", "support"), found):
        expected |= {f"{column}.{figure}": values[column] for column in columns}
    for column in columns:
        if 0 < marks[:, column].sum() < len(marks):
            area = peer.roc_auc_score(marks[:, column], probabilities[:, column])
            expected[f"{column}.roc_auc"] = area
    return expected


def class_figures(truth, probabilities):
    classes = probabilities.shape[1]
    predicted = probabilities.argmax(axis=1)
    marks = numpy.eye(classes)[truth]
    expected = shared_figures(truth, predicted, marks, probabilities)
    if classes == 2 and "1.roc_auc" in expected:
        expected["0.roc_auc"] = expected["1.roc_auc"]
    expected["accuracy"] = peer.accuracy_score(truth, predicted)
    likelihoods = numpy.maximum(probabilities, LEAST)  # rows need not sum to 1 for the mean of these logarithms
    expected["log_loss"] = -numpy.log(likelihoods[numpy.arange(len(truth)), truth]).mean()
    if probabilities.min() > 0.001:
        loss = peer.log_loss(truth, probabilities / probabilities.sum(axis=1, keepdims=True), labels=list(range(classes)))
        assert abs(loss - expected["log_loss"]) < 1e-6, (loss, expected["log_loss"])  # rows of floats sum to nearly 1
    expected["brier"] = ((probabilities - marks) ** 2).sum(axis=1).mean()
    if classes == 2:
        both = sum(peer.brier_score_loss(marks[:, c], probabilities[:, c]) for c in (0, 1))
        assert abs(both - expected["brier"]) < TOLERANCE
    areas = [value for name, value in expected.items() if name.endswith(".roc_auc")]
    if areas:
        expected["roc_auc"] = numpy.mean(areas)
    if classes > 2 and len(areas) == classes:
        rows = probabilities / probabilities.sum(axis=1, keepdims=True)
        assert abs(peer.roc_auc_score(truth, rows, multi_class="ovr") - expected["roc_auc"]) < 1e-6
    counts = peer.confusion_matrix(truth, predicted, labels=list(range(classes)))
    return expected | {f"confusion.{cell}": count for cell, count in enumerate(counts.flat)}


def label_figures(truth, probabilities):
    predicted = (probabilities >= 0.5).astype(int)
    expected = shared_figures(truth, predicted, truth, probabilities)
    expected["subset_accuracy"] = peer.accuracy_score(truth, predicted)
    expected["hamming_loss"] = peer.hamming_loss(truth, predicted)
    return expected


def compare(program, name, truth, probabilities, expected):
    rows = [" ".join(map(str, [*numpy.atleast_1d(marks), *(float(p) for p in row)]))
            for marks, row in zip(truth, probabilities)]
    kind = "labels" if truth.ndim == 2 else "classes"
    text = f"{kind} {probabilities.shape[1]}\n" + "".join(row + "\n" for row in rows)
    lines = subprocess.run([program], input=text, check=True, capture_output=True, encoding="utf-8").stdout.splitlines()
    found = {figure: float(value) for figure, value in map(str.split, lines)}
    assert found.keys() == expected.keys(), found.keys() ^ expected.keys()
    worst = max(expected, key=lambda figure: abs(found[figure] - expected[figure]))
    difference = abs(found[worst] - expected[worst])
    print(f"{name}: {len(truth)} documents, {len(found)} figures, largest difference {difference:.2g} ({worst})")
    assert difference <= TOLERANCE, (worst, found[worst], expected[worst])


def random_rows(rng, documents, columns, sharpness):
    """float32 rows that sum to 1, some of them alike."""
    logits = rng.integers(-4, 5, (documents, columns)) * sharpness
    powers = numpy.exp(logits - logits.max(axis=1, keepdims=True))
    return (powers / powers.sum(axis=1, keepdims=True)).astype(numpy.float32).astype(float)


def main():
    rng = numpy.random.default_rng(5)
    for name, documents, classes, sharpness in (("two classes", 400, 2, 0.5), ("one document", 1, 3, 0.5),
                                                ("four classes", 1000, 4, 0.4), ("sharp", 300, 3, 40.0),
                                                ("more classes than documents", 12, 30, 0.3)):
        probabilities = random_rows(rng, documents, classes, sharpness)
        guesses = (probabilities.cumsum(axis=1) < rng.random((documents, 1))).sum(axis=1).clip(0, classes - 1)
        truth = numpy.where(rng.random(documents) < 0.7, guesses, rng.integers(0, classes, documents))
        compare(sys.argv[1], name, truth, probabilities, class_figures(truth, probabilities))
    for name, documents, labels in (("labels", 500, 6), ("two labels", 40, 2)):
        probabilities = rng.integers(0, 21, (documents, labels)).astype(numpy.float32).astype(float) / 20
        probabilities = probabilities.astype(numpy.float32).astype(float)
        truth = (rng.random((documents, labels)) < probabilities * 0.6).astype(int)
        truth[:, -1] = 0  # a label without documents
        compare(sys.argv[1], name, truth, probabilities, label_figures(truth, probabilities))


if __name__ == "__main__":
    main()
