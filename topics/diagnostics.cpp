#include "topics/diagnostics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "corpus/base/error.h"
#include "corpus/base/parallel.h"
#include "corpus/base/utf8.h"

namespace malmoi::topics {
namespace {

constexpr std::size_t kTopicsPerChunk = 16;  // a cache line of φ

void require_topic(const TopicModel& model, Eigen::Index topic) {
  if (topic >= 0 && topic < model.topics()) return;
  throw Error(ErrorCode::invalid_argument, concat("topic ", topic, " of a model of ", model.topics()));
}

bool ranks_before(const RankedTerm& x, const RankedTerm& y) {
  return x.score != y.score ? x.score > y.score : x.column < y.column;
}

void require_terms(std::int32_t n) {
  if (n < 0) throw Error(ErrorCode::invalid_argument, concat("top terms: ", n, " terms, wanted ≥ 0"));
}

// The n best, best first; the lower column among equals.
std::vector<RankedTerm> best(std::vector<RankedTerm> terms, std::int32_t n) {
  require_terms(n);
  const auto size = std::min(terms.size(), static_cast<std::size_t>(n));
  std::partial_sort(terms.begin(), terms.begin() + static_cast<std::ptrdiff_t>(size), terms.end(), ranks_before);
  terms.resize(size);
  return terms;
}

// The same of the topics of a chunk, going through φ row by row: `best` of each is a heap with the last one on top.
void find_top_terms(const TopicModel& model, const Chunk& chunk, std::size_t n,
                    std::span<std::vector<RankedTerm>> best) {
  if (n == 0) return;
  for (Eigen::Index w = 0; w < model.terms(); ++w) {
    const float* const row = model.term_given_topic.data() + w * model.topics();
    for (std::size_t k = chunk.begin; k < chunk.end; ++k) {
      std::vector<RankedTerm>& heap = best[k];
      const auto score = static_cast<double>(row[k]);
      if (heap.size() == n) {
        if (score <= heap.front().score) continue;  // among equals the lower column stays
        std::pop_heap(heap.begin(), heap.end(), ranks_before);
        heap.pop_back();
      }
      heap.push_back({static_cast<std::int32_t>(w), score});
      std::push_heap(heap.begin(), heap.end(), ranks_before);
    }
  }
  for (std::size_t k = chunk.begin; k < chunk.end; ++k) std::sort_heap(best[k].begin(), best[k].end(), ranks_before);
}

void require_corpus(const TopicModel& model, const FittedCorpus& corpus, std::int32_t n) {
  validate(corpus.documents, model);
  const auto terms = static_cast<std::size_t>(model.terms());
  if (corpus.occurrences.size() != terms || (!corpus.terms.empty() && corpus.terms.size() != terms)) {
    throw Error(ErrorCode::invalid_argument,
                concat("topic_diagnostics: ", terms, " terms in the model, occurrences of ", corpus.occurrences.size(),
                       ", texts of ", corpus.terms.size()));
  }
  if (n < 1) throw Error(ErrorCode::invalid_argument, concat("topic_diagnostics: ", n, " top terms, wanted ≥ 1"));
}

// Tokens, documents and rank-1 documents, summed over the samples.
void count_samples(const DocumentTopics& documents, std::span<TopicDiagnostics> topics) {
  for (const TopicCounts& sample : documents.samples) {
    for (std::size_t r = 0; r < sample.rows(); ++r) {
      const auto row = sample.row_topics(r);
      const auto counts = sample.row_counts(r);
      for (std::size_t i = 0; i < row.size(); ++i) {
        topics[row[i]].tokens += counts[i];
        topics[row[i]].documents += 1.0;
      }
      const auto most = std::max_element(counts.begin(), counts.end());  // the first among equals
      if (most != counts.end()) topics[row[static_cast<std::size_t>(most - counts.begin())]].rank_1_documents += 1.0;
    }
  }
  const auto samples = static_cast<double>(documents.samples.size());
  double tokens = 0.0;
  for (TopicDiagnostics& topic : topics) {
    topic.tokens /= samples * documents.unit;
    topic.documents /= samples;
    topic.rank_1_documents /= samples;
    tokens += topic.tokens;
  }
  for (TopicDiagnostics& topic : topics) topic.share = tokens > 0.0 ? topic.tokens / tokens : 0.0;
}

// p log2(p / m), which is 0 for p = 0.
double divergence(double p, double m) {
  return p > 0.0 ? p * std::log2(p / m) : 0.0;
}

// Both parts of the Jensen-Shannon divergence that a term adds, twice over.
double divergences(double p, double q) {
  return divergence(p, (p + q) / 2.0) + divergence(q, (p + q) / 2.0);
}

// The terms by how often the corpus has them: most topics have most terms at their lowest probability alone, and those
// of the same frequency then count alike.
struct FrequencyGroups {
  explicit FrequencyGroups(std::span<const std::int64_t> occurrences) {
    std::int64_t total = 0;
    for (const std::int64_t count : occurrences) total += count;
    std::vector<std::int64_t> values(occurrences.begin(), occurrences.end());
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    sizes.resize(values.size());
    for (const std::int64_t count : occurrences) {
      const auto group =
          static_cast<std::size_t>(std::lower_bound(values.begin(), values.end(), count) - values.begin());
      of_term.push_back(static_cast<std::int32_t>(group));
      sizes[group] += 1.0;
    }
    for (const std::int64_t count : values) {
      shares.push_back(total > 0 ? static_cast<double>(count) / static_cast<double>(total) : 0.0);
    }
  }

