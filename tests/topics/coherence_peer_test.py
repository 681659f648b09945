"""Compares coherence with gensim's CoherenceModel on the same topics and texts.

usage: coherence_peer_test.py EXPORT_COHERENCE [SHARED_DATA]; exit 77 (skipped) when gensim is missing. The texts are
400 messages of 20 Newsgroups where the shared data are there, otherwise random words.
"""
import collections
import gzip
import pathlib
import random
import subprocess
import sys
import tempfile

try:
    from gensim.corpora import Dictionary
    from gensim.models import CoherenceModel
except ImportError as error:
    print("skipped:", error)
    sys.exit(77)

TOLERANCE = 1e-9


def random_texts(rng):
    """Bursts of words, so that words are repeated within a window; documents from one word to some hundred."""
    texts = []
    for _ in range(300):
        words = [f"낱말{int(200 * rng.random() ** 2)}" for _ in range(rng.choice([3, 20, 60]))]
        texts.append([rng.choice(words) for _ in range(rng.choice([1, 5, 9, 10, 11, 40, 109, 110, 111, 300]))])
    return texts


def shared_texts(path):
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        texts = [line.split() for line in lines]
    return [text for text in texts[::47] if text]


def make_topics(texts, rng):
    """Words of one text, frequent words, any words: from coherent to not coherent at all."""
    counts = collections.Counter(word for text in texts for word in text)
    frequent = [word for word, _ in counts.most_common(300)]
    topics = [rng.sample(frequent, 10) for _ in range(6)]
    topics += [rng.sample(sorted(counts), 10) for _ in range(4)]
    long_texts = [text for text in texts if len(set(text)) >= 15]
    topics += [rng.sample(sorted(set(rng.choice(long_texts))), 10) for _ in range(6)]
    return topics


def compare(name, texts, topics, program):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for file, rows in (("texts", texts), ("topics", topics)):
            (folder / file).write_text("".join(" ".join(row) + "\n" for row in rows), encoding="utf-8")
        output = subprocess.run([program, folder / "texts", folder / "topics"], check=True, capture_output=True,
                                encoding="utf-8").stdout
    dictionary = Dictionary(texts)
    found = [[float(score) for score in line.split()] for line in output.splitlines()]
    for measure, scores in zip(("u_mass", "c_uci", "c_npmi", "c_v"), found, strict=True):
        model = CoherenceModel(topics=topics, texts=texts, dictionary=dictionary, coherence=measure, topn=len(topics[0]),
                               processes=1)
        expected = model.get_coherence_per_topic()
        worst = max(abs(x - y) for x, y in zip(scores, expected, strict=True))
        print(f"{name} {measure:7} {len(texts)} texts, {len(topics)} topics: largest difference {worst:.2g}, "
              f"mean {sum(scores) / len(scores):.6f}")
        assert worst <= TOLERANCE, (name, measure, scores, list(expected))


def main():
    rng = random.Random(11)
    texts = random_texts(rng)
    compare("random", texts, make_topics(texts, rng), sys.argv[1])
    shared = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else "") / "lda" / "20news_tokens.txt.gz"
    if shared.is_file():
        texts = shared_texts(shared)
        compare("20news", texts, make_topics(texts, rng), sys.argv[1])
    else:
        print("20news: shared data are absent")


if __name__ == "__main__":
    main()
