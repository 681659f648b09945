#include "vectorize/weighting.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>

#include "corpus/base/error.h"
#include "corpus/base/parallel.h"

namespace malmoi::vectorize {
namespace {

constexpr std::size_t kRowsPerChunk = 4096;

void require_counts(const DocTermMatrix& matrix, std::string_view function) {
  if (matrix.weighting == Weighting::count) return;
  throw Error(ErrorCode::invalid_argument, concat(function, ": the matrix is weighted already, wanted counts"));
}

void validate(const WeightingOptions& options) {
  if (!std::isfinite(options.k1) || options.k1 < 0.0 || !(options.b >= 0.0 && options.b <= 1.0)) {
    throw Error(ErrorCode::invalid_argument,
                concat("BM25: k1 = ", options.k1, ", b = ", options.b, ", wanted k1 >= 0 and b in [0, 1]"));
  }
}

// A term's weight from its document frequency; +inf or NaN for df = 0 in the unsmoothed forms.
double global_from_df(GlobalWeight global, double documents, double df) {
  switch (global) {
    case GlobalWeight::none:
      return 1.0;
    case GlobalWeight::smooth:
      return std::log((1.0 + documents) / (1.0 + df)) + 1.0;
    case GlobalWeight::unsmoothed:
      return std::log(documents / df) + 1.0;
    case GlobalWeight::classic:
      return std::log(documents / df);
    case GlobalWeight::probabilistic:
      return df >= documents ? 0.0 : std::max(0.0, std::log((documents - df) / df));
    case GlobalWeight::bm25:
      return std::log1p((documents - df + 0.5) / (df + 0.5));
    case GlobalWeight::entropy:
      break;  // needs more than df
  }
  return 1.0;
}

std::vector<double> weights_from_df(const SparseMatrix& counts, GlobalWeight global) {
  std::vector<std::int32_t> df(static_cast<std::size_t>(counts.cols()), 0);
  for (Eigen::Index i = 0; i < counts.nonZeros(); ++i) ++df[static_cast<std::size_t>(counts.innerIndexPtr()[i])];
  std::vector<double> weights(df.size());
  std::transform(df.begin(), df.end(), weights.begin(), [&](std::int32_t count) {
    const double weight = global_from_df(global, static_cast<double>(counts.rows()), count);
    return std::isfinite(weight) ? weight : 0.0;
  });
  return weights;
}

std::vector<double> entropy_weights(const SparseMatrix& counts) {
  const auto terms = static_cast<std::size_t>(counts.cols());
  std::vector<double> weights(terms, 1.0);
  if (counts.rows() < 2) return weights;
  const std::span columns(counts.innerIndexPtr(), static_cast<std::size_t>(counts.nonZeros()));
  std::vector<double> occurrences(terms, 0.0);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    occurrences[static_cast<std::size_t>(columns[i])] += counts.valuePtr()[i];
  }
  const double most = std::log(static_cast<double>(counts.rows()));
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto term = static_cast<std::size_t>(columns[i]);
    const double p = counts.valuePtr()[i] / occurrences[term];
    weights[term] += p * std::log(p) / most;
  }
  return weights;
}

// What a local weight needs to know of its document.
struct RowFigures {
  double length = 0.0;
  double largest = 0.0;
  double distinct = 0.0;
};

RowFigures figures(std::span<const float> counts) {
  RowFigures row{0.0, 0.0, static_cast<double>(counts.size())};
  for (const float count : counts) {
    row.length += count;
    row.largest = std::max<double>(row.largest, count);
  }
  return row;
}

// Writes the local weights of a row: one loop a formula, the choice outside.
void weigh_locally(const TermWeighting& weighting, std::span<const float> counts, std::span<double> weights) {
  const auto fill = [&](const auto& formula) {
    std::transform(counts.begin(), counts.end(), weights.begin(), formula);
  };
  const RowFigures row = figures(counts);
  const WeightingOptions& options = weighting.options;
  // Half of all counts are 1; their logarithm need not be computed.
  const auto log_count = [](double tf) { return tf == 1.0 ? 1.0 : 1.0 + std::log(tf); };
  switch (options.local) {
    case LocalWeight::binary:
      return fill([](double) { return 1.0; });
    case LocalWeight::count:
      return fill([](double tf) { return tf; });
    case LocalWeight::log:
      return fill(log_count);
    case LocalWeight::augmented:
      return fill([&](double tf) { return 0.5 + 0.5 * tf / row.largest; });
    case LocalWeight::log_average: {
      const double mean = 1.0 + std::log(row.length / row.distinct);
      return fill([&](double tf) { return log_count(tf) / mean; });
    }
    case LocalWeight::bm25: {
      const double relative_length = weighting.mean_length > 0.0 ? row.length / weighting.mean_length : 1.0;
      const double saturation = options.k1 * (1.0 - options.b + options.b * relative_length);
      return fill([&](double tf) { return tf * (options.k1 + 1.0) / (tf + saturation); });
    }
  }
}