  std::vector<std::int32_t> of_term;  // [terms]
  std::vector<double> shares;         // [groups] of all tokens, that a term of the group has
  std::vector<double> sizes;          // [groups] terms
};

std::vector<float> lowest_of(const TopicModel& model, const Chunk& topics) {
  std::vector<float> lowest(topics.end - topics.begin, std::numeric_limits<float>::infinity());
  for (Eigen::Index w = 0; w < model.terms(); ++w) {
    const float* const row = model.term_given_topic.data() + w * model.topics() + topics.begin;
    for (std::size_t i = 0; i < lowest.size(); ++i) lowest[i] = std::min(lowest[i], row[i]);
  }
  return lowest;
}

// What the whole distributions of some topics tell. φ is gone through row by row, as it lies in memory.
void measure_distributions(const TopicModel& model, const FrequencyGroups& groups, const Chunk& chunk,
                           std::span<TopicDiagnostics> topics) {
  const std::vector<float> lowest = lowest_of(model, chunk);
  const std::size_t count = lowest.size();
  std::vector<double> squares(count);
  std::vector<double> distances(count);
  std::vector<double> low_terms;  // [topics of the chunk × groups] terms at the lowest probability
  for (std::size_t i = 0; i < count; ++i) low_terms.insert(low_terms.end(), groups.sizes.begin(), groups.sizes.end());
  for (Eigen::Index w = 0; w < model.terms(); ++w) {
    const float* const row = model.term_given_topic.data() + w * model.topics() + chunk.begin;
    const auto group = static_cast<std::size_t>(groups.of_term[static_cast<std::size_t>(w)]);
    for (std::size_t i = 0; i < count; ++i) {
      if (row[i] == lowest[i]) continue;
      const auto p = static_cast<double>(row[i]);
      squares[i] += p * p;
      distances[i] += divergences(p, groups.shares[group]);
      low_terms[i * groups.sizes.size() + group] -= 1.0;
    }
  }
  for (std::size_t i = 0; i < count; ++i) {
    const auto p = static_cast<double>(lowest[i]);
    for (std::size_t group = 0; group < groups.sizes.size(); ++group) {
      const double terms = low_terms[i * groups.sizes.size() + group];
      if (terms == 0.0) continue;
      squares[i] += terms * p * p;
      distances[i] += terms * divergences(p, groups.shares[group]);
    }
    topics[chunk.begin + i].effective_terms = squares[i] > 0.0 ? 1.0 / squares[i] : 0.0;
    topics[chunk.begin + i].corpus_distance = distances[i] / 2.0;
  }
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }));
}

void measure_top_terms(const TopicModel& model, std::span<const std::string_view> texts,
                       std::span<const RankedTerm> terms, TopicDiagnostics& result) {
  if (terms.empty()) return;
  for (const RankedTerm& term : terms) {
    double all = 0.0;  // the term's probability in all topics
    for (Eigen::Index k = 0; k < model.topics(); ++k)
      all += static_cast<double>(model.term_given_topic(term.column, k));
    if (all > 0.0) result.exclusivity += term.score / all;
    if (texts.empty()) continue;
    result.term_length += static_cast<double>(code_points(texts[static_cast<std::size_t>(term.column)]));
  }
  result.exclusivity /= static_cast<double>(terms.size());
  result.term_length /= static_cast<double>(terms.size());
}

// [rows × columns], row after row.
struct CosineMatrix {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<double> values = {};

  [[nodiscard]] double at(std::size_t row, std::size_t column) const { return values[row * columns + column]; }
};

