#include "neural/calibration.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>

#include "corpus/base/error.h"
#include "corpus/base/parallel.h"

namespace malmoi::neural {
namespace {

constexpr std::size_t kGrain = 1024;

std::size_t documents_of(const ClassRows& logits) {
  const auto classes = static_cast<std::size_t>(std::max(logits.classes, 0));
  if (classes < 2 || logits.values.size() % classes != 0) {
    throw Error(ErrorCode::invalid_argument, concat("fit_temperature: ", logits.values.size(), " logits of ",
                                                    logits.classes, " classes; wanted rows of at least two classes"));
  }
  return logits.values.size() / classes;
}

void validate(const ClassRows& logits, std::span<const std::int32_t> truth) {
  const std::size_t documents = documents_of(logits);
  if (documents == 0 || truth.size() != documents) {
    throw Error(ErrorCode::invalid_argument, concat("fit_temperature: ", truth.size(), " true classes for ", documents,
                                                    " documents; wanted one each, and some"));
  }
  for (const std::int32_t one : truth) {
    if (one >= 0 && one < logits.classes) continue;
    throw Error(ErrorCode::invalid_argument,
                concat("fit_temperature: true class ", one, "; wanted one from 0 to ", logits.classes - 1));
  }
  if (!std::all_of(logits.values.begin(), logits.values.end(), [](float logit) { return std::isfinite(logit); })) {
    throw Error(ErrorCode::invalid_argument, "fit_temperature: a logit is infinite or NaN; wanted numbers");
  }
}

// The mean log loss as a function of β = 1 / temperature.
struct Loss {
  double value = 0.0;      // plain
  double slope = 0.0;      // with smoothed targets t: mean over documents of E[z] - Σ t z, E by softmax(βz)
  double curvature = 0.0;  // of Var[z] ≥ 0
};

// smoothing  what the classes that are not true share of the target
Loss document_loss(std::span<const float> row, std::size_t truth, double beta, double smoothing) {
  const auto highest = static_cast<double>(*std::max_element(row.begin(), row.end()));
  double sum = 0.0;
  double first = 0.0;
  double second = 0.0;
  double all = 0.0;
  for (const float logit : row) {
    const double below = static_cast<double>(logit) - highest;
    const double power = std::exp(beta * below);
    all += below;
    sum += power;
    first += power * below;
    second += power * below * below;
  }
  const double mean = first / sum;
  const double own = static_cast<double>(row[truth]) - highest;
  const double target = (1.0 - smoothing) * own + smoothing * (all - own) / static_cast<double>(row.size() - 1);
  return {std::log(sum) - beta * own, mean - target, std::max(0.0, second / sum - mean * mean)};
}

Loss loss_at(double beta, const ClassRows& logits, std::span<const std::int32_t> truth, const RunContext& context) {
  const auto classes = static_cast<std::size_t>(logits.classes);
  const double smoothing = 1.0 / (static_cast<double>(truth.size()) + 2.0);
  std::vector<Loss> parts(chunk_count(truth.size(), kGrain));
  parallel_for(truth.size(), kGrain, context, [&](const Chunk& chunk) {
    Loss sum;
    for (std::size_t d = chunk.begin; d < chunk.end; ++d) {
      const std::span<const float> row = logits.values.subspan(d * classes, classes);
      const Loss one = document_loss(row, static_cast<std::size_t>(truth[d]), beta, smoothing);
      sum.value += one.value;
      sum.slope += one.slope;
      sum.curvature += one.curvature;
    }
    parts[chunk.index] = sum;
  });
  Loss mean;
  const auto documents = static_cast<double>(truth.size());
  for (const Loss& part : parts) {
    mean.value += part.value / documents;
    mean.slope += part.slope / documents;
    mean.curvature += part.curvature / documents;
  }
  return mean;
}

// ---- pools ---------------------------------------------------------------------------------------------------------

// The loss of a pool with its slope and curvature at some weights.
struct PoolLoss {
  double value = 0;
  Eigen::VectorXd slope;
  Eigen::MatrixXd curvature;
};

class Pool {
 public:
  Pool(std::span<const std::vector<float>> scores, std::int32_t classes, std::span<const std::int32_t> truth)
      : scores_(scores), classes_(static_cast<std::size_t>(classes)), truth_(truth) {}

  [[nodiscard]] Eigen::VectorXd equal() const {
    const auto members = static_cast<Eigen::Index>(scores_.size());
    return Eigen::VectorXd::Constant(members, 1.0 / static_cast<double>(members));
  }

