// g++ 12 takes the registers of AVX-512 sums in Eigen's products for uninitialised (GCC bug 105593).
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include "topics/topic_map.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "corpus/base/error.h"
#include "corpus/base/parallel.h"
#include "topics/lanes.h"

namespace malmoi::topics {
namespace {

// The terms of one topic that stand out, ascending, and the value of all others.
struct TopicTerms {
  float base = 0.0F;
  std::vector<std::int32_t> terms;
  std::vector<float> values;
};

std::vector<TopicTerms> split_topics(const DenseMatrix& phi, const RunContext& context) {
  constexpr std::size_t kTopics = 64;  // of a chunk: whole cache lines of a row
  std::vector<TopicTerms> topics(static_cast<std::size_t>(phi.cols()));
  parallel_for(topics.size(), kTopics, context, [&](const Chunk& chunk) {
    const auto value = [&](Eigen::Index w, std::size_t k) { return phi(w, static_cast<Eigen::Index>(k)); };
    for (std::size_t k = chunk.begin; k < chunk.end; ++k) topics[k].base = phi.rows() == 0 ? 0.0F : value(0, k);
    for (Eigen::Index w = 0; w < phi.rows(); ++w) {
      for (std::size_t k = chunk.begin; k < chunk.end; ++k) {
        if (!(value(w, k) >= 0.0F && std::isfinite(value(w, k)))) {
          throw Error(ErrorCode::invalid_argument, concat("topic_distances: φ of term ", w, " in topic ", k, " is ",
                                                          value(w, k), ", wanted a probability"));
        }
        topics[k].base = std::min(topics[k].base, value(w, k));
      }
    }
    for (Eigen::Index w = 0; w < phi.rows(); ++w) {
      for (std::size_t k = chunk.begin; k < chunk.end; ++k) {
        if (value(w, k) == topics[k].base) continue;
        topics[k].terms.push_back(static_cast<std::int32_t>(w));
        topics[k].values.push_back(value(w, k));
      }
    }
  });
  return topics;
}

// ---- sums over blocks of terms --------------------------------------------------------------------------------------

constexpr std::size_t kBlock = 128;
struct alignas(sizeof(Floats)) Block {
  std::array<float, kBlock> values{};
};

// log₂ x to about 1e-7; 0 gives -127, so that x log₂ x is 0 as it must be. Polynomial: Cephes' logf.
inline Floats log2_of(Floats x) {
  constexpr std::int32_t kRootHalf = 0x3F3504F3;
  const auto bits = reinterpret_cast<Ints>(x);
  const Ints exponent = (bits - kRootHalf) >> 23;
  const Floats z = reinterpret_cast<Floats>(bits - exponent * (1 << 23)) - 1.0F;
  Floats tail = z * 7.0376836292e-2F - 1.1514610310e-1F;
  tail = tail * z + 1.1676998740e-1F;
  tail = tail * z - 1.2420140846e-1F;
  tail = tail * z + 1.4249322787e-1F;
  tail = tail * z - 1.6668057665e-1F;
  tail = tail * z + 2.0000714765e-1F;
  tail = tail * z - 2.4999993993e-1F;
  tail = tail * z + 3.3333331174e-1F;
  const Floats natural = tail * z * z * z - 0.5F * z * z + z;
  return to_floats(exponent) + 1.44269504F * natural;
}

// What a term adds to the divergence. With m = (p + q) / 2 and t = (p - q) / (p + q) it is
// m / 2 ((1 + t) log₂(1 + t) + (1 - t) log₂(1 - t)): never negative, and for small t a series that loses no digits.
inline Floats part(Floats p, Floats q) {
  constexpr float kNotZero = 1e-37F;  // for terms that neither topic has
  const Floats inverse = 1.0F / (p + q + kNotZero);
  const Floats t = (p - q) * inverse;
  const Floats u = t * t;
  const Floats series = 1.44269504F * u * (1.0F + u * (1.0F / 6 + u * (1.0F / 15 + u * (1.0F / 28 + u * (1.0F / 45)))));
  const Floats a = (p + p) * inverse;
  const Floats b = (q + q) * inverse;
  const Floats logarithms = a * log2_of(a) + b * log2_of(b);
  return 0.25F * (p + q) * (u < 0.0625F ? series : logarithms);
}

// Whole blocks, so that the same p and q give the same bits wherever they stand.
double sum_parts(const Block& p, const Block& q) {
  std::array<double, kLanes> lanes{};
  for (std::size_t i = 0; i < kBlock; i += kLanes) {
    const Floats parts = part(load(&p.values[i]), load(&q.values[i]));
    for (std::size_t lane = 0; lane < lanes.size(); ++lane) lanes[lane] += static_cast<double>(parts[lane]);
  }
  double sum = 0.0;
  for (const double lane : lanes) sum += lane;
  return sum;
}

double part_alone(float p, float q) {
  Block left;
  Block right;
  left.values[0] = p;
  right.values[0] = q;
  return sum_parts(left, right);
}

// Σ part over the terms of `topic`: of `from` (all terms of the other topic) against the topic's own values, or
// against its base.
struct Sums {
  double values = 0.0;
  double base = 0.0;
};
Sums sum_terms(const TopicTerms& topic, float base, std::span<const float> from) {
  Sums sums;
  for (std::size_t begin = 0; begin < topic.terms.size(); begin += kBlock) {
    const std::size_t count = std::min(kBlock, topic.terms.size() - begin);
    Block p;
    Block q;
    Block lowest;
    for (std::size_t i = 0; i < count; ++i) p.values[i] = from[static_cast<std::size_t>(topic.terms[begin + i])];
    std::copy_n(topic.values.begin() + static_cast<std::ptrdiff_t>(begin), count, q.values.begin());
    std::fill_n(lowest.values.begin(), count, base);
    sums.values += sum_parts(p, q);
    sums.base += sum_parts(p, lowest);
  }
  return sums;
}

double sum_against(std::span<const float> values, float base) {
  double sum = 0.0;
  for (std::size_t begin = 0; begin < values.size(); begin += kBlock) {
    const std::size_t count = std::min(kBlock, values.size() - begin);
    Block p;
    Block lowest;
    std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(begin), count, p.values.begin());
    std::fill_n(lowest.values.begin(), count, base);
    sum += sum_parts(p, lowest);
  }
  return sum;
}

// The divergence of `first`, spread out over all terms, and `second`: first as if the second had nothing but its base,
// then what its own terms change. The two sums that are subtracted are made of the same floats: nothing is lost.
double divergence(const TopicTerms& first, std::span<const float> spread, const TopicTerms& second) {
  const Sums own = sum_terms(second, second.base, spread);
  const double of_first = sum_against(first.values, second.base) - own.base;
  const auto others = static_cast<double>(spread.size() - first.terms.size());
  return of_first + own.values + others * part_alone(first.base, second.base);
}

void validate(const Eigen::MatrixXd& distances) {
  if (distances.rows() != distances.cols()) {
    throw Error(ErrorCode::invalid_argument, concat("classical_scaling: distances are ", distances.rows(), " × ",
                                                    distances.cols(), ", wanted a square"));
  }
  for (Eigen::Index i = 0; i < distances.rows(); ++i) {
    for (Eigen::Index j = 0; j <= i; ++j) {
      const double d = distances(i, j);
      if (std::isfinite(d) && d >= 0.0 && d == distances(j, i)) continue;
      throw Error(ErrorCode::invalid_argument, concat("classical_scaling: distance of ", i, " and ", j, " is ", d,
                                                      ", of ", j, " and ", i, " ", distances(j, i)));
    }
  }
}

// -½ J D² J with J = I - 1/n: the inner products of centred points.
Eigen::MatrixXd inner_products(const Eigen::MatrixXd& distances) {
  const Eigen::Index n = distances.rows();
  Eigen::MatrixXd squares = distances.cwiseProduct(distances);
  std::vector<double> means;  // of the rows, which are the columns
  double mean = 0.0;
  for (Eigen::Index j = 0; j < n; ++j) {
    double sum = 0.0;
    for (const double square : squares.col(j)) sum += square;
    means.push_back(sum / static_cast<double>(n));
    mean += means.back() / static_cast<double>(n);
  }
  for (Eigen::Index j = 0; j < n; ++j) {
    for (Eigen::Index i = 0; i < n; ++i) {
      squares(i, j) =
          -0.5 * (squares(i, j) - means[static_cast<std::size_t>(i)] - means[static_cast<std::size_t>(j)] + mean);
    }
  }
  return squares;
}

// Coordinates along an axis, the one of largest magnitude positive (the first of equals, give or take rounding).
Eigen::VectorXd coordinates(const Eigen::VectorXd& axis, double eigenvalue) {
  constexpr double kRounding = 1e-9;
  double largest = 0.0;
  for (const double value : axis) largest = std::max(largest, std::abs(value));
  Eigen::Index first = 0;
  while (std::abs(axis[first]) < largest * (1.0 - kRounding)) ++first;
  const double length = std::sqrt(std::max(eigenvalue, 0.0));
  return axis * (axis[first] < 0.0 ? -length : length);
}

}  // namespace

