// Milliseconds a training step, and forward alone, of six small text models: batch 64, length 40, embedding and hidden
// width 128, vocabulary 30,000, two classes, Adam with sparse rows of the embedding.
//
// usage: neural_bench [THREADS [MODEL ...]]   TSV: model, threads, train or forward, milliseconds, milliseconds of
//                                             processor time, GFLOP/s of the matrix products in it, share of the
//                                             peak; beneath the peak itself
//        neural_bench products [THREADS]      TSV: m, n, k and forms of products, GFLOP/s of ours and of Eigen's
// A figure is the least of many steps: other programs on the machine can only add to it. The peak is that of
// multiply-add instructions between registers. tests/bench/neural_peers.py puts PyTorch beside it.
#include <Eigen/Core>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/base/parallel.h"
#include "neural/attention.h"
#include "neural/convolution.h"
#include "neural/gemm.h"
#include "neural/layers.h"
#include "neural/ops.h"
#include "neural/ops_loss.h"
#include "neural/optimizer.h"
#include "neural/recurrent.h"
#include "neural/simd.h"

namespace {

using namespace malmoi;
using namespace malmoi::neural;

constexpr std::size_t kBatch = 64;
constexpr std::size_t kSteps = 40;
constexpr std::size_t kWidth = 128;
constexpr std::size_t kTerms = 30000;
constexpr std::size_t kClasses = 2;
constexpr std::size_t kFilters = 100;
constexpr double kSeconds = 1.0;  // for each figure

// Of all threads of this process, as the system has charged it.
double processor_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct Seconds {
  double wall = 1e9;
  double processor = 1e9;  // of all threads together
};

// Seconds of the fastest of many calls; the call that took the least processor time may be another one.
Seconds least(const std::function<void(std::size_t)>& call) {
  for (std::size_t i = 0; i < 3; ++i) call(i);
  Seconds best;
  const double end = now() + kSeconds;
  for (std::size_t i = 0; i < 10 || now() < end; ++i) {
    const double begin = now();
    const double processor_begin = processor_seconds();
    call(i);
    best.wall = std::min(best.wall, now() - begin);
    best.processor = std::min(best.processor, processor_seconds() - processor_begin);
  }
  return best;
}

// Multiply-add on as many independent vectors as keep both units busy.
double peak_of_one_thread() {
  constexpr int kSums = kVectorRegisters == 32 ? 24 : 12;
  constexpr long kRounds = 100000;
  const Seconds seconds = least([](std::size_t) {
    VectorReal sums[kSums] = {};
    for (VectorReal& sum : sums) asm volatile("" : "+v"(sum));  // nor that they are alike
    VectorReal factor = broadcast(Real(0.999));
    const VectorReal term = broadcast(Real(0.5));
    for (long round = 0; round < kRounds; ++round) {
      asm volatile("" : "+v"(factor));  // the compiler must not foresee the sums
#pragma GCC unroll 24
      for (int i = 0; i < kSums; ++i) sums[i] = sums[i] * factor + term;
    }
    for (VectorReal& sum : sums) asm volatile("" : "+v"(sum));
  });
  return 2.0 * kSums * kLanes * kRounds / seconds.wall * 1e-9;
}

// Of all threads at once: they may share units.
double peak(const RunContext& context) {
  std::vector<double> peaks(static_cast<std::size_t>(context.threads));
  parallel_for(peaks.size(), 1, context, [&](const Chunk& chunk) { peaks[chunk.index] = peak_of_one_thread(); });
  double sum = 0.0;
  for (const double one : peaks) sum += one;
  return sum;
}

struct Batch {
  std::vector<std::int32_t> ids;
  std::vector<std::size_t> starts;
};

struct Model {
  std::string name;
  double flop;  // of the matrix products of one step, forward and backward
  std::function<Variable(Graph&, const Batch&)> logits;
  std::vector<Parameter*> parameters;
};

// x · W forward is one product of 2 m n k operations, backward it is two.
double trained_product(std::size_t m, std::size_t n, std::size_t k) {
  return 6.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
}

Model make_bag(Rng& rng) {
  const auto bag = std::make_shared<EmbeddingBag>(kTerms, kWidth, rng);
  const auto out = std::make_shared<Linear>(kWidth, kClasses, rng);
  return {"bag", trained_product(kBatch, kClasses, kWidth),
          [=](Graph& graph, const Batch& batch) { return out->forward(bag->forward(graph, batch.ids, batch.starts)); },
          join({bag->parameters("bag"), out->parameters("out")})};
}

Model make_recurrent(const char* name, CellKind kind, Rng& rng) {
  const auto embedding = std::make_shared<Embedding>(kTerms, kWidth, rng);
  const auto layer =
      std::make_shared<Recurrent>(RecurrentOptions{.kind = kind, .inputs = kWidth, .hidden = kWidth}, rng);
  const auto out = std::make_shared<Linear>(kWidth, kClasses, rng);
  return {name, trained_product(kBatch * kSteps, gate_count(kind) * kWidth, 2 * kWidth),
          [=](Graph& graph, const Batch& batch) {
            return out->forward(layer->forward(embedding->forward(graph, batch.ids, kBatch)).ends[0].hidden);
          },
          join({embedding->parameters("embedding"), layer->parameters("layer"), out->parameters("out")})};
}

Model make_cnn(Rng& rng) {
  const auto embedding = std::make_shared<Embedding>(kTerms, kWidth, rng);
  const auto layers = std::make_shared<std::vector<Conv1d>>();
  double flop = 0.0;
  for (const std::size_t window : {3, 4, 5}) {
    layers->emplace_back(window, kWidth, kFilters, rng);
    // Backwards only the winning windows matter: what is left out there is not counted.
    flop += trained_product(kBatch * (kSteps - window + 1), kFilters, window * kWidth) / 3.0;
  }
  const auto out = std::make_shared<Linear>(3 * kFilters, kClasses, rng);
  std::vector<Parameter*> parameters = join({embedding->parameters("embedding"), out->parameters("out")});
  for (std::size_t i = 0; i < layers->size(); ++i) {
    for (Parameter* parameter : (*layers)[i].parameters(std::to_string(i))) parameters.push_back(parameter);
  }
  return {"cnn", flop,
          [=](Graph& graph, const Batch& batch) {
            const Variable x = embedding->forward(graph, batch.ids, kBatch);
            std::vector<Variable> features;
            for (Conv1d& layer : *layers) features.push_back(relu(layer.forward_max(x)));
            return out->forward(concatenate(features, 1));
          },
          parameters};
}

Model make_transformer(Rng& rng) {
  const auto embedding = std::make_shared<Embedding>(kTerms, kWidth, rng);
  const auto positions = std::make_shared<LearnedPositions>(kSteps, kWidth, rng);
  const TransformerOptions options = {.width = kWidth, .heads = 4, .inner = 4 * kWidth, .dropout = 0.0};
  const auto first = std::make_shared<TransformerBlock>(options, rng);
  const auto second = std::make_shared<TransformerBlock>(options, rng);
  const auto out = std::make_shared<Linear>(kWidth, kClasses, rng);
  const std::size_t rows = kBatch * kSteps;
  const double layer = trained_product(rows, 4 * kWidth, kWidth) + 2.0 * trained_product(rows, 4 * kWidth, kWidth) +
                       2.0 * trained_product(rows, kSteps, kWidth);
  return {"transformer", 2.0 * layer,
          [=](Graph& graph, const Batch& batch) {
            const Variable x = positions->forward(embedding->forward(graph, batch.ids, kBatch));
            return out->forward(mean_over_time(second->forward(first->forward(x))));
          },
          join({embedding->parameters("embedding"), positions->parameters("positions"), first->parameters("0"),
                second->parameters("1"), out->parameters("out")})};
}

std::vector<Batch> random_batches(Rng& rng) {
  std::vector<Batch> batches(16);
  for (Batch& batch : batches) {
    for (std::size_t i = 0; i < kBatch * kSteps; ++i) {
      batch.ids.push_back(static_cast<std::int32_t>(rng.uniform_index(kTerms)));
    }
    for (std::size_t i = 0; i <= kBatch; ++i) batch.starts.push_back(i * kSteps);
  }
  return batches;
}

void measure(const Model& model, const std::vector<Batch>& batches, double peak_speed, const RunContext& context) {
  const std::vector<std::int32_t> labels(kBatch, 1);
  Optimizer optimizer(model.parameters, {});
  Graph training(Mode::train, Rng(1), context);
  const Seconds train = least([&](std::size_t i) {
    training.restart(Rng(i));
    training.backward(softmax_cross_entropy(model.logits(training, batches[i % batches.size()]), labels));
    optimizer.step(1e-3, context);
  });
  Graph evaluation(Mode::evaluate, Rng(1), context);
  const Seconds forward = least([&](std::size_t i) {
    evaluation.restart(Rng(i));
    (void)model.logits(evaluation, batches[i % batches.size()]);
  });
  const auto print = [&](const char* what, const Seconds& seconds, double flop) {
    std::printf("%s\t%d\t%s\t%.3f\t%.3f\t%.1f\t%.2f\n", model.name.c_str(), context.threads, what, seconds.wall * 1e3,
                seconds.processor * 1e3, flop / seconds.wall * 1e-9, flop / seconds.wall * 1e-9 / peak_speed);
    std::fflush(stdout);
  };
  print("train", train, model.flop);
  print("forward", forward, model.name == "cnn" ? model.flop : model.flop / 3.0);
}

void measure_models(int threads, const std::vector<std::string_view>& wanted) {
  const RunContext context = {.threads = threads};
  Rng rng(1);
  const std::vector<Batch> batches = random_batches(rng);
  const double peak_speed = peak(context);
  const std::vector<std::function<Model()>> makers = {[&] { return make_bag(rng); },
                                                      [&] { return make_recurrent("rnn", CellKind::rnn, rng); },
                                                      [&] { return make_recurrent("gru", CellKind::gru, rng); },
                                                      [&] { return make_recurrent("lstm", CellKind::lstm, rng); },
                                                      [&] { return make_cnn(rng); },
                                                      [&] { return make_transformer(rng); }};
  for (const auto& make : makers) {
    const Model model = make();
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), model.name) == wanted.end()) continue;
    measure(model, batches, peak_speed, context);
  }
  std::printf("peak\t%d\t%.1f\n", threads, peak_speed);
}