  [[nodiscard]] PoolLoss at(const Eigen::VectorXd& weights) const {
    constexpr double kPenalty = 10;
    const Eigen::VectorXd away = weights - equal();
    const auto members = weights.size();
    PoolLoss loss{0.5 * kPenalty * away.squaredNorm(), kPenalty * away,
                  kPenalty * Eigen::MatrixXd::Identity(members, members)};
    Eigen::MatrixXd rows(static_cast<Eigen::Index>(classes_), members);
    for (std::size_t row = 0; row < truth_.size(); ++row) {
      for (Eigen::Index m = 0; m < members; ++m) {
        for (std::size_t k = 0; k < classes_; ++k) {
          rows(static_cast<Eigen::Index>(k), m) =
              static_cast<double>(scores_[static_cast<std::size_t>(m)][row * classes_ + k]);
        }
      }
      const Eigen::VectorXd sums = rows * weights;
      const double highest = sums.maxCoeff();
      Eigen::VectorXd p = (sums.array() - highest).exp();
      const double total = p.sum();
      p /= total;
      const auto truth = static_cast<Eigen::Index>(truth_[row]);
      loss.value += std::log(total) - (sums[truth] - highest);
      const Eigen::VectorXd mean = rows.transpose() * p;
      loss.slope += mean - rows.row(truth).transpose();
      loss.curvature += rows.transpose() * p.asDiagonal() * rows - mean * mean.transpose();
    }
    return loss;
  }

 private:
  std::span<const std::vector<float>> scores_;
  std::size_t classes_;
  std::span<const std::int32_t> truth_;
};

}  // namespace

Temperature fit_temperature(const ClassRows& logits, std::span<const std::int32_t> truth, const RunContext& context) {
  constexpr double kTolerance = 1e-10;
  constexpr std::int32_t kMostSteps = 200;
  validate(logits, truth);
  double low = 1.0 / kHighestTemperature;  // bracket of β
  double high = 1.0 / kLowestTemperature;
  const Loss start = loss_at(1.0, logits, truth, context);
  if (start.slope == 0.0) return {.log_loss_before = start.value, .log_loss = start.value};
  const double bound = start.slope > 0.0 ? low : high;
  const Loss at_bound = loss_at(bound, logits, truth, context);
  if (at_bound.slope * start.slope >= 0.0) {  // it falls all the way
    return {.value = 1.0 / bound, .log_loss_before = start.value, .log_loss = at_bound.value, .steps = 1};
  }
  double beta = 1.0;
  Loss loss = start;
  std::int32_t steps = 1;
  for (double change = 1.0; change > kTolerance && steps < kMostSteps; ++steps) {
    (loss.slope > 0.0 ? high : low) = beta;
    double next = beta - loss.slope / loss.curvature;
    if (!(next >= low && next <= high)) next = std::sqrt(low * high);  // also where there is no curvature
    change = std::abs(next - beta) / beta;
    beta = next;
    loss = loss_at(beta, logits, truth, context);
  }
  return {.value = 1.0 / beta, .log_loss_before = start.value, .log_loss = loss.value, .steps = steps};
}

std::vector<float> softmax_at(const ClassRows& logits, double temperature, const RunContext& context) {
  const std::size_t documents = documents_of(logits);
  if (!(temperature > 0.0)) {
    throw Error(ErrorCode::invalid_argument, concat("softmax_at: temperature ", temperature, "; wanted more than 0"));
  }
  const auto classes = static_cast<std::size_t>(logits.classes);
  std::vector<float> probabilities(logits.values.size());
  parallel_for(documents, kGrain, context, [&](const Chunk& chunk) {
    std::vector<double> powers(classes);
    for (std::size_t d = chunk.begin; d < chunk.end; ++d) {
      const std::span<const float> row = logits.values.subspan(d * classes, classes);
      const auto highest = static_cast<double>(*std::max_element(row.begin(), row.end()));
      double sum = 0.0;
      for (std::size_t c = 0; c < classes; ++c) {
        powers[c] = std::exp((static_cast<double>(row[c]) - highest) / temperature);
        sum += powers[c];
      }
      for (std::size_t c = 0; c < classes; ++c) probabilities[d * classes + c] = static_cast<float>(powers[c] / sum);
    }
  });
  return probabilities;
}

std::vector<double> fit_pool(std::span<const std::vector<float>> scores, std::int32_t classes,
                             std::span<const std::int32_t> truth) {
  const auto refuse = [](const std::string& problem) {
    throw Error(ErrorCode::invalid_argument, concat("fit_pool: ", problem));
  };
  if (scores.empty() || classes < 2) refuse("wanted are a member or more and two classes or more");
  for (const std::vector<float>& member : scores) {
    if (member.size() != truth.size() * static_cast<std::size_t>(classes)) {
      refuse(concat(member.size(), " scores for ", truth.size(), " rows of ", classes, " classes"));
    }
  }
  for (const std::int32_t one : truth) {
    if (one < 0 || one >= classes) refuse(concat("class ", one, " of ", classes));
  }
  constexpr int kSteps = 50;
  constexpr double kNear = 1e-12;
  const Pool pool(scores, classes, truth);
  Eigen::VectorXd weights = pool.equal();
  PoolLoss loss = pool.at(weights);
  for (int step = 0; step < kSteps; ++step) {
    Eigen::VectorXd change = loss.curvature.ldlt().solve(loss.slope);
    PoolLoss next = pool.at(weights - change);
    for (int halved = 0; !(next.value <= loss.value) && halved < kSteps; ++halved) {
      change /= 2;
      next = pool.at(weights - change);
    }
    if (!(next.value < loss.value)) break;
    weights -= change;
    loss = std::move(next);
    if (change.squaredNorm() < kNear * kNear) break;
  }
  return {weights.begin(), weights.end()};
}

}  // namespace malmoi::neural
