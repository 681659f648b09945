#!/usr/bin/env python3
"""neural_bench beside PyTorch: milliseconds a training step of six small text models, in one run.

usage: neural_peers.py                          PyTorch alone, as TSV: model, threads, gradient, milliseconds,
                                                milliseconds of processor time
       neural_peers.py NEURAL_BENCH [ROUNDS]    both by turns, ROUNDS times (3); the best of each and their ratios

Batch 64, length 40, embedding and hidden width 128, vocabulary 30,000, two classes, Adam. "dense": the embedding table's
gradient as nn.Embedding makes it by default; "sparse": with sparse=True and SparseAdam; "forward": no gradient at all.
Beneath: which share of the speed of products (torch.mm of PRODUCT, which is OpenBLAS's) whole steps of ours reach.
A figure is the least of many steps: other programs on the machine can only add to it.
Needs python3-torch with libopenblas0-openmp; libopenblas0-pthread is three times slower on two threads.
"""
import subprocess
import sys
import time

import openblas  # noqa: F401  before all that loads it

BATCH, STEPS, WIDTH, TERMS, CLASSES = 64, 40, 128, 30000, 2
KINDS = ["bag", "rnn", "gru", "lstm", "cnn", "transformer"]
MODES = ["dense", "sparse", "forward"]
PRODUCT = (BATCH * STEPS, 4 * WIDTH, WIDTH)  # rows, columns and depth of the greatest product of the six


def measure(threads, seconds):
    """Yields (kind, gradient, (milliseconds, milliseconds of processor time)) of PyTorch."""
    import torch
    from torch import nn

    torch.set_num_threads(threads)
    torch.manual_seed(1)

    class Model(nn.Module):
        def __init__(self, kind, sparse):
            super().__init__()
            self.kind = kind
            inside = WIDTH
            if kind == "bag":
                self.embedding = nn.EmbeddingBag(TERMS, WIDTH, mode="mean", sparse=sparse)
            else:
                self.embedding = nn.Embedding(TERMS, WIDTH, sparse=sparse)
            if kind in ("rnn", "gru", "lstm"):
                self.body = getattr(nn, kind.upper())(WIDTH, WIDTH, batch_first=True)
            if kind == "cnn":
                self.body = nn.ModuleList(nn.Conv1d(WIDTH, 100, width) for width in (3, 4, 5))
                inside = 300
            if kind == "transformer":
                self.positions = nn.Parameter(torch.randn(STEPS, WIDTH) * 0.02)
                layer = nn.TransformerEncoderLayer(WIDTH, 4, 4 * WIDTH, dropout=0.0, activation="gelu",
                                                   batch_first=True, norm_first=True)
                self.body = nn.TransformerEncoder(layer, 2)
            self.output = nn.Linear(inside, CLASSES)

        def forward(self, ids):
            x = self.embedding(ids)
            if self.kind == "rnn" or self.kind == "gru":
                x = self.body(x)[1][-1]
            elif self.kind == "lstm":
                x = self.body(x)[1][0][-1]
            elif self.kind == "cnn":
                x = x.transpose(1, 2)
                x = torch.cat([torch.relu(conv(x)).amax(2) for conv in self.body], 1)
            elif self.kind == "transformer":
                x = self.body(x + self.positions).mean(1)
            return self.output(x)

    ids = [torch.randint(0, TERMS, (BATCH, STEPS)) for _ in range(16)]
    labels = torch.randint(0, CLASSES, (BATCH,))
    loss = nn.CrossEntropyLoss()

    def best(step):
        for i in range(3):
            step(ids[i])
        wall, processor, end, i = 1e9, 1e9, time.perf_counter() + seconds, 0
        while i < 10 or time.perf_counter() < end:
            begin, processor_begin = time.perf_counter(), time.process_time()
            step(ids[i % len(ids)])
            wall = min(wall, time.perf_counter() - begin)
            processor = min(processor, time.process_time() - processor_begin)
            i += 1
        return wall * 1e3, processor * 1e3

    for kind in KINDS:
        for mode in MODES:
            model = Model(kind, mode == "sparse")
            table = [model.embedding.weight]
            others = [p for name, p in model.named_parameters() if name != "embedding.weight"]
            if mode == "sparse":
                optimizers = [torch.optim.SparseAdam(table, lr=1e-3), torch.optim.Adam(others, lr=1e-3)]
            else:
                optimizers = [torch.optim.Adam(table + others, lr=1e-3)]

            def train(batch):
                for optimizer in optimizers:
                    optimizer.zero_grad()
                loss(model(batch), labels).backward()
                for optimizer in optimizers:
                    optimizer.step()

            def forward(batch):
                with torch.no_grad():
                    model(batch)

            if mode == "forward":
                model.eval()
            yield kind, mode, best(forward if mode == "forward" else train)
    m, n, k = PRODUCT
    a, b, c = torch.randn(m, k), torch.randn(k, n), torch.empty(m, n)
    yield "products", "mm", best(lambda _: torch.mm(a, b, out=c))