double norm(Normalization normalization, std::span<const double> weights) {
  double sum = 0.0;
  switch (normalization) {
    case Normalization::none:
      return 1.0;
    case Normalization::l1:
      for (const double weight : weights) sum += std::abs(weight);
      return sum;
    case Normalization::l2:
      for (const double weight : weights) sum += weight * weight;
      return std::sqrt(sum);
    case Normalization::max:
      for (const double weight : weights) sum = std::max(sum, std::abs(weight));
      return sum;
  }
  return 1.0;
}

void weigh_row(const TermWeighting& weighting, std::span<const TermId> columns, std::span<float> values,
               std::vector<double>& weights) {
  weights.resize(values.size());
  weigh_locally(weighting, values, weights);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    weights[i] *= weighting.global_weight[static_cast<std::size_t>(columns[i])];
  }
  const double size = norm(weighting.options.normalization, weights);
  const double scale = size > 0.0 ? 1.0 / size : 0.0;  // all weights 0, e.g. an idf of 0: they stay 0
  for (std::size_t i = 0; i < weights.size(); ++i) values[i] = static_cast<float>(weights[i] * scale);
}

std::optional<LocalWeight> local_of(char letter) {
  switch (letter) {
    case 'b':
      return LocalWeight::binary;
    case 'n':
      return LocalWeight::count;
    case 'l':
      return LocalWeight::log;
    case 'a':
      return LocalWeight::augmented;
    case 'L':
      return LocalWeight::log_average;
    default:
      return std::nullopt;
  }
}

std::optional<GlobalWeight> global_of(char letter) {
  switch (letter) {
    case 'n':
      return GlobalWeight::none;
    case 't':
      return GlobalWeight::classic;
    case 'p':
      return GlobalWeight::probabilistic;
    default:
      return std::nullopt;
  }
}

std::optional<Normalization> normalization_of(char letter) {
  switch (letter) {
    case 'n':
      return Normalization::none;
    case 'c':
      return Normalization::l2;
    default:
      return std::nullopt;
  }
}

Weighting kind_of(const WeightingOptions& options) {
  if (options.local == LocalWeight::bm25) return Weighting::bm25;
  const bool plain = options.local == LocalWeight::count && options.global == GlobalWeight::none &&
                     options.normalization == Normalization::none;
  return plain ? Weighting::count : Weighting::tf_idf;
}

}  // namespace

WeightingOptions bm25_options(double k1, double b) {
  return {LocalWeight::bm25, GlobalWeight::bm25, Normalization::none, k1, b};
}

WeightingOptions parse_smart(std::string_view letters) {
  if (letters.size() != 3) {
    throw Error(ErrorCode::invalid_argument,
                concat("SMART weighting \"", letters, "\": wanted three letters, e.g. ltc"));
  }
  const auto local = local_of(letters[0]);
  const auto global = global_of(letters[1]);
  const auto normalization = normalization_of(letters[2]);
  if (local && global && normalization) return {*local, *global, *normalization};
  const std::size_t wrong = !local ? 0 : !global ? 1 : 2;
  constexpr std::string_view kWanted[] = {"b, n, l, a or L", "n, t or p", "n or c"};
  throw Error(ErrorCode::invalid_argument, concat("SMART weighting \"", letters, "\": letter ", wrong + 1, " is '",
                                                  letters[wrong], "', wanted ", kWanted[wrong]));
}

TermWeighting fit_weighting(const DocTermMatrix& counts, const WeightingOptions& options, const RunContext& context) {
  require_counts(counts, "fit_weighting");
  validate(options);
  throw_if_stopped(context);
  TermWeighting weighting{options, counts.values.rows(), 0.0, {}};
  weighting.global_weight = options.global == GlobalWeight::entropy ? entropy_weights(counts.values)
                                                                    : weights_from_df(counts.values, options.global);
  if (counts.values.rows() > 0) {
    double tokens = 0.0;  // whole numbers: exact in any order
    for (Eigen::Index i = 0; i < counts.values.nonZeros(); ++i) tokens += counts.values.valuePtr()[i];
    weighting.mean_length = tokens / static_cast<double>(counts.values.rows());
  }
  return weighting;
}

DocTermMatrix apply_weighting(const TermWeighting& weighting, const DocTermMatrix& counts, const RunContext& context) {
  require_counts(counts, "apply_weighting");
  if (static_cast<std::size_t>(counts.values.cols()) != weighting.global_weight.size()) {
    throw Error(ErrorCode::invalid_argument, concat("apply_weighting: the matrix has ", counts.values.cols(),
                                                    " terms, the weighting ", weighting.global_weight.size()));
  }
  DocTermMatrix result{counts.values, kind_of(weighting.options), counts.row_ids};
  const std::int32_t* offsets = result.values.outerIndexPtr();
  parallel_for(static_cast<std::size_t>(counts.values.rows()), kRowsPerChunk, context, [&](const Chunk& chunk) {
    std::vector<double> weights;
    for (std::size_t r = chunk.begin; r < chunk.end; ++r) {
      const auto size = static_cast<std::size_t>(offsets[r + 1] - offsets[r]);
      weigh_row(weighting, {result.values.innerIndexPtr() + offsets[r], size},
                {result.values.valuePtr() + offsets[r], size}, weights);
    }
  });
  return result;
}

}  // namespace malmoi::vectorize
