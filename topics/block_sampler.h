#pragma once

#include <Eigen/Core>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "corpus/base/rng.h"
#include "topics/gibbs_sampler.h"
#include "topics/lanes.h"

namespace malmoi::topics {

struct BlockResult {
  double log_likelihood = 0.0;
  std::vector<std::int64_t> totals_change;  ///< [topics] units
};

/// Draws topics for the tokens of one shard of the documents in one part of the terms, of which it alone changes the
/// counts; the topics' totals are a copy.
///
/// Tokens come by term, so that what is needed of a term is made once: q(k) = (n(w, k) + β) / (n(k) + terms · β). The
/// chance of topic k for a token of document d is proportional to (n(d, k) + α(k)) · q(k), all counts without the token
/// itself. A draw is a long chain of operations that wait for each other; so that the processor has others to do
/// meanwhile, tokens of four different terms and documents go through each step together: their chances are summed up,
/// topics are drawn, counts are changed.
class BlockSampler {
 public:
  BlockSampler(GibbsSampler& sampler, std::size_t shard, std::size_t part);
  [[nodiscard]] BlockResult sample(Rng rng);

 private:
  using Token = GibbsSampler::Token;
  using Row = Eigen::ArrayXf;  // aligned as vectors need; filled up with zeros to whole groups, beyond the last topic
  static constexpr std::size_t kStreams = 4;

  // A term whose tokens are being drawn.
  struct Stream {
    Token* next = nullptr;
    Token* end = nullptr;
    std::size_t place = static_cast<std::size_t>(-1);
    std::int32_t weight = 1;  // units that the next token adds
    Row q;
    const float* prior = nullptr;       // β of each topic
    std::int32_t* counts = nullptr;     // n(w, k): the dense row, or `spread`
    std::int32_t sparse_row = -1;       // that `spread` holds
    Eigen::ArrayXi spread;              // 0 between terms
    std::vector<std::uint16_t> gained;  // topics that were 0 in `spread` and got tokens
    Row vector_alpha_q;                 // for sparse documents: Σ α q over each vector
    Row scratch;  // 0s, running sums over lanes, running sums over vectors, and over groups of them
  };
  // The chances of all topics of a token, as far as `scratch` does not hold them.
  struct Chances {
    Floats sum;
    const TopicLine* lines = nullptr;  // of a sparse document
    std::int32_t line_count = 0;
    std::int32_t from = -1;  // where the old topic stands there, -1: there is none
    float q_old = 0;         // q of the old topic, which has that of the token taken away meanwhile
  };
  struct Drawn {
    std::uint16_t topic = 0;
    float sum = 0;           // of the chances of all topics
    std::int32_t from = -1;  // of a sparse document: where the old topic stands, -1: there is none
    std::int32_t to = -1;    // and the new one, -1: not known
  };

  // A vector that a draw falls into.
  struct Choice {
    std::int32_t lane = 0;
    std::int32_t vector = 0;
    float rest = 0;  // of the draw within that lane
  };

  bool begin_run(Stream& stream);
  void begin_term(Stream& stream, std::size_t place);
  void begin_sparse_term(Stream& stream, std::size_t row);
  void end_term(Stream& stream);
  void find_weight(Stream& stream);
  void redraw(Stream& stream, float random);
  [[nodiscard]] bool apart() const;
  [[nodiscard]] std::size_t document_of(const Stream& stream) const { return shard_.begin + stream.next->document; }
  void sum_up(Stream& stream, Chances& chances);
  void sum_dense(Stream& stream, std::int32_t* counts, Chances& chances);
  [[nodiscard]] Floats sum_row(Stream& stream, const std::int32_t* counts) const;
  Floats sum_topics(Stream& stream, const std::int32_t* counts, std::int32_t begin, std::int32_t end) const;
  void sum_sparse(Stream& stream, std::size_t row, Chances& chances);
  void sum_groups(Stream& stream, Chances& chances);
  Drawn draw(Stream& stream, const Chances& chances, float random);
  [[nodiscard]] Drawn draw_of_row(Stream& stream, const Chances& chances, float random) const;
  [[nodiscard]] Drawn draw_of_long_row(Stream& stream, const Chances& chances, float random) const;
  Drawn draw_sparse(Stream& stream, const Chances& chances, float random);
  [[nodiscard]] std::uint16_t draw_of_all(const Stream& stream, const Choice& group) const;
  void take(Stream& stream, const Drawn& drawn);
  void move(Stream& stream, const Drawn& drawn);
  void change(Stream& stream, std::uint16_t topic, std::int32_t weight);
  [[nodiscard]] float inverse_total(std::int32_t topic, std::int32_t weight) const;
  [[nodiscard]] float q_without(const Stream& stream, std::int32_t topic) const;
  [[nodiscard]] std::uint16_t real_topic(std::int32_t topic) const;

  GibbsSampler& sampler_;
  GibbsSampler::Shard& shard_;
  std::size_t part_;
  std::size_t run_;    // the next one that no stream has yet
  Token* run_tokens_;  // of that run
  std::int32_t topics_;
  std::int32_t vectors_;  // that hold all topics
  bool weighted_by_document_;
  const float* alpha_;

  std::vector<std::int64_t> totals_;  // n(k)
  Row inverse_;                       // 1 / (n(k) + terms · β)
  Row vector_alpha_inverse_;          // Σ α / (n(k) + terms · β) over each vector
  std::array<Stream, kStreams> streams_;

  // Σ ln p(token | others), some factors at a time.
  double log_likelihood_ = 0;
  double numerator_ = 1;
  double denominator_ = 1;
  int factors_ = 0;
};

}  // namespace malmoi::topics
