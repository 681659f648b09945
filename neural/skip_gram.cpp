#include "neural/skip_gram.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>

#include "corpus/base/error.h"
#include "corpus/base/parallel.h"
#include "corpus/base/rng.h"
#include "neural/output_units.h"
#include "neural/row_table.h"
#include "neural/step_batch.h"
#include "neural/word_text.h"

namespace malmoi::neural {
namespace {

constexpr std::size_t kSentenceWords = 1000;  // longer texts are cut, as word2vec does
constexpr std::size_t kPartWords = 32;        // of a batch: what a thread samples at a time
constexpr std::size_t kRaceWords = 1024;      // what a thread reads at a time with hogwild
constexpr float kMostMoves = 2.5F;            // pairs of a row in a batch that count whole: this / rate
// Parts are rows of many words, which meet in a batch far more often: batches are smaller, and rows may go further.
// (Twice as far as this does not converge on a corpus of 18 words.)
constexpr std::size_t kSubwordBatch = 64;
constexpr float kSubwordMoves = 5.0F;
constexpr double kLeastRate = 1e-4;  // of the rate at the start

void validate(const EmbeddingOptions& options) {
  const auto require = [](bool holds, std::string_view wanted) {
    if (!holds) throw Error(ErrorCode::invalid_argument, concat("fit_embeddings: wanted ", wanted));
  };
  require(options.dimensions >= 1 && options.dimensions <= 4096, "1 ≤ dimensions ≤ 4096");
  require(options.window >= 1, "window ≥ 1");
  require(options.negatives >= 1, "negatives ≥ 1");
  require(std::isfinite(options.negative_power), "a finite negative_power");
  require(options.subsample >= 0, "subsample ≥ 0");
  require(options.min_count >= 1, "min_count ≥ 1");
  require(options.epochs >= 1, "epochs ≥ 1");
  require(options.rate > 0 && std::isfinite(options.rate), "rate > 0");
  require(options.batch >= 1, "batch ≥ 1");
  if (options.subwords) neural::validate("fit_embeddings", *options.subwords);
}

// What all shards share.
struct Model {
  RowTable inputs;   // [words + buckets × dimensions]
  RowTable outputs;  // [words or inner nodes × dimensions]
  std::optional<SubwordLists> subwords;
  std::optional<AliasTable> negatives;
  std::optional<HuffmanPaths> paths;
  std::vector<std::uint32_t> kept;  // [words] of 2^32: how often a word stays in the text
};

std::vector<std::uint32_t> kept_shares(const WordText& text, double subsample) {
  std::vector<std::uint32_t> kept;
  const double bound = subsample * static_cast<double>(text.words.size());
  for (const std::int64_t count : text.counts) {
    const double f = static_cast<double>(count);
    const double share = bound == 0 ? 1.0 : (std::sqrt(f / bound) + 1) * bound / f;
    kept.push_back(share >= 1.0 ? 0xFFFFFFFFU : static_cast<std::uint32_t>(share * 0x1.0p32));
  }
  return kept;
}

Model make_model(const WordText& text, std::span<const std::string_view> terms, const EmbeddingOptions& options) {
  Model model;
  const std::size_t words = text.terms.size();
  std::size_t buckets = 0;
  if (options.subwords) {
    model.subwords = list_subwords(words_of(text, terms), *options.subwords);
    buckets = model.subwords->subwords.buckets.size();
  }
  model.inputs = RowTable(words + buckets, options.dimensions);
  fill_uniform(model.inputs, 1.0F / static_cast<float>(options.dimensions), options.seed);
  model.outputs = RowTable(words, options.dimensions);
  if (options.loss == WordLoss::negative_sampling) {
    std::vector<double> weights;
    for (const std::int64_t count : text.counts) {
      weights.push_back(std::pow(static_cast<double>(count), options.negative_power));
    }
    model.negatives.emplace(weights);
  } else {
    model.paths = huffman_paths(text.counts);
  }
  model.kept = kept_shares(text, options.subsample);
  return model;
}

// The text of one epoch: frequent words left out at times.
struct KeptText {
  std::vector<std::int32_t> words;  // all sentences end to end
  std::vector<std::size_t> ends;    // [sentences]
};

// A stretch of a text.
struct Stretch {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// Chooses the steps of some words of the text.
class Sampler {
 public:
  Sampler(const Model& model, const EmbeddingOptions& options, std::size_t words)
      : model_(&model), options_(&options), words_(static_cast<std::int32_t>(words)) {}

