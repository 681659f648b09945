#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "corpus/base/rng.h"

namespace malmoi::testing {

/// Collapsed Gibbs sampling as in Griffiths and Steyvers 2004, word by word through the documents: the oracle of
/// topics::fit_lda. Everything exact, in double.
class PlainGibbs {
 public:
  /// documents: terms of each, numbered below `terms`
  PlainGibbs(const std::vector<std::vector<int>>& documents, int terms, int topics, std::uint64_t seed)
      : documents_(documents), terms_(terms), topics_(topics), rng_(seed) {
    n_dk_.assign(documents.size(), std::vector<int>(static_cast<std::size_t>(topics)));
    n_wk_.assign(static_cast<std::size_t>(terms), std::vector<int>(static_cast<std::size_t>(topics)));
    n_k_.assign(static_cast<std::size_t>(topics), 0);
    for (std::size_t d = 0; d < documents.size(); ++d) {
      z_.emplace_back();
      for (const int w : documents[d]) {
        z_[d].push_back(static_cast<int>(rng_.uniform_index(static_cast<std::size_t>(topics))));
        count(d, w, z_[d].back(), 1);
      }
    }
  }

  void sweep(double alpha, double beta) {
    std::vector<double> chance(static_cast<std::size_t>(topics_));
    for (std::size_t d = 0; d < documents_.size(); ++d) {
      for (std::size_t i = 0; i < documents_[d].size(); ++i) {
        const auto w = static_cast<std::size_t>(documents_[d][i]);
        count(d, documents_[d][i], z_[d][i], -1);
        double sum = 0;
        for (std::size_t k = 0; k < chance.size(); ++k) {
          sum += (n_dk_[d][k] + alpha) * (n_wk_[w][k] + beta) / (n_k_[k] + terms_ * beta);
          chance[k] = sum;
        }
        const double at = rng_.uniform() * sum;
        std::size_t k = 0;
        while (k + 1 < chance.size() && chance[k] <= at) ++k;
        z_[d][i] = static_cast<int>(k);
        count(d, documents_[d][i], z_[d][i], 1);
      }
    }
  }

  /// φ(w, k) = (n(w, k) + β) / (n(k) + terms · β)
  [[nodiscard]] double phi(std::size_t w, std::size_t k, double beta) const {
    return (n_wk_[w][k] + beta) / (n_k_[k] + terms_ * beta);
  }
  [[nodiscard]] const std::vector<std::vector<int>>& assignments() const { return z_; }

 private:
  void count(std::size_t d, int w, int k, int more) {
    n_dk_[d][static_cast<std::size_t>(k)] += more;
    n_wk_[static_cast<std::size_t>(w)][static_cast<std::size_t>(k)] += more;
    n_k_[static_cast<std::size_t>(k)] += more;
  }

  const std::vector<std::vector<int>>& documents_;
  int terms_;
  int topics_;
  Rng rng_;
  std::vector<std::vector<int>> z_, n_dk_, n_wk_;
  std::vector<int> n_k_;
};

}  // namespace malmoi::testing
