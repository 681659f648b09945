#!/usr/bin/env python3
"""Every kind of `malmoi train` on three data sets, as the table of the documentation.

usage: classifier_table.py MALMOI DATA [DATASET[:KIND,KIND...] ...]
DATASET: nsmc, news (20 Newsgroups by date), news-body (without headers, footers and quotes), polarity (the split that is
given). KIND: as in `malmoi train --help`; all by default.

Each kind is trained with its defaults on the training texts, 5 % of them for validation, and measured once on the test.
Prints a line as soon as it is known: data set, kind, accuracy, macro F1, seconds from the stored texts to the model, size
of the exported model in MiB, tab-separated. The seconds are wall clock on all cores.
"""
import gzip
import json
import pathlib
import subprocess
import sys
import tempfile

KINDS = ["softmax", "bayes", "fasttext", "mlp", "cnn", "rnn", "gru", "lstm", "transformer", "ensemble"]


def nsmc(data):
    for part, name in (("train", "ratings_train.txt"), ("test", "ratings_test.txt")):
        for line in (data / "nsmc" / name).read_text(encoding="utf-8").split("\n")[1:]:
            if line.strip():
                yield part, *line.rstrip("\r").split("\t")[1:3]


def news(data):
    for part in ("train", "test"):
        with gzip.open(data / f"20news/{part}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for line in lines:
                post = json.loads(line)
                yield part, post["text"], post["label"]


def polarity(data):
    lines = (data / "en_sentiment/sentence_polarity.tsv").read_text(encoding="utf-8").split("\n")[1:]
    for line in lines:
        if line:
            part, label, text = line.split("\t")
            yield "test" if part == "test" else "train", text, label


DATASETS = {"nsmc": (nsmc, []), "news": (news, []), "news-body": (news, ["--strip", "newsgroup"]),
            "polarity": (polarity, [])}


def main():
    program, data = sys.argv[1], pathlib.Path(sys.argv[2])
    print("data", "kind", "accuracy", "macro F1", "seconds", "MiB", sep="\t", flush=True)
    for asked in sys.argv[3:] or DATASETS:
        name, _, kinds = asked.partition(":")
        documents, flags = DATASETS[name]
        with tempfile.TemporaryDirectory() as folder:
            corpus = f"{folder}/corpus.malmoi"
            with open(f"{folder}/texts.jsonl", "w", encoding="utf-8") as out:
                for part, text, label in documents(data):
                    out.write(json.dumps({"text": text, "label": label, "split": part}, ensure_ascii=False) + "\n")
            subprocess.run([program, "index", corpus, out.name, "--meta-field", "split", "--quiet", *flags], check=True,
                           stdout=subprocess.DEVNULL)
            for kind in kinds.split(",") if kinds else KINDS:
                made = json.loads(subprocess.run(
                    [program, "train", corpus, "--kind", kind, "--split-field", "meta.split", "--validation", "5%", "--quiet",
                     "--format", "json"], check=True, capture_output=True).stdout)
                model = pathlib.Path(f"{folder}/{kind}.model")
                subprocess.run([program, "models", corpus, "--export", kind, "-o", model, "--quiet"], check=True,
                               stdout=subprocess.DEVNULL)
                figures = {row["figure"]: row["value"] for row in made["tables"]["figures"]}
                print(name, kind, f"{100 * figures['accuracy']:.2f}", f"{100 * figures['macro_f1']:.2f}",
                      f"{made['metrics']['seconds']:.1f}", f"{model.stat().st_size / 2**20:.1f}", sep="\t", flush=True)


if __name__ == "__main__":
    main()