std::vector<double> norms(const TopicModel& model) {
  std::vector<double> squares(static_cast<std::size_t>(model.topics()), 0.0);
  for (Eigen::Index w = 0; w < model.terms(); ++w) {
    for (Eigen::Index k = 0; k < model.topics(); ++k) {
      const auto p = static_cast<double>(model.term_given_topic(w, k));
      squares[static_cast<std::size_t>(k)] += p * p;
    }
  }
  for (double& square : squares) square = std::sqrt(square);
  return squares;
}

// Rows [chunk.begin, chunk.end) of φ_aᵀ φ_b. A few terms at a time are added in float, all of these in double.
void add_products(const TopicModel& a, const TopicModel& b, const Chunk& chunk, CosineMatrix& products) {
  constexpr Eigen::Index kTerms = 256;
  const std::size_t columns = products.columns;
  std::vector<float> part((chunk.end - chunk.begin) * columns);
  for (Eigen::Index begin = 0; begin < a.terms(); begin += kTerms) {
    std::fill(part.begin(), part.end(), 0.0F);
    for (Eigen::Index w = begin; w < std::min(begin + kTerms, a.terms()); ++w) {
      const float* const of_b = b.term_given_topic.data() + static_cast<std::size_t>(w) * columns;
      for (std::size_t i = chunk.begin; i < chunk.end; ++i) {
        const float of_a = a.term_given_topic(w, static_cast<Eigen::Index>(i));
        float* const sums = part.data() + (i - chunk.begin) * columns;
        for (std::size_t j = 0; j < columns; ++j) sums[j] += of_a * of_b[j];
      }
    }
    for (std::size_t i = 0; i < part.size(); ++i) {
      products.values[chunk.begin * columns + i] += static_cast<double>(part[i]);
    }
  }
}

// [topics of a × topics of b]; 0 where a topic is all zeros.
CosineMatrix cosines(const TopicModel& a, const TopicModel& b, const RunContext& context) {
  CosineMatrix cosine{static_cast<std::size_t>(a.topics()), static_cast<std::size_t>(b.topics())};
  cosine.values.assign(cosine.rows * cosine.columns, 0.0);
  parallel_for(cosine.rows, kTopicsPerChunk, context, [&](const Chunk& chunk) { add_products(a, b, chunk, cosine); });
  const std::vector<double> a_norms = norms(a);
  const std::vector<double> b_norms = norms(b);
  for (std::size_t i = 0; i < cosine.rows; ++i) {
    for (std::size_t j = 0; j < cosine.columns; ++j) {
      double& value = cosine.values[i * cosine.columns + j];
      const double norm = a_norms[i] * b_norms[j];
      value = norm > 0.0 ? std::min(1.0, value / norm) : 0.0;
    }
  }
  return cosine;
}

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

// The assignment of every row to a column of its own with the largest sum of values; rows ≤ columns. One row after the
// other is let in along the cheapest path of exchanges; the prices keep what is left to gain at 0 or more.
class Assignment {
 public:
  explicit Assignment(const CosineMatrix& values)
      : values_(values), row_prices_(values.rows, 0.0), prices_(values.columns, 0.0), rows_(values.columns, kNone) {
    for (std::size_t row = 0; row < row_prices_.size(); ++row) let_in(row);
  }

  [[nodiscard]] std::span<const std::size_t> rows() const { return rows_; }  // of each column; kNone: free

 private:
  [[nodiscard]] double cost(std::size_t row, std::size_t column) const {
    return -values_.at(row, column) - row_prices_[row] - prices_[column];
  }

  void let_in(std::size_t row) {
    const std::size_t columns = rows_.size();
    std::vector<double> distance(columns, std::numeric_limits<double>::infinity());
    std::vector<std::size_t> before(columns, kNone);  // column on the path; kNone: the new row itself
    std::vector<bool> done(columns, false);
    std::size_t last = kNone;
    for (std::size_t from = row; from != kNone; from = rows_[last]) {
      std::size_t next = kNone;
      for (std::size_t c = 0; c < columns; ++c) {
        if (done[c]) continue;
        if (cost(from, c) < distance[c]) {
          distance[c] = cost(from, c);
          before[c] = last;
        }
        if (next == kNone || distance[c] < distance[next]) next = c;
      }
      pay(row, distance[next], distance, done);
      done[next] = true;
      last = next;
    }
    for (std::size_t c = last; c != kNone; c = before[c]) rows_[c] = before[c] == kNone ? row : rows_[before[c]];
  }

