#include "neural/glove.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "corpus/base/error.h"
#include "corpus/base/parallel.h"
#include "corpus/base/rng.h"
#include "neural/row_table.h"

namespace malmoi::neural {
namespace {

constexpr std::size_t kBlocks = 16;  // of rows and of columns
constexpr std::size_t kWordsPerChunk = 64;
constexpr float kMostError = 100.0F;  // weighted errors are cut here, as in the authors' program

void validate(const GloveOptions& options) {
  const auto require = [](bool holds, std::string_view wanted) {
    if (!holds) throw Error(ErrorCode::invalid_argument, concat("fit_glove: wanted ", wanted));
  };
  require(options.dimensions >= 1 && options.dimensions <= 4096, "1 ≤ dimensions ≤ 4096");
  require(options.window >= 1, "window ≥ 1");
  require(options.min_count >= 1, "min_count ≥ 1");
  require(options.most_weight > 0, "most_weight > 0");
  require(std::isfinite(options.weight_power), "a finite weight_power");
  require(options.epochs >= 1, "epochs ≥ 1");
  require(options.rate > 0 && std::isfinite(options.rate), "rate > 0");
}

// Where each word stands, word by word.
struct Places {
  std::vector<std::size_t> offsets;  // [words + 1]
  std::vector<std::size_t> at;       // of WordText::words
  std::vector<std::size_t> sentences;
};

Places find_places(const WordText& text) {
  Places places;
  places.offsets.assign(text.counts.size() + 1, 0);
  for (const std::int32_t word : text.words) ++places.offsets[static_cast<std::size_t>(word) + 1];
  for (std::size_t w = 0; w < text.counts.size(); ++w) places.offsets[w + 1] += places.offsets[w];
  std::vector<std::size_t> next(places.offsets.begin(), places.offsets.end() - 1);
  places.at.resize(text.words.size());
  places.sentences.resize(text.words.size());
  std::size_t sentence = 0;
  for (std::size_t i = 0; i < text.words.size(); ++i) {
    while (i >= text.ends[sentence]) ++sentence;
    const std::size_t slot = next[static_cast<std::size_t>(text.words[i])]++;
    places.at[slot] = i;
    places.sentences[slot] = sentence;
  }
  return places;
}

// Sums of one word's neighbours, with the buffers of a thread.
class NeighborSums {
 public:
  NeighborSums(const WordText& text, std::int32_t window)
      : text_(&text), window_(static_cast<std::size_t>(window)), sums_(text.counts.size(), 0.0F) {}

  void add(std::size_t at, std::size_t sentence) {
    const std::size_t begin = std::max(text_->begin_of(sentence), at < window_ ? 0 : at - window_);
    const std::size_t end = std::min(text_->ends[sentence], at + window_ + 1);
    for (std::size_t i = begin; i < end; ++i) {
      if (i == at) continue;
      const std::int32_t word = text_->words[i];
      float& sum = sums_[static_cast<std::size_t>(word)];
      if (sum == 0.0F) touched_.push_back(word);
      sum += 1.0F / static_cast<float>(i > at ? i - at : at - i);
    }
  }

  void take(std::vector<std::int32_t>& words, std::vector<float>& counts) {
    std::sort(touched_.begin(), touched_.end());
    for (const std::int32_t word : touched_) {
      words.push_back(word);
      counts.push_back(std::exchange(sums_[static_cast<std::size_t>(word)], 0.0F));
    }
    touched_.clear();
  }

 private:
  const WordText* text_;
  std::size_t window_;
  std::vector<float> sums_;  // [words]
  std::vector<std::int32_t> touched_;
};

struct Cell {
  std::int32_t row = 0;
  std::int32_t column = 0;
  float count = 0.0F;
};

// The pairs by block, each block in an order drawn once.
std::vector<std::vector<Cell>> shuffled_blocks(const Cooccurrences& pairs, std::uint64_t seed,
                                               const RunContext& context) {
  std::vector<std::vector<Cell>> blocks(kBlocks * kBlocks);
  for (std::size_t w = 0; w + 1 < pairs.offsets.size(); ++w) {
    for (std::size_t i = pairs.offsets[w]; i < pairs.offsets[w + 1]; ++i) {
      const std::size_t block = w % kBlocks * kBlocks + static_cast<std::size_t>(pairs.words[i]) % kBlocks;
      blocks[block].push_back({static_cast<std::int32_t>(w), pairs.words[i], pairs.counts[i]});
    }
  }
  const Rng rng = Rng(seed).split(1);
  parallel_for(blocks.size(), 1, context, [&](const Chunk& chunk) {
    Rng stream = rng.split(chunk.index);
    std::vector<Cell>& cells = blocks[chunk.index];
    for (std::size_t i = cells.size(); i > 1; --i) std::swap(cells[i - 1], cells[stream.uniform_index(i)]);
  });
  return blocks;
}

// Vectors and biases of one side of the pairs, with AdaGrad's sums of squares.
struct Side {
  RowTable vectors;
  RowTable squares;
  std::vector<float> biases;
  std::vector<float> bias_squares;

  Side(std::size_t words, std::int32_t dimensions, std::uint64_t seed)
      : vectors(words, dimensions), squares(words, dimensions), biases(words, 0.0F), bias_squares(words, 1.0F) {
    fill_uniform(vectors, 0.5F / static_cast<float>(dimensions), seed);
    for (std::size_t w = 0; w < words; ++w) std::fill_n(squares.row(w), squares.width() * 16, 1.0F);
  }
};

class Training {
 public:
  Training(std::size_t words, const GloveOptions& options)
      : options_(&options),
        rows_(words, options.dimensions, Rng(options.seed).split(2).bits()),
        columns_(words, options.dimensions, Rng(options.seed).split(3).bits()) {}