struct ProductCase {
  ProductShape shape;
  MatrixOp a;
  MatrixOp b;
};

void measure_product(const ProductCase& test, double peak_speed, const RunContext& context) {
  using Matrix = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const auto [m, n, k] = test.shape;
  const bool ta = test.a == MatrixOp::transposed;
  const bool tb = test.b == MatrixOp::transposed;
  const Matrix a = ta ? Matrix::Random(k, m) : Matrix::Random(m, k);
  const Matrix b = tb ? Matrix::Random(n, k) : Matrix::Random(k, n);
  Matrix c(m, n);
  const double ours =
      least([&](std::size_t) {
        gemm(test.shape, {a.data(), a.cols(), test.a}, {b.data(), b.cols(), test.b}, {c.data(), c.cols()}, context);
      }).wall;
  const double eigen = least([&](std::size_t) {
                         if (ta) {
                           c.noalias() = a.transpose() * b;
                         } else if (tb) {
                           c.noalias() = a * b.transpose();
                         } else {
                           c.noalias() = a * b;
                         }
                       }).wall;
  const double work = 2e-9 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
  std::printf("%td\t%td\t%td\t%s\t%.1f\t%.2f\t%.1f\t%.2f\n", m, n, k,
              ta   ? "tn"
              : tb ? "nt"
                   : "nn",
              work / ours, work / ours / peak_speed, work / eigen, work / eigen / peak_speed);
}

