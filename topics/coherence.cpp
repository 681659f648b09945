#include "topics/coherence.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "corpus/base/error.h"
#include "corpus/base/parallel.h"

namespace malmoi::topics {
namespace {

constexpr double kEpsilon = 1e-12;
constexpr std::size_t kParts = 32;            // of the corpus, each with counts of its own
constexpr std::size_t kFewestDocuments = 64;  // in a part

// A word that shares a topic with another one.
struct Partner {
  std::int32_t word;
  std::uint32_t pair;
};

// The distinct words of all topics, numbered 0, 1, ..., and the pairs of them that are in a topic together.
struct TopWords {
  std::vector<std::int32_t> numbers;           // of a TermId; -1 for terms that are in no topic
  std::vector<std::vector<Partner>> partners;  // [words], those with a higher number, ascending
  std::vector<std::vector<std::int32_t>> topics;
  std::size_t pairs = 0;

  [[nodiscard]] std::size_t pair(std::int32_t a, std::int32_t b) const {
    const auto& among = partners[static_cast<std::size_t>(std::min(a, b))];
    const auto by_word = [](const Partner& partner, std::int32_t word) { return partner.word < word; };
    return std::lower_bound(among.begin(), among.end(), std::max(a, b), by_word)->pair;
  }
};

void number_words(std::span<const std::vector<TermId>> topics, TopWords& words) {
  std::int32_t next = 0;
  for (const std::vector<TermId>& topic : topics) {
    auto& numbered = words.topics.emplace_back();
    for (const TermId term : topic) {
      if (term < 0) throw Error(ErrorCode::invalid_argument, concat("coherence: a topic holds term ", term));
      const auto place = static_cast<std::size_t>(term);
      if (place >= words.numbers.size()) words.numbers.resize(place + 1, -1);
      if (words.numbers[place] < 0) words.numbers[place] = next++;
      if (std::find(numbered.begin(), numbered.end(), words.numbers[place]) != numbered.end()) {
        throw Error(ErrorCode::invalid_argument, concat("coherence: a topic holds term ", term, " twice"));
      }
      numbered.push_back(words.numbers[place]);
    }
  }
  words.partners.resize(static_cast<std::size_t>(next));
}

TopWords collect_words(std::span<const std::vector<TermId>> topics) {
  TopWords words;
  number_words(topics, words);
  for (const auto& topic : words.topics) {
    for (const std::int32_t a : topic) {
      for (const std::int32_t b : topic) {
        if (a < b) words.partners[static_cast<std::size_t>(a)].push_back({b, 0});
      }
    }
  }
  for (auto& among : words.partners) {
    std::sort(among.begin(), among.end(), [](const Partner& x, const Partner& y) { return x.word < y.word; });
    const auto same = [](const Partner& x, const Partner& y) { return x.word == y.word; };
    among.erase(std::unique(among.begin(), among.end(), same), among.end());
    for (Partner& partner : among) partner.pair = static_cast<std::uint32_t>(words.pairs++);
  }
  return words;
}

// In how many windows words and pairs are.
struct WindowCounts {
  std::vector<std::int64_t> words;
  std::vector<std::int64_t> pairs;
  std::int64_t windows = 0;

  explicit WindowCounts(const TopWords& top) : words(top.partners.size(), 0), pairs(top.pairs, 0) {}
  void add(const WindowCounts& other) {
    for (std::size_t i = 0; i < words.size(); ++i) words[i] += other.words[i];
    for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i] += other.pairs[i];
    windows += other.windows;
  }
};

// Windows begin .. end - 1 of a document, numbered by their first token.
struct Interval {
  std::size_t begin;
  std::size_t end;
};

std::int64_t overlap(std::span<const Interval> a, std::span<const Interval> b) {
  std::int64_t windows = 0;
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const std::size_t begin = std::max(a[i].begin, b[j].begin);
    const std::size_t end = std::min(a[i].end, b[j].end);
    if (begin < end) windows += static_cast<std::int64_t>(end - begin);
    a[i].end < b[j].end ? ++i : ++j;
  }
  return windows;
}