  /// Returns the mean loss.
  double run_epoch(const std::vector<std::vector<Cell>>& blocks, const RunContext& context) {
    std::vector<double> losses(blocks.size(), 0.0);
    std::size_t cells = 0;
    for (std::size_t round = 0; round < kBlocks; ++round) {
      parallel_for(kBlocks, 1, context, [&](const Chunk& chunk) {
        const std::size_t block = chunk.index * kBlocks + (chunk.index + round) % kBlocks;
        for (const Cell& cell : blocks[block]) losses[block] += learn(cell);
      });
    }
    double sum = 0.0;
    for (std::size_t b = 0; b < blocks.size(); ++b) {
      sum += losses[b];
      cells += blocks[b].size();
    }
    return cells == 0 ? 0.0 : sum / static_cast<double>(cells);
  }

  /// Rows w + v.
  RowTable take_vectors() {
    for (std::size_t w = 0; w < rows_.vectors.rows(); ++w) {
      add_scaled(rows_.vectors.row(w), 1.0F, columns_.vectors.row(w), rows_.vectors.width());
    }
    return std::move(rows_.vectors);
  }

 private:
  double learn(const Cell& cell) {
    const auto r = static_cast<std::size_t>(cell.row);
    const auto c = static_cast<std::size_t>(cell.column);
    const std::size_t width = rows_.vectors.width();
    const float error = dot(rows_.vectors.row(r), columns_.vectors.row(c), width) + rows_.biases[r] +
                        columns_.biases[c] - std::log(cell.count);
    const float share = cell.count / static_cast<float>(options_->most_weight);
    const float weight = share >= 1.0F ? 1.0F : std::pow(share, static_cast<float>(options_->weight_power));
    const float step = std::clamp(weight * error, -kMostError, kMostError) * static_cast<float>(options_->rate);
    step_rows(r, c, step, width * 16);
    step_bias(rows_.biases[r], rows_.bias_squares[r], step);
    step_bias(columns_.biases[c], columns_.bias_squares[c], step);
    return static_cast<double>(0.5F * weight * error * error);
  }

  void step_rows(std::size_t r, std::size_t c, float step, std::size_t values) {
    float* const row = rows_.vectors.row(r);
    float* const column = columns_.vectors.row(c);
    float* const row_squares = rows_.squares.row(r);
    float* const column_squares = columns_.squares.row(c);
#pragma GCC ivdep  // the four rows are of different tables
    for (std::size_t i = 0; i < values; ++i) {
      const float to_row = step * column[i];
      const float to_column = step * row[i];
      row[i] -= to_row / std::sqrt(row_squares[i]);
      column[i] -= to_column / std::sqrt(column_squares[i]);
      row_squares[i] += to_row * to_row;
      column_squares[i] += to_column * to_column;
    }
  }

  static void step_bias(float& bias, float& squares, float step) {
    bias -= step / std::sqrt(squares);
    squares += step * step;
  }

  const GloveOptions* options_;
  Side rows_;
  Side columns_;
};

}  // namespace

Cooccurrences count_cooccurrences(const WordText& text, std::int32_t window, const RunContext& context) {
  const Places places = find_places(text);
  const std::size_t words = text.counts.size();
  struct Part {
    std::vector<std::size_t> lengths;
    std::vector<std::int32_t> words;
    std::vector<float> counts;
  };
  std::vector<Part> parts(chunk_count(words, kWordsPerChunk));
  parallel_for(words, kWordsPerChunk, context, [&](const Chunk& chunk) {
    NeighborSums sums(text, window);
    Part& part = parts[chunk.index];
    for (std::size_t w = chunk.begin; w < chunk.end; ++w) {
      for (std::size_t i = places.offsets[w]; i < places.offsets[w + 1]; ++i) {
        sums.add(places.at[i], places.sentences[i]);
      }
      const std::size_t before = part.words.size();
      sums.take(part.words, part.counts);
      part.lengths.push_back(part.words.size() - before);
    }
  });
  Cooccurrences result;
  for (Part& part : parts) {
    for (const std::size_t length : part.lengths) result.offsets.push_back(result.offsets.back() + length);
    result.words.insert(result.words.end(), part.words.begin(), part.words.end());
    result.counts.insert(result.counts.end(), part.counts.begin(), part.counts.end());
    part = {};
  }
  return result;
}

EmbeddingFit fit_glove(const TokenSequences& tokens, std::span<const std::string_view> terms,
                       const GloveOptions& options, const RunContext& context) {
  validate(options);
  const WordText text =
      read_word_text("fit_glove", tokens, terms.size(), options.min_count, std::numeric_limits<std::size_t>::max() / 2);
  const auto blocks = shuffled_blocks(count_cooccurrences(text, options.window, context), options.seed, context);
  Training training(text.counts.size(), options);
  EmbeddingFit fit;
  for (std::int32_t epoch = 0; epoch < options.epochs; ++epoch) {
    fit.losses.push_back(training.run_epoch(blocks, context));
    const std::string note = concat(fit.losses.back(), " loss");
    context.report({"word vectors", epoch + 1, options.epochs, note});
  }
  for (const std::string_view word : words_of(text, terms)) fit.embeddings.words.intern(word);
  fit.embeddings.counts = text.counts;
  fit.embeddings.dimensions = options.dimensions;
  fit.embeddings.vectors = packed(training.take_vectors());
  return fit;
}

}  // namespace malmoi::neural
