#include "neural/word_similarity.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <fstream>
#include <functional>
#include <numeric>
#include <optional>

#include "corpus/base/error.h"
#include "corpus/base/parallel.h"
#include "corpus/base/utf8.h"
#include "tokenize/normalizer.h"

namespace malmoi::neural {
namespace {

constexpr std::size_t kWordsPerChunk = 4096;
constexpr std::size_t kQuestionsPerChunk = 16;
constexpr float kEpsilon = 0.001F;  // of 3CosMul

void set_direction(std::span<const float> vector, float* row, std::size_t width) {
  std::copy(vector.begin(), vector.end(), row);
  const float length = std::sqrt(dot(row, row, width));
  if (length > 0) multiply(row, 1.0F / length, width);
}

void require_count(std::int32_t k) {
  if (k < 1) throw Error(ErrorCode::invalid_argument, concat("nearest words: k = ", k, ", wanted at least 1"));
}

// Cosines with the three given words to the score that is largest for the fourth.
float analogy_score(AnalogyMethod method, float a, float b, float c) {
  if (method == AnalogyMethod::cos_add) return b - a + c;
  return (b + 1) / 2 * ((c + 1) / 2) / ((a + 1) / 2 + kEpsilon);
}

// Calls visit for each line without its end, and its number from 1.
void for_each_line(std::string_view caller, const std::filesystem::path& path,
                   const std::function<void(std::string_view, std::int64_t)>& visit) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw Error(ErrorCode::not_found, concat(caller, ": ", path.string(), " cannot be read"));
  std::string line;
  for (std::int64_t number = 1; std::getline(in, line); ++number) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (find_invalid_utf8(line) != std::string_view::npos) {
      throw Error(ErrorCode::corrupt_data, concat(caller, ": ", path.string(), " line ", number, " is not UTF-8"));
    }
    if (!line.empty()) visit(line, number);
  }
}

std::vector<std::string_view> split(std::string_view line, std::string_view ends) {
  std::vector<std::string_view> pieces;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t end = std::min(line.find_first_of(ends, at), line.size());
    if (end > at) pieces.push_back(line.substr(at, end - at));
    at = end + 1;
  }
  return pieces;
}

// Ranks from 1, equal values their mean.
std::vector<double> ranks(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return values[i] < values[j]; });
  std::vector<double> result(values.size());
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin;
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    for (std::size_t i = begin; i < end; ++i) result[order[i]] = static_cast<double>(begin + end + 1) / 2;
    begin = end;
  }
  return result;
}

double correlation(std::span<const double> x, std::span<const double> y) {
  const double n = static_cast<double>(x.size());
  const double mean_x = std::accumulate(x.begin(), x.end(), 0.0) / n;
  const double mean_y = std::accumulate(y.begin(), y.end(), 0.0) / n;
  double xy = 0.0;
  double xx = 0.0;
  double yy = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xy += (x[i] - mean_x) * (y[i] - mean_y);
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    yy += (y[i] - mean_y) * (y[i] - mean_y);
  }
  return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

std::string known_form(const Embeddings& embeddings, std::string_view word) {
  if (embeddings.words.find(word)) return std::string(word);
  std::string folded;
  tokenize::fold_token(word, tokenize::UnicodeForm::nfkc, true, folded);
  return embeddings.words.find(folded) ? folded : std::string(word);
}

WordSpace::WordSpace(const Embeddings& embeddings)
    : embeddings_(&embeddings), rows_(static_cast<std::size_t>(embeddings.words.size()), embeddings.dimensions) {
  for (std::int32_t w = 0; w < embeddings.words.size(); ++w) {
    set_direction(embeddings.vector(w), rows_.row(static_cast<std::size_t>(w)), rows_.width());
  }
}

std::vector<float> WordSpace::cosines(const float* direction, const RunContext& context) const {
  std::vector<float> scores(rows_.rows());
  parallel_for(rows_.rows(), kWordsPerChunk, context, [&](const Chunk& chunk) {
    for (std::size_t w = chunk.begin; w < chunk.end; ++w) scores[w] = dot(direction, rows_.row(w), rows_.width());
  });
  return scores;
}