// Counts a run of documents. Work is done for occurrences of top words only, never for a window: a word is in the
// windows of a few intervals, and those of a pair are where the intervals of both overlap.
class Counter {
 public:
  Counter(const TopWords& top, std::size_t window, WindowRule rule)
      : top_(top), window_(window), rule_(rule), positions_(top.partners.size()), intervals_(top.partners.size()) {}

  void count(std::span<const TermId> text, WindowCounts& counts) {
    if (text.empty()) return;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto term = static_cast<std::size_t>(text[i]);
      if (text[i] < 0 || term >= top_.numbers.size() || top_.numbers[term] < 0) continue;
      const auto word = static_cast<std::size_t>(top_.numbers[term]);
      if (positions_[word].empty()) present_.push_back(word);
      positions_[word].push_back(i);
    }
    const std::size_t windows = text.size() <= window_ ? 1 : text.size() - window_ + 1;
    counts.windows += static_cast<std::int64_t>(windows);
    for (const std::size_t word : present_) make_intervals(word, windows);
    for (const std::size_t word : present_) count_word(word, counts);
    for (const std::size_t word : present_) {
      positions_[word].clear();
      intervals_[word].clear();
    }
    present_.clear();
  }

 private:
  void make_intervals(std::size_t word, std::size_t windows) {
    const std::vector<std::size_t>& positions = positions_[word];
    if (windows == 1) return intervals_[word].push_back({0, 1});
    // An occurrence at p enters with window max(0, p - window + 1) and has left in window p + 1.
    const auto enters = [&](std::size_t i) { return positions[i] < window_ ? 0 : positions[i] - window_ + 1; };
    const auto leaves = [&](std::size_t i) { return positions[i] + 1; };
    std::size_t last = 0;  // the occurrence whose leaving ends the interval
    for (std::size_t i = 0; i < positions.size();) {
      const std::size_t begin = enters(i);
      if (rule_ == WindowRule::exact) {
        for (last = i; last + 1 < positions.size() && enters(last + 1) <= leaves(last);) ++last;
      } else {
        while (leaves(last) <= begin) ++last;
      }
      intervals_[word].push_back({begin, std::min(leaves(last), windows)});
      while (i < positions.size() && enters(i) < leaves(last)) ++i;
    }
  }

  void count_word(std::size_t word, WindowCounts& counts) const {
    const std::vector<Interval>& own = intervals_[word];
    for (const Interval& interval : own) counts.words[word] += static_cast<std::int64_t>(interval.end - interval.begin);
    for (const Partner& partner : top_.partners[word]) {
      const std::vector<Interval>& other = intervals_[static_cast<std::size_t>(partner.word)];
      if (!other.empty()) counts.pairs[partner.pair] += overlap(own, other);
    }
  }

  const TopWords& top_;  // outlives this object: coherence() holds it
  std::size_t window_;
  WindowRule rule_;
  std::vector<std::vector<std::size_t>> positions_;  // [words] in the document
  std::vector<std::vector<Interval>> intervals_;     // [words]
  std::vector<std::size_t> present_;                 // words of the document
};

WindowCounts count_windows(const TokenSequences& texts, const TopWords& top, const Counter& counter,
                           const RunContext& context) {
  const std::size_t grain = std::max(kFewestDocuments, (texts.rows() + kParts - 1) / kParts);
  std::vector<WindowCounts> parts(chunk_count(texts.rows(), grain), WindowCounts(top));
  parallel_for(texts.rows(), grain, context, [&](const Chunk& chunk) {
    Counter own = counter;
    for (std::size_t r = chunk.begin; r < chunk.end; ++r) {
      throw_if_stopped(context);
      own.count(texts.row(r), parts[chunk.index]);
    }
  });
  WindowCounts sum(top);
  for (const WindowCounts& part : parts) sum.add(part);
  return sum;
}

// The counts of a topic's words as probabilities.
class TopicWords {
 public:
  TopicWords(const TopWords& top, const WindowCounts& counts, std::span<const std::int32_t> topic)
      : top_(top), counts_(counts), total_(static_cast<double>(counts.windows)) {
    for (const std::int32_t word : topic) {
      if (counts.words[static_cast<std::size_t>(word)] > 0) words_.push_back(word);
    }
  }

