#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "corpus/base/run_context.h"
#include "topics/lda.h"
#include "topics/topic_rows.h"
#include "vectorize/doc_term_matrix.h"

namespace malmoi::topics {

/// The priors of a sampler: α(k) of a document's topics, β of a topic's terms.
struct Priors {
  std::vector<double> alpha;
  double beta = 0.0;
};

/// All tokens with their topics, and the counts that follow from them; one round after another, the tokens get new
/// topics. Its whole state is the assignments: counts, and all that is derived from them, follow.
class GibbsSampler {
 public:
  /// counts  [documents × terms], validated by fit_lda; `options` likewise
  GibbsSampler(const vectorize::DocTermMatrix& counts, const LdaOptions& options, const RunContext& context);

  /// Bytes that a fit takes at most, `counts` and samples included.
  [[nodiscard]] static std::size_t memory(const vectorize::SparseMatrix& counts, const LdaOptions& options);

  /// Rounds that make a sweep, over every token once.
  [[nodiscard]] std::int32_t rounds() const noexcept { return parts_; }
  [[nodiscard]] std::int64_t tokens() const noexcept { return tokens_; }
  [[nodiscard]] std::int32_t unit() const noexcept { return unit_; }
  [[nodiscard]] TokenWeights token_weights() const;  ///< by column

  /// Gives the tokens topics, by document, then by term; kUnassigned: drawn without one to be taken away.
  void assign(std::span<const std::uint16_t> assignments, const RunContext& context);
  [[nodiscard]] std::vector<std::uint16_t> assignments(const RunContext& context) const;

  void set_priors(const Priors& priors);

  /// Draws topics anew for the tokens of one round. Returns Σ ln p(token | all others) over them.
  double sample_round(std::int32_t sweep, std::int32_t round, const RunContext& context);

  [[nodiscard]] TopicCounts term_topics(const RunContext& context) const;      ///< [terms × topics] in units
  [[nodiscard]] TopicCounts document_topics(const RunContext& context) const;  ///< [documents × topics] in units
  [[nodiscard]] std::span<const std::int64_t> topic_totals() const noexcept { return totals_; }

 private:
  friend class BlockSampler;

  struct Token {
    std::uint16_t document = 0;  ///< of its shard
    std::uint16_t topic = kUnassigned;
  };
  /// Tokens of one term that follow each other.
  struct TermRun {
    std::uint16_t term = 0;  ///< of its part
    std::uint16_t tokens = 0;
  };
  /// The tokens of some neighbouring documents: by part of the terms, then by term, then by document.
  struct Shard {
    std::size_t begin = 0;  ///< documents
    std::size_t end = 0;
    std::vector<Token> tokens;
    std::vector<TermRun> runs;
    std::vector<std::size_t> token_begin;  ///< [parts + 1]
    std::vector<std::size_t> run_begin;    ///< [parts + 1]
  };

  void cut_documents();
  void cut_terms(std::span<const std::int64_t> frequencies);
  void fill_shard(Shard& shard, const vectorize::SparseMatrix& counts) const;
  void set_weights(const vectorize::SparseMatrix& counts, std::span<const std::int64_t> frequencies);
  void make_rows(std::span<const std::int64_t> frequencies);
  void count_all();
  /// Units of each of the `count` tokens that a document has of a term.
  [[nodiscard]] std::int32_t weight(std::size_t place, std::size_t document, std::int32_t count) const;
  /// Calls visit(place, tokens) for the tokens that a document has of a term, for all of a part of the terms.
  template <typename AnyShard, typename Visit>
  void for_each_cell(AnyShard& shard, std::size_t part, const Visit& visit) const {
    auto* token = shard.tokens.data() + shard.token_begin[part];
    for (std::size_t run = shard.run_begin[part]; run < shard.run_begin[part + 1]; ++run) {
      auto* const end = token + shard.runs[run].tokens;
      while (token != end) {
        auto* next = token + 1;
        while (next != end && next->document == token->document) ++next;
        visit(part_begin_[part] + shard.runs[run].term, std::span(token, next));
        token = next;
      }
    }
  }
  [[nodiscard]] const float* prior_of(std::size_t place) const;
  template <typename AnyShard, typename Visit>
  void for_each_token(AnyShard& shard, const Visit& visit) const;

  LdaOptions options_;
  Eigen::ArrayXf alpha_;  // [topics, filled up with 0] units, as all priors
  double alpha_sum_ = 0;
  std::vector<double> prior_sums_;           // [topics] Σ β over the terms
  std::vector<Eigen::ArrayXf> term_priors_;  // β of each topic: of most terms, then of each seed word
  std::vector<std::size_t> seeded_;          // places of the seed words, ascending
  std::int32_t parts_ = 0;                   // of the documents, and of the terms
  std::int32_t unit_ = 1;
  std::int64_t tokens_ = 0;

  std::vector<std::int32_t> lengths_;         // [documents] tokens
  std::vector<std::size_t> offsets_;          // [documents + 1] of their first tokens, in the order of assignments
  std::vector<std::int64_t> document_units_;  // [documents] what their tokens weigh
  std::vector<Shard> shards_;                 // [parts]

  // Terms stand in places: by part, within it the most frequent first.
  std::vector<std::size_t> part_begin_;  // [parts + 1] places
  std::vector<std::int32_t> place_;      // [terms] of a column
  std::vector<std::int32_t> column_;     // [places]
  TokenWeights weights_;                 // by place

  bool any_sparse_document_ = false;
  TopicRows document_rows_;           // [documents × topics] units
  TopicRows term_rows_;               // [places × topics] units
  std::vector<std::int64_t> totals_;  // [topics] units
};

}  // namespace malmoi::topics
