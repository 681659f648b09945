#pragma once

#include <Eigen/Core>
#include <vector>

#include "corpus/base/run_context.h"
#include "topics/topic_model.h"

namespace malmoi::topics {

/// How far the topics' term distributions lie from each other: √JSD in [0, 1], which is a metric, with the
/// Jensen-Shannon divergence in bits: ½ Σ p log₂(p / m) + ½ Σ q log₂(q / m), m = (p + q) / 2. No term is left out.
///
/// Returns  [topics × topics], symmetric, 0 on the diagonal
/// Throws   invalid_argument: a value of φ that is negative or not finite; canceled
/// Cost     a pair of topics: the terms in which φ lies above the lowest value of its topic. In a model by Gibbs
///          sampling these are the terms that had tokens in it; all others are alike and are counted in one step.
///          Logarithms are taken in float: distances are right to about 1e-6.
/// Source   Lin 1991; Endres and Schindelin 2003 (the root is a metric)
[[nodiscard]] Eigen::MatrixXd topic_distances(const TopicModel& model, const RunContext& context = {});

struct MapPoint {
  double x = 0.0;
  double y = 0.0;
  friend bool operator==(const MapPoint&, const MapPoint&) = default;
};

struct PlaneMap {
  std::vector<MapPoint> points;
  double explained = 0.0;  ///< share of the plane in the sum of the positive eigenvalues; 1: nothing is lost
};

/// Points on a plane whose distances come close to the given ones: classical scaling. Eigenvalues below 0 count as 0;
/// on each axis the coordinate of largest magnitude is positive.
///
/// distances  [n × n], symmetric, finite, ≥ 0; throws invalid_argument otherwise
/// Cost       O(n³)
/// Source     Torgerson 1952; Gower 1966
[[nodiscard]] PlaneMap classical_scaling(const Eigen::MatrixXd& distances);

}  // namespace malmoi::topics