void measure_products(int threads) {
  const RunContext context = {.threads = threads};
  const double peak_speed = peak(context);
  constexpr MatrixOp n = MatrixOp::none;
  constexpr MatrixOp t = MatrixOp::transposed;
  std::printf("m\tn\tk\tforms\tours\tof peak\tEigen\tof peak\n");
  for (const ProductCase& test : {ProductCase{{2560, 128, 128}, n, n},
                                  {{2560, 512, 128}, n, n},
                                  {{2560, 128, 512}, n, n},
                                  {{2560, 128, 512}, n, t},
                                  {{2560, 512, 128}, n, t},
                                  {{128, 512, 2560}, t, n},
                                  {{128, 128, 2560}, t, n},
                                  {{512, 128, 2560}, t, n},
                                  {{64, 512, 128}, n, n},
                                  {{16, 512, 128}, n, n},
                                  {{64, 128, 512}, n, t},
                                  {{2432, 100, 384}, n, n},
                                  {{40, 40, 32}, n, t},
                                  {{40, 32, 40}, n, n},
                                  {{1024, 1024, 1024}, n, n}}) {
    measure_product(test, peak_speed, context);
  }
  std::printf("peak\t%d\t%.1f\n", threads, peak_speed);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  const bool products = !arguments.empty() && arguments[0] == "products";
  const std::size_t at = products ? 1 : 0;
  const int threads = arguments.size() > at ? std::atoi(argv[1 + at]) : 1;
  if (threads < 1) {
    std::cerr << "usage: neural_bench [THREADS [MODEL ...]] | products [THREADS]\n";
    return 2;
  }
  if (products) {
    measure_products(threads);
  } else {
    measure_models(threads, {arguments.begin() + std::min<std::ptrdiff_t>(1, std::ssize(arguments)), arguments.end()});
  }
  return 0;
}
