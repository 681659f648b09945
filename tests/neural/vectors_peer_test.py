"""Exchanges word vectors with gensim in both directions and both forms, to the bit.

usage: vectors_peer_test.py EXPORT_VECTORS; exit 77 (skipped) when gensim is missing.
"""
import pathlib
import subprocess
import sys
import tempfile

try:
    import numpy as np
    from gensim.models import KeyedVectors
except ImportError as error:
    print("skipped:", error)
    sys.exit(77)


def main():
    rng = np.random.default_rng(1)
    words = [f"낱말{i}" if i % 2 else f"word{i}" for i in range(500)]
    vectors = KeyedVectors(37)
    vectors.add_vectors(words, (rng.normal(size=(500, 37)) * 10.0 ** rng.integers(-6, 3, (500, 1))).astype(np.float32))
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        vectors.save_word2vec_format(str(folder / "gensim.bin"), binary=True)
        vectors.save_word2vec_format(str(folder / "gensim.vec"), binary=False)
        for form in ("bin", "vec"):
            subprocess.run([sys.argv[1], folder / f"gensim.{form}", folder / "ours"], check=True)
            for back in ("bin", "vec"):
                read = KeyedVectors.load_word2vec_format(str(folder / f"ours.{back}"), binary=back == "bin")
                assert read.index_to_key == words, (form, back)
                assert np.array_equal(read.vectors, vectors.vectors), (form, back)
                print(f"gensim's .{form}, read by malmoi, written as .{back}, read by gensim: the same")


main()