std::vector<WordNeighbor> WordSpace::best(std::span<const float> scores, std::int32_t k,
                                          std::span<const std::string_view> left_out) const {
  std::vector<WordNeighbor> words;
  words.reserve(scores.size());
  for (std::size_t w = 0; w < scores.size(); ++w) {
    const auto word = static_cast<std::int32_t>(w);
    if (std::find(left_out.begin(), left_out.end(), embeddings_->words.at(word)) != left_out.end()) continue;
    words.push_back({word, scores[w]});
  }
  const auto kept = words.begin() + std::min<std::ptrdiff_t>(k, std::ssize(words));
  std::partial_sort(words.begin(), kept, words.end(), [](const WordNeighbor& x, const WordNeighbor& y) {
    return x.score != y.score ? x.score > y.score : x.word < y.word;
  });
  words.erase(kept, words.end());
  return words;
}

RowTable WordSpace::directions_of(std::span<const std::string_view> words) const {
  RowTable directions(words.size(), embeddings_->dimensions);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::vector<float> vector = vector_of(*embeddings_, words[i]);
    if (vector.empty()) throw Error(ErrorCode::not_found, concat("the word '", words[i], "' has no vector"));
    set_direction(vector, directions.row(i), directions.width());
  }
  return directions;
}

std::vector<WordNeighbor> WordSpace::nearest(std::string_view word, std::int32_t k, const RunContext& context) const {
  require_count(k);
  const RowTable direction = directions_of(std::span(&word, 1));
  return best(cosines(direction.row(0), context), k, std::span(&word, 1));
}

std::vector<WordNeighbor> WordSpace::nearest(std::span<const float> vector, std::int32_t k,
                                             const RunContext& context) const {
  require_count(k);
  if (vector.size() != static_cast<std::size_t>(embeddings_->dimensions)) {
    throw Error(ErrorCode::invalid_argument,
                concat("nearest words: a vector of ", vector.size(), " dimensions, wanted ", embeddings_->dimensions));
  }
  RowTable direction(1, embeddings_->dimensions);
  set_direction(vector, direction.row(0), direction.width());
  return best(cosines(direction.row(0), context), k, {});
}

std::vector<WordNeighbor> WordSpace::analogy(const Analogy& question, AnalogyMethod method, std::int32_t k,
                                             const RunContext& context) const {
  require_count(k);
  const std::array<std::string_view, 3> words = {question.a, question.b, question.c};
  const RowTable directions = directions_of(words);
  std::vector<float> scores = cosines(directions.row(0), context);
  const std::vector<float> with_b = cosines(directions.row(1), context);
  const std::vector<float> with_c = cosines(directions.row(2), context);
  for (std::size_t w = 0; w < scores.size(); ++w) scores[w] = analogy_score(method, scores[w], with_b[w], with_c[w]);
  return best(scores, k, words);
}

std::vector<WordPair> read_word_pairs(const std::filesystem::path& path) {
  std::vector<WordPair> pairs;
  for_each_line("read_word_pairs", path, [&](std::string_view line, std::int64_t number) {
    const std::vector<std::string_view> pieces = split(line, "\t");
    double score = 0.0;
    bool right = pieces.size() == 3;
    if (right) {
      const auto [end, error] = std::from_chars(pieces[2].data(), pieces[2].data() + pieces[2].size(), score);
      right = error == std::errc() && end == pieces[2].data() + pieces[2].size() && std::isfinite(score);
    }
    if (right) {
      pairs.push_back({std::string(pieces[0]), std::string(pieces[1]), score});
    } else if (number > 1) {
      throw Error(ErrorCode::corrupt_data, concat("read_word_pairs: ", path.string(), " line ", number,
                                                  " is not two words and a number with tabs between"));
    }
  });
  return pairs;
}