  [[nodiscard]] std::size_t size() const { return words_.size(); }
  [[nodiscard]] double p(std::size_t i) const {
    return static_cast<double>(counts_.words[static_cast<std::size_t>(words_[i])]) / total_;
  }
  [[nodiscard]] double p(std::size_t i, std::size_t j) const {
    return i == j ? p(i) : static_cast<double>(counts_.pairs[top_.pair(words_[i], words_[j])]) / total_;
  }
  [[nodiscard]] double pmi(std::size_t i, std::size_t j) const {
    return std::log((p(i, j) + kEpsilon) / (p(i) * p(j)));
  }
  [[nodiscard]] double npmi(std::size_t i, std::size_t j) const { return pmi(i, j) / -std::log(p(i, j) + kEpsilon); }

 private:
  const TopWords& top_;  // both outlive this object: coherence() holds them
  const WindowCounts& counts_;
  double total_;
  std::vector<std::int32_t> words_;  // of the topic, without those that never occur
};

template <typename Score>
double mean_of_pairs(const TopicWords& words, const Score& score) {
  double sum = 0.0;
  for (std::size_t i = 1; i < words.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) sum += score(i, j);
  }
  return sum / (static_cast<double>(words.size() * (words.size() - 1)) / 2.0);
}

double mean_cosine(const TopicWords& words) {
  const std::size_t size = words.size();
  std::vector<double> npmi(size * size);  // symmetric
  std::vector<double> sum(size, 0.0);
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j < size; ++j) sum[j] += npmi[i * size + j] = words.npmi(i, j);
  }
  double sum_norm = 0.0;
  for (const double value : sum) sum_norm += value * value;
  double total = 0.0;
  for (std::size_t i = 0; i < size; ++i) {
    double product = 0.0;
    double norm = 0.0;
    for (std::size_t j = 0; j < size; ++j) {
      const double value = npmi[i * size + j];
      product += value * sum[j];
      norm += value * value;
    }
    if (norm > 0.0 && sum_norm > 0.0) total += product / (std::sqrt(norm) * std::sqrt(sum_norm));
  }
  return total / static_cast<double>(size);
}

double score_topic(const TopicWords& words, CoherenceMeasure measure) {
  if (words.size() < 2) return 0.0;
  switch (measure) {
    case CoherenceMeasure::u_mass:
      return mean_of_pairs(
          words, [&](std::size_t i, std::size_t j) { return std::log((words.p(i, j) + kEpsilon) / words.p(j)); });
    case CoherenceMeasure::c_uci:
      return mean_of_pairs(words, [&](std::size_t i, std::size_t j) { return words.pmi(i, j); });
    case CoherenceMeasure::c_npmi:
      return mean_of_pairs(words, [&](std::size_t i, std::size_t j) { return words.npmi(i, j); });
    case CoherenceMeasure::c_v:
      return mean_cosine(words);
  }
  throw Error(ErrorCode::invalid_argument, "coherence: no such measure");
}

std::size_t window_of(CoherenceMeasure measure, const CoherenceOptions& options) {
  if (options.window < 0) {
    throw Error(ErrorCode::invalid_argument, concat("coherence: a window of ", options.window, " tokens, wanted ≥ 0"));
  }
  if (measure == CoherenceMeasure::u_mass) return std::numeric_limits<std::size_t>::max();  // every document is one
  if (options.window > 0) return static_cast<std::size_t>(options.window);
  return measure == CoherenceMeasure::c_v ? 110 : 10;
}

}  // namespace

std::vector<double> coherence(const TokenSequences& texts, std::span<const std::vector<TermId>> topics,
                              CoherenceMeasure measure, const CoherenceOptions& options, const RunContext& context) {
  const std::size_t window = window_of(measure, options);
  const TopWords top = collect_words(topics);
  WindowCounts counts = count_windows(texts, top, Counter(top, window, options.rule), context);
  if (measure == CoherenceMeasure::u_mass) counts.windows = static_cast<std::int64_t>(texts.rows());
  std::vector<double> scores;
  scores.reserve(top.topics.size());
  for (const auto& topic : top.topics) scores.push_back(score_topic(TopicWords(top, counts, topic), measure));
  return scores;
}

}  // namespace malmoi::topics