  /// Calls step() behind each step that was added to the batch: one a word, unless it has no neighbours.
  template <typename OnStep>
  void add_steps(const KeptText& text, const Stretch& stretch, Rng rng, StepBatch& batch, const OnStep& step) const {
    auto sentence = static_cast<std::size_t>(std::upper_bound(text.ends.begin(), text.ends.end(), stretch.begin) -
                                             text.ends.begin());
    for (std::size_t i = stretch.begin; i < stretch.end; ++i) {
      while (i >= text.ends[sentence]) ++sentence;
      const std::size_t window = 1 + rng.uniform_index(static_cast<std::size_t>(options_->window));
      const std::size_t first = sentence == 0 ? 0 : text.ends[sentence - 1];
      const Stretch neighbors = {std::max(first, i < window ? 0 : i - window),
                                 std::min(text.ends[sentence], i + window + 1)};
      if (neighbors.end - neighbors.begin < 2) continue;
      add_step(text.words, i, neighbors, rng, batch);
      step();
    }
  }

 private:
  void add_step(std::span<const std::int32_t> words, std::size_t center, const Stretch& neighbors, Rng& rng,
                StepBatch& batch) const {
    const bool all_pairs = options_->model == WordModel::skip_gram && !model_->subwords;
    const bool from_center = options_->model == WordModel::skip_gram && !all_pairs;
    for (std::size_t i = neighbors.begin; i < neighbors.end; ++i) {
      if ((i == center) == from_center) add_units(words[i], batch);
      if (from_center && i != center) add_outputs(words[i], rng, batch);
    }
    if (!from_center) add_outputs(words[center], rng, batch);
    batch.end_step(!all_pairs);
  }

  void add_units(std::int32_t word, StepBatch& batch) const {
    batch.add_input(word);
    if (!model_->subwords) return;
    for (const std::int32_t bucket : model_->subwords->of(static_cast<std::size_t>(word))) {
      batch.add_input(words_ + bucket);
    }
  }

  void add_outputs(std::int32_t word, Rng& rng, StepBatch& batch) const {
    if (model_->paths) {
      const auto nodes = model_->paths->nodes_of(static_cast<std::size_t>(word));
      const auto labels = model_->paths->labels_of(static_cast<std::size_t>(word));
      for (std::size_t i = 0; i < nodes.size(); ++i) batch.add_output(nodes[i], labels[i]);
      return;
    }
    batch.add_output(word, 1.0F);
    for (std::int32_t i = 0; i < options_->negatives; ++i) {
      const std::int32_t other = model_->negatives->draw(rng);
      if (other != word) batch.add_output(other, 0.0F);
    }
  }

  const Model* model_;
  const EmbeddingOptions* options_;
  std::int32_t words_;
};

// Of a few distinct words no more than there are, or each would be met again and again in one state.
std::size_t batch_words(const EmbeddingOptions& options, std::size_t distinct) {
  const std::size_t most = std::max(kPartWords, distinct);
  return std::min(static_cast<std::size_t>(options.batch), options.subwords ? std::min(most, kSubwordBatch) : most);
}

class Training {
 public:
  Training(const WordText& text, Model& model, const EmbeddingOptions& options, const RunContext& context)
      : text_(&text),
        model_(&model),
        options_(&options),
        context_(&context),
        batch_(batch_words(options, text.counts.size())),
        sampler_(model, options, text.counts.size()) {
    if (options.hogwild) return;
    const std::size_t parts = chunk_count(batch_, kPartWords);
    for (std::size_t p = 0; p < parts; ++p) parts_.emplace_back(model.inputs, model.outputs);
    touches_.inputs.assign(model.inputs.rows(), 0);
    touches_.outputs.assign(model.outputs.rows(), 0);
  }

  /// Returns the mean loss.
  double run_epoch(std::int32_t epoch) {
    epoch_ = epoch;
    rng_ = Rng(options_->seed).split(1 + static_cast<std::uint64_t>(epoch));
    keep_words();
    losses_.clear();
    if (options_->hogwild) {
      race();
    } else {
      for (std::size_t begin = 0; begin < kept_.words.size(); begin += batch_) {
        run_batch({begin, std::min(kept_.words.size(), begin + batch_)});
      }
    }
    Loss total;
    for (const Loss& loss : losses_) {
      total.sum += loss.sum;
      total.steps += loss.steps;
    }
    return total.steps == 0 ? 0.0 : total.sum / static_cast<double>(total.steps);
  }

 private:
  // Of the first step of each part: a sample that costs little.
  struct Loss {
    double sum = 0.0;
    std::int64_t steps = 0;
  };

  void keep_words() {
    kept_.words.clear();
    kept_.ends.clear();
    Rng rng = rng_.split(0);
    for (std::size_t s = 0; s < text_->ends.size(); ++s) {
      for (std::size_t i = text_->begin_of(s); i < text_->ends[s]; ++i) {
        const std::int32_t word = text_->words[i];
        const auto draw = static_cast<std::uint32_t>(rng.bits() >> 32U);
        if (draw <= model_->kept[static_cast<std::size_t>(word)]) kept_.words.push_back(word);
      }
      kept_.ends.push_back(kept_.words.size());
    }
  }

  [[nodiscard]] float rate_at(std::size_t word) const {
    const double done = epoch_ + static_cast<double>(word) / static_cast<double>(kept_.words.size());
    return static_cast<float>(options_->rate * std::max(kLeastRate, 1.0 - done / options_->epochs));
  }