PairScores score_pairs(const Embeddings& embeddings, std::span<const WordPair> pairs) {
  RowTable directions(2, embeddings.dimensions);
  std::vector<double> wanted;
  std::vector<double> cosines;
  for (const WordPair& pair : pairs) {
    const std::vector<float> first = vector_of(embeddings, known_form(embeddings, pair.first));
    const std::vector<float> second = vector_of(embeddings, known_form(embeddings, pair.second));
    if (first.empty() || second.empty()) continue;
    set_direction(first, directions.row(0), directions.width());
    set_direction(second, directions.row(1), directions.width());
    wanted.push_back(pair.score);
    cosines.push_back(static_cast<double>(dot(directions.row(0), directions.row(1), directions.width())));
  }
  PairScores scores;
  scores.pairs = std::ssize(pairs);
  scores.covered = std::ssize(wanted);
  if (!wanted.empty()) scores.spearman = correlation(ranks(wanted), ranks(cosines));
  return scores;
}

std::vector<AnalogySection> read_analogies(const std::filesystem::path& path) {
  std::vector<AnalogySection> sections;
  for_each_line("read_analogies", path, [&](std::string_view line, std::int64_t number) {
    const std::vector<std::string_view> pieces = split(line, " \t");
    if (line.front() == ':') {
      const std::size_t begin = line.find_first_not_of(": ");
      sections.push_back({std::string(begin == std::string_view::npos ? "" : line.substr(begin)), {}});
      return;
    }
    if (pieces.size() != 4) {
      throw Error(ErrorCode::corrupt_data, concat("read_analogies: ", path.string(), " line ", number, " has ",
                                                  pieces.size(), " words, wanted 4"));
    }
    if (sections.empty()) sections.emplace_back();
    sections.back().questions.push_back(
        {std::string(pieces[0]), std::string(pieces[1]), std::string(pieces[2]), std::string(pieces[3])});
  });
  return sections;
}

namespace {

struct Question {
  std::array<std::int32_t, 4> words;
  std::size_t section;
};

// Whether the best word is the fourth, for some questions at once: each word's row is then read once for all.
void answer(const WordSpace& space, AnalogyMethod method, std::span<const Question> questions,
            std::span<std::uint8_t> right) {
  struct Best {
    float score = -1e30F;
    std::int32_t word = -1;
  };
  std::vector<Best> best(questions.size());
  for (std::int32_t w = 0; w < space.embeddings().words.size(); ++w) {
    const float* const row = space.direction(w);
    for (std::size_t q = 0; q < questions.size(); ++q) {
      const auto& [a, b, c, d] = questions[q].words;
      if (w == a || w == b || w == c) continue;
      const float score =
          analogy_score(method, dot(row, space.direction(a), space.width()),
                        dot(row, space.direction(b), space.width()), dot(row, space.direction(c), space.width()));
      if (score > best[q].score) best[q] = {score, w};
    }
  }
  for (std::size_t q = 0; q < questions.size(); ++q) right[q] = best[q].word == questions[q].words[3] ? 1 : 0;
}

}  // namespace

std::vector<AnalogyScores> score_analogies(const WordSpace& space, std::span<const AnalogySection> sections,
                                           AnalogyMethod method, const RunContext& context) {
  std::vector<AnalogyScores> scores;
  std::vector<Question> questions;
  for (const AnalogySection& section : sections) {
    scores.push_back({section.name, std::ssize(section.questions), 0, 0});
    for (const Analogy& analogy : section.questions) {
      const auto find = [&](const std::string& word) {
        return space.embeddings().words.find(known_form(space.embeddings(), word));
      };
      const auto a = find(analogy.a);
      const auto b = find(analogy.b);
      const auto c = find(analogy.c);
      const auto d = find(analogy.d);
      if (!a || !b || !c || !d) continue;
      questions.push_back({{*a, *b, *c, *d}, scores.size() - 1});
      ++scores.back().covered;
    }
  }
  std::vector<std::uint8_t> right(questions.size());
  parallel_for(questions.size(), kQuestionsPerChunk, context, [&](const Chunk& chunk) {
    const std::size_t count = chunk.end - chunk.begin;
    answer(space, method, std::span(questions).subspan(chunk.begin, count),
           std::span(right).subspan(chunk.begin, count));
  });
  for (std::size_t q = 0; q < questions.size(); ++q) scores[questions[q].section].right += right[q];
  return scores;
}

}  // namespace malmoi::neural