Eigen::MatrixXd topic_distances(const TopicModel& model, const RunContext& context) {
  const std::vector<TopicTerms> topics = split_topics(model.term_given_topic, context);
  const auto n = static_cast<Eigen::Index>(topics.size());
  Eigen::MatrixXd distances = Eigen::MatrixXd::Zero(n, n);
  constexpr std::size_t kGrain = 4;
  parallel_for(topics.size(), kGrain, context, [&](const Chunk& chunk) {
    std::vector<float> spread(static_cast<std::size_t>(model.terms()));
    for (std::size_t i = chunk.begin; i < chunk.end; ++i) {
      std::fill(spread.begin(), spread.end(), topics[i].base);
      for (std::size_t t = 0; t < topics[i].terms.size(); ++t) {
        spread[static_cast<std::size_t>(topics[i].terms[t])] = topics[i].values[t];
      }
      for (std::size_t j = i + 1; j < topics.size(); ++j) {
        const double bits = divergence(topics[i], spread, topics[j]);
        distances(static_cast<Eigen::Index>(j), static_cast<Eigen::Index>(i)) = std::sqrt(std::clamp(bits, 0.0, 1.0));
      }
    }
  });
  for (Eigen::Index j = 0; j < n; ++j) {
    for (Eigen::Index i = 0; i < j; ++i) distances(i, j) = distances(j, i);
  }
  return distances;
}

PlaneMap classical_scaling(const Eigen::MatrixXd& distances) {
  validate(distances);
  const Eigen::Index n = distances.rows();
  PlaneMap map{.points = std::vector<MapPoint>(static_cast<std::size_t>(n)), .explained = 1.0};
  if (n < 2) return map;
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(inner_products(distances));
  const Eigen::VectorXd& values = solver.eigenvalues();  // ascending
  const Eigen::VectorXd x = coordinates(solver.eigenvectors().col(n - 1), values[n - 1]);
  const Eigen::VectorXd y = coordinates(solver.eigenvectors().col(n - 2), values[n - 2]);
  for (Eigen::Index i = 0; i < n; ++i) map.points[static_cast<std::size_t>(i)] = {x[i], y[i]};
  double all = 0.0;
  for (const double value : values) all += std::max(value, 0.0);
  if (all > 0.0) map.explained = (std::max(values[n - 1], 0.0) + std::max(values[n - 2], 0.0)) / all;
  return map;
}

}  // namespace malmoi::topics
