#!/usr/bin/env python3
"""Makes the golden files of tests/vectorize/golden_test.cpp with scikit-learn: python3 tests/golden/make_vectorize.py

vectorize_tokens.tsv: a document a line, its tokens separated by blanks.
vectorize_values.tsv: variant, document, term, value for every non-zero.
"""
import pathlib
import random

from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

HERE = pathlib.Path(__file__).parent
KOREAN = "영화 배우 연기 정말 너무 좋다 재미 없다 감동 최고 시간 아깝다 ㅋㅋ ㅠㅠ 말 눈".split()
ENGLISH = "the film a plot of great dull never and acting".split()
VARIANTS = {
    "tf_idf": {},
    "unsmoothed": {"smooth_idf": False},
    "sublinear": {"sublinear_tf": True},
    "l1": {"norm": "l1"},
    "no_norm": {"norm": None},
    "binary": {"binary": True},
    "min_df_2": {"min_df": 2},
    "share": {"min_df": 0.1, "max_df": 0.4},
}


def main():
    rng = random.Random(1)
    words = KOREAN + ENGLISH
    weights = [1 / (i + 1) for i in range(len(words))]
    rng.shuffle(weights)
    documents = [" ".join(rng.choices(words, weights, k=rng.choice([0, 1, 3, 5, 8, 13, 30]))) for _ in range(24)]
    (HERE / "vectorize_tokens.tsv").write_text("".join(d + "\n" for d in documents), encoding="utf-8")
    rows = []
    for name, options in {"counts": None, **VARIANTS}.items():
        kind = CountVectorizer if options is None else TfidfVectorizer
        vectorizer = kind(analyzer=str.split, **(options or {}))
        matrix = vectorizer.fit_transform(documents).tocoo()
        terms = vectorizer.get_feature_names_out()
        entries = sorted((int(r), terms[c], v) for r, c, v in zip(matrix.row, matrix.col, matrix.data))
        rows += [f"{name}\t{r}\t{t}\t{v:.10g}\n" for r, t, v in entries]
    (HERE / "vectorize_values.tsv").write_text("".join(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