  void run_batch(const Stretch& stretch) {
    const float rate = rate_at(stretch.begin);
    const std::size_t words = stretch.end - stretch.begin;
    const std::size_t before = losses_.size();
    losses_.resize(before + chunk_count(words, kPartWords));
    parallel_for(words, kPartWords, *context_, [&](const Chunk& chunk) {
      StepBatch& part = parts_[chunk.index];
      part.clear();
      sampler_.add_steps(kept_, {stretch.begin + chunk.begin, stretch.begin + chunk.end},
                         rng_.split(1 + before + chunk.index), part, [] {});
      if (part.steps() > 0) losses_[before + chunk.index] = {part.loss(0), 1};
      part.find_errors(rate);
    });
    apply(std::span(parts_).first(chunk_count(words, kPartWords)), rate);
  }

  // Every thread takes some columns of all rows.
  void apply(std::span<const StepBatch> parts, float rate) {
    touches_.most = (model_->subwords ? kSubwordMoves : kMostMoves) / rate;
    for (const StepBatch& part : parts) part.add_touches(touches_);
    const std::size_t width = model_->inputs.width();
    const auto threads = static_cast<std::size_t>(std::max(1, context_->threads));
    parallel_for(width, (width + threads - 1) / threads, *context_, [&](const Chunk& chunk) {
      for (const StepBatch& part : parts) {
        part.apply(model_->inputs, model_->outputs, {&touches_, {chunk.begin, chunk.end}});
      }
    });
    for (const StepBatch& part : parts) part.remove_touches(touches_);
  }

  // Threads read and write rows that others are writing: a data race that is meant, and harmless where a float is
  // written whole. tests/tsan.supp names this function.
  void race() {
    losses_.resize(chunk_count(kept_.words.size(), kRaceWords));
    parallel_for(kept_.words.size(), kRaceWords, *context_, [&](const Chunk& chunk) {
      StepBatch batch(model_->inputs, model_->outputs);
      const float rate = rate_at(chunk.begin);
      Loss& loss = losses_[chunk.index];
      sampler_.add_steps(kept_, {chunk.begin, chunk.end}, rng_.split(1 + chunk.index), batch, [&] {
        if (loss.steps == 0) loss = {batch.loss(0), 1};
        batch.find_errors(rate);
        batch.apply(model_->inputs, model_->outputs, {nullptr, {0, model_->inputs.width()}});
        batch.clear();
      });
    });
  }

  const WordText* text_;
  Model* model_;
  const EmbeddingOptions* options_;
  const RunContext* context_;
  std::size_t batch_;  // words
  Sampler sampler_;
  std::vector<StepBatch> parts_;  // of a batch
  RowTouches touches_;
  KeptText kept_;
  std::vector<Loss> losses_;
  std::int32_t epoch_ = 0;
  Rng rng_ = Rng(0);  // of the epoch
};

Embeddings finish(const WordText& text, std::span<const std::string_view> terms, Model& model) {
  Embeddings embeddings;
  embeddings.counts = text.counts;
  embeddings.dimensions = model.inputs.dimensions();
  const std::size_t words = text.terms.size();
  for (const std::string_view word : words_of(text, terms)) embeddings.words.intern(word);
  if (model.subwords) {
    for (std::size_t w = 0; w < words; ++w) {
      float* const row = model.inputs.row(w);
      const auto parts = model.subwords->of(w);
      for (const std::int32_t bucket : parts) {
        add_scaled(row, 1.0F, model.inputs.row(words + static_cast<std::size_t>(bucket)), model.inputs.width());
      }
      multiply(row, 1.0F / static_cast<float>(parts.size() + 1), model.inputs.width());
    }
    embeddings.subwords = std::move(model.subwords->subwords);
  }
  embeddings.vectors = packed(model.inputs);
  const std::size_t own = words * static_cast<std::size_t>(embeddings.dimensions);
  embeddings.subword_vectors.assign(embeddings.vectors.begin() + static_cast<std::ptrdiff_t>(own),
                                    embeddings.vectors.end());
  embeddings.vectors.resize(own);
  return embeddings;
}

}  // namespace

EmbeddingFit fit_embeddings(const TokenSequences& tokens, std::span<const std::string_view> terms,
                            const EmbeddingOptions& options, const RunContext& context) {
  validate(options);
  const WordText text = read_word_text("fit_embeddings", tokens, terms.size(), options.min_count, kSentenceWords);
  Model model = make_model(text, terms, options);
  Training training(text, model, options, context);
  EmbeddingFit fit;
  for (std::int32_t epoch = 0; epoch < options.epochs; ++epoch) {
    fit.losses.push_back(training.run_epoch(epoch));
    const std::string note = concat(fit.losses.back(), " loss");
    context.report({"word vectors", epoch + 1, options.epochs, note});
  }
  fit.embeddings = finish(text, terms, model);
  return fit;
}

}  // namespace malmoi::neural
