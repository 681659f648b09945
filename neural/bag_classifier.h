#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "corpus/base/run_context.h"
#include "vectorize/doc_term_matrix.h"

namespace malmoi::neural {

enum class BagLoss {
  softmax,       ///< one class a row
  hierarchical,  ///< one class a row, by decisions along Huffman's tree of the classes: for many classes
  sigmoid        ///< any number of labels a row
};

struct BagOptions {
  BagLoss loss = BagLoss::softmax;  ///< sigmoid is for fit_bag_labels, and only for it
  std::int32_t dimensions = 10;     ///< 1 … 4,096
  std::int32_t epochs = 5;          ///< ≥ 1
  double rate = 0.1;                ///< at the start; falls to 0 evenly. > 0
  double dropout = 0.0;             ///< share of a row's features left out at random in each epoch, [0, 1)
  std::int32_t batch = 32;          ///< rows whose features change together: another number is another result. ≥ 1
  std::uint64_t seed = 1;
};

/// A classifier by the mean of the vectors of a row's features, plain data:
///   hidden = Σ x(j) vector(j) / Σ x(j),   score(k) = hidden · output(k)
struct BagModel {
  BagLoss loss = BagLoss::softmax;
  std::int32_t features = 0;
  std::int32_t classes = 0;
  std::int32_t dimensions = 0;
  std::vector<float> vectors;        ///< [features × dimensions]
  std::vector<float> outputs;        ///< [classes × dimensions]; hierarchical: of the inner nodes [classes - 1 × …]
  std::vector<std::int64_t> counts;  ///< [classes] rows of each class in training: hierarchical takes its tree of them
};

struct BagFit {
  BagModel model;
  std::vector<double> losses;  ///< [epochs] mean of -ln p over the rows as they were met
  double rate = 0.0;           ///< at the start: options.rate, or what was left of it
};

/// Learns feature vectors and outputs together by stochastic gradient descent, as fastText's `supervised`. Where the
/// loss is not finite all begins anew with half the rate; after the fifth time it is an error.
///
/// rows     [documents × features] ≥ 0, e.g. of BagFeatures or TextFeatures; an empty row is passed over
/// labels   [documents] in [0, classes)
/// Returns  the same bytes for every number of threads
/// Throws   invalid_argument: an option, size, label or value out of range, a loss that is not finite; canceled
/// Cost     an epoch: about 4 · non-zeros · dimensions operations
///
/// A batch is done in three steps: all hidden vectors; then, row by row as in the plain algorithm, the outputs; then
/// all feature vectors, a part of the features each thread, every feature by the rows in their order.
/// Source   Joulin et al., EACL 2017
[[nodiscard]] BagFit fit_bag(const vectorize::SparseMatrix& rows, std::span<const std::int32_t> labels,
                             std::int32_t classes, const BagOptions& options, const RunContext& context = {});

/// The same for any number of labels a row. truth: [documents × labels] by rows, 0 and 1
[[nodiscard]] BagFit fit_bag_labels(const vectorize::SparseMatrix& rows, std::span<const std::uint8_t> truth,
                                    std::int32_t labels, const BagOptions& options, const RunContext& context = {});

/// Probabilities of the classes of each row, [rows × classes]; an empty row gives those of hidden = 0. The same for
/// every number of threads.
/// Throws invalid_argument: the matrix has other columns than the model features
[[nodiscard]] std::vector<float> predict_bag(const BagModel& model, const vectorize::SparseMatrix& rows,
                                             const RunContext& context = {});

}  // namespace malmoi::neural