def torch_alone(threads, seconds=1.0):
    for kind, mode, (wall, processor) in measure(threads, seconds):
        print(f"{kind}\t{threads}\t{mode}\t{wall:.3f}\t{processor:.3f}", flush=True)


def run(command):
    """{(kind, threads, gradient): (milliseconds, of processor time, thousand million operations)} of the lines about
    models, and the peak."""
    figures, peak = {}, 0.0
    for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines():
        cells = line.split("\t")
        if cells[0] in [*KINDS, "products"]:
            work = float(cells[3]) * float(cells[5]) * 1e-3 if len(cells) > 5 else 0.0
            figures[cells[0], int(cells[1]), cells[2]] = (float(cells[3]), float(cells[4]), work)
        elif cells[0] == "peak":
            peak = float(cells[2])
    return figures, peak


def take_best(figures, best):
    for key, value in figures.items():
        old = best.get(key, value)
        best[key] = (min(old[0], value[0]), min(old[1], value[1]), value[2])


def side_by_side(bench, rounds):
    ours, torch, peaks = {}, {}, {}
    for _ in range(rounds):
        for threads in (1, 2):
            take_best(run([sys.executable, __file__, "--threads", str(threads)])[0], torch)
            figures, peak = run([bench, str(threads)])
            take_best(figures, ours)
            peaks[threads] = max(peak, peaks.get(threads, 0.0))
    print("model\tthreads\tgradient\ttorch ms\tmalmoi ms\tratio\tratio of processor time")
    for (kind, threads, mode), (wall, processor, _) in torch.items():
        if kind == "products":
            continue
        mine = ours[kind, threads, "forward" if mode == "forward" else "train"]
        print(f"{kind}\t{threads}\t{mode}\t{wall:.2f}\t{mine[0]:.2f}\t{mine[0] / wall:.2f}\t{mine[1] / processor:.2f}")
    for threads, peak in peaks.items():
        speed = 2e-6 * PRODUCT[0] * PRODUCT[1] * PRODUCT[2] / torch["products", threads, "mm"][0]
        print(f"{threads} thread(s): torch.mm {speed:.0f} GFLOP/s, multiply-adds between registers {peak:.0f}")
        for (kind, of, mode), (wall, _, work) in ours.items():
            if of == threads and kind != "bag":
                print(f"{kind}\t{threads}\t{mode}\t{work / wall * 1e3:.0f} GFLOP/s\t{work / wall * 1e3 / speed:.2f} of torch.mm")


def main():
    if len(sys.argv) >= 3 and sys.argv[1] == "--threads":
        torch_alone(int(sys.argv[2]))
    elif len(sys.argv) == 1:
        for threads in (1, 2):
            subprocess.run([sys.executable, __file__, "--threads", str(threads)], check=True)
    else:
        side_by_side(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3)


if __name__ == "__main__":
    main()