  // Moves the prices so that the nearest column costs nothing more.
  void pay(std::size_t row, double step, std::vector<double>& distance, const std::vector<bool>& done) {
    row_prices_[row] += step;
    for (std::size_t c = 0; c < done.size(); ++c) {
      if (done[c]) {
        prices_[c] -= step;
        row_prices_[rows_[c]] += step;
      } else {
        distance[c] -= step;
      }
    }
  }

  const CosineMatrix& values_;  // outlives this object: match_topics holds it
  std::vector<double> row_prices_;
  std::vector<double> prices_;
  std::vector<std::size_t> rows_;
};

}  // namespace

std::vector<RankedTerm> top_terms(const TopicModel& model, Eigen::Index topic, std::int32_t n) {
  require_topic(model, topic);
  std::vector<RankedTerm> terms;
  terms.reserve(static_cast<std::size_t>(model.terms()));
  for (Eigen::Index w = 0; w < model.terms(); ++w) {
    terms.push_back({static_cast<std::int32_t>(w), static_cast<double>(model.term_given_topic(w, topic))});
  }
  return best(std::move(terms), n);
}

std::vector<std::vector<RankedTerm>> top_terms(const TopicModel& model, std::int32_t n, const RunContext& context) {
  require_terms(n);
  std::vector<std::vector<RankedTerm>> topics(static_cast<std::size_t>(model.topics()));
  parallel_for(topics.size(), kTopicsPerChunk, context,
               [&](const Chunk& chunk) { find_top_terms(model, chunk, static_cast<std::size_t>(n), topics); });
  return topics;
}

std::vector<RankedTerm> relevant_terms(const TopicModel& model, std::span<const double> term_shares, Eigen::Index topic,
                                       const Relevance& relevance) {
  require_topic(model, topic);
  const double lambda = relevance.lambda;
  if (static_cast<Eigen::Index>(term_shares.size()) != model.terms() || !(lambda >= 0.0 && lambda <= 1.0)) {
    throw Error(ErrorCode::invalid_argument, concat("relevant_terms: λ = ", lambda, ", wanted 0 to 1, and shares of ",
                                                    term_shares.size(), " terms for a model of ", model.terms()));
  }
  std::vector<RankedTerm> terms;
  for (Eigen::Index w = 0; w < model.terms(); ++w) {
    const auto phi = static_cast<double>(model.term_given_topic(w, topic));
    const double share = term_shares[static_cast<std::size_t>(w)];
    if (!(phi > 0.0 && share > 0.0)) continue;
    const double score = lambda * std::log(phi) + (1.0 - lambda) * std::log(phi / share);
    terms.push_back({static_cast<std::int32_t>(w), score});
  }
  return best(std::move(terms), relevance.terms);
}

std::vector<TopicDiagnostics> topic_diagnostics(const TopicModel& model, const FittedCorpus& corpus, std::int32_t n,
                                                const RunContext& context) {
  require_corpus(model, corpus, n);
  std::vector<TopicDiagnostics> topics(static_cast<std::size_t>(model.topics()));
  count_samples(corpus.documents, topics);
  const FrequencyGroups groups(corpus.occurrences);
  const std::vector<std::vector<RankedTerm>> top = top_terms(model, n, context);
  parallel_for(topics.size(), kTopicsPerChunk, context, [&](const Chunk& chunk) {
    throw_if_stopped(context);
    measure_distributions(model, groups, chunk, topics);
    for (std::size_t k = chunk.begin; k < chunk.end; ++k) measure_top_terms(model, corpus.terms, top[k], topics[k]);
  });
  return topics;
}

std::vector<TopicMatch> match_topics(const TopicModel& a, const TopicModel& b, const RunContext& context) {
  if (a.terms() != b.terms()) {
    throw Error(ErrorCode::invalid_argument,
                concat("match_topics: models of ", a.terms(), " and ", b.terms(), " terms, wanted the same terms"));
  }
  const bool swapped = a.topics() > b.topics();
  const CosineMatrix values = swapped ? cosines(b, a, context) : cosines(a, b, context);
  const Assignment assignment(values);
  std::vector<TopicMatch> matches;
  for (std::size_t column = 0; column < assignment.rows().size(); ++column) {
    const std::size_t row = assignment.rows()[column];
    if (row == kNone) continue;
    const double cosine = values.at(row, column);
    const auto x = static_cast<std::int32_t>(row);
    const auto y = static_cast<std::int32_t>(column);
    matches.push_back(swapped ? TopicMatch{y, x, cosine} : TopicMatch{x, y, cosine});
  }
  std::sort(matches.begin(), matches.end(), [](const TopicMatch& x, const TopicMatch& y) { return x.a < y.a; });
  return matches;
}

}  // namespace malmoi::topics
