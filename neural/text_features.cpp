#include "neural/text_features.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "corpus/base/error.h"
#include "corpus/base/parallel.h"
#include "corpus/base/utf8.h"
#include "neural/character_units.h"
#include "neural/feature_reader.h"

namespace malmoi::neural {
namespace {

constexpr std::size_t kTextsPerChunk = 256;
constexpr std::int32_t kCodePoints = 0x110000;

using vectorize::SparseMatrix;

bool within_words(const FeatureOptions& options) {
  return options.scope == CharacterScope::word;
}

TokenSequences character_sequences(std::span<const std::string_view> texts, bool break_words,
                                   const RunContext& context) {
  struct Part {
    std::vector<std::int32_t> units;
    std::vector<std::size_t> ends;
  };
  std::vector<Part> parts(chunk_count(texts.size(), kTextsPerChunk));
  parallel_for(texts.size(), kTextsPerChunk, context, [&](const Chunk& chunk) {
    Part& part = parts[chunk.index];
    for (std::size_t t = chunk.begin; t < chunk.end; ++t) {
      append_characters(texts[t], break_words, part.units);
      part.ends.push_back(part.units.size());
    }
  });
  TokenSequences sequences;
  sequences.row_ids.resize(texts.size());
  std::iota(sequences.row_ids.begin(), sequences.row_ids.end(), std::int64_t{0});
  std::size_t total = 0;
  for (const Part& part : parts) total += part.units.size();
  sequences.terms.reserve(total);
  for (Part& part : parts) {
    for (const std::size_t end : part.ends) sequences.offsets.push_back(sequences.terms.size() + end);
    sequences.terms.insert(sequences.terms.end(), part.units.begin(), part.units.end());
    part = {};
  }
  return sequences;
}

// Leaves out the terms that no n-gram uses; tree.units and the tokens are numbered anew, unused ones -1.
StringTable compact_terms(const StringTable& terms, NgramTree& tree, TokenSequences& tokens) {
  std::vector<std::int32_t> place(static_cast<std::size_t>(terms.size()), -1);
  StringTable kept;
  for (std::int32_t& unit : tree.units) {
    std::int32_t& number = place[static_cast<std::size_t>(unit)];
    if (number < 0) number = kept.intern(terms.at(unit), terms.hash(unit));
    unit = number;
  }
  for (TermId& token : tokens.terms) token = token < 0 ? -1 : place[static_cast<std::size_t>(token)];
  return kept;
}

// The rows of a chunk of texts before their place in the matrix is known.
struct RowBlock {
  std::vector<std::int32_t> columns;
  std::vector<float> values;
  std::vector<std::size_t> sizes;
};

// order: buffer of the caller
void append_sorted(const FeatureRow& row, std::vector<std::uint64_t>& order, RowBlock& block) {
  order.clear();
  for (std::size_t i = 0; i < row.columns.size(); ++i) {
    order.push_back(static_cast<std::uint64_t>(row.columns[i]) << 32U | i);
  }
  std::sort(order.begin(), order.end());
  for (const std::uint64_t entry : order) {
    block.columns.push_back(static_cast<std::int32_t>(entry >> 32U));
    block.values.push_back(row.values[entry & 0xFFFFFFFFU]);
  }
  block.sizes.push_back(order.size());
}

SparseMatrix join(std::vector<RowBlock> blocks, std::size_t rows, std::int32_t columns, const RunContext& context) {
  std::vector<std::size_t> starts = {0};
  for (const RowBlock& block : blocks) starts.push_back(starts.back() + block.columns.size());
  if (starts.back() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    throw Error(ErrorCode::invalid_argument, concat("features: ", starts.back(), " non-zeros, at most 2147483647"));
  }
  SparseMatrix matrix(static_cast<Eigen::Index>(rows), columns);
  matrix.resizeNonZeros(static_cast<Eigen::Index>(starts.back()));
  parallel_for(blocks.size(), 1, context, [&](const Chunk& chunk) {
    RowBlock& block = blocks[chunk.index];
    std::copy(block.columns.begin(), block.columns.end(), matrix.innerIndexPtr() + starts[chunk.index]);
    std::copy(block.values.begin(), block.values.end(), matrix.valuePtr() + starts[chunk.index]);
    std::int32_t* end = matrix.outerIndexPtr() + chunk.index * kTextsPerChunk;
    std::size_t offset = starts[chunk.index];
    for (const std::size_t size : block.sizes) *++end = static_cast<std::int32_t>(offset += size);
    block = {};
  });
  return matrix;
}

std::vector<float> global_weights(const FeatureOptions& options, std::span<const std::int32_t> documents,
                                  std::size_t texts) {
  std::vector<float> weights(documents.size(), 1.0F);
  if (options.weight != FeatureWeight::tf_idf) return weights;
  std::transform(documents.begin(), documents.end(), weights.begin(), [&](std::int32_t df) {
    return static_cast<float>(std::log((1.0 + static_cast<double>(texts)) / (1.0 + df)) + 1.0);
  });
  return weights;
}

}  // namespace

TextFeatures::TextFeatures(FeatureData data)
    : options_(std::move(data.options)),
      terms_(std::move(data.terms)),
      words_(std::move(data.words)),
      characters_(std::move(data.characters)),
      global_(std::move(data.global)) {
  const std::vector<std::int32_t>& units = words_.tree().units;
  if (global_.size() != static_cast<std::size_t>(size()) ||
      !std::all_of(units.begin(), units.end(), [&](std::int32_t unit) { return unit < terms_.size(); })) {
    throw Error(ErrorCode::corrupt_data, concat("text features: ", size(), " features, ", global_.size(), " weights, ",
                                                terms_.size(), " terms that do not fit together"));
  }
}

std::string TextFeatures::name(std::int32_t feature) const {
  std::string name;
  if (of_words(feature)) {
    for (const std::int32_t unit : words_.ngram(feature)) {
      if (!name.empty()) name.push_back(' ');
      name.append(terms_.at(unit));
    }
    return name;
  }
  for (const std::int32_t unit : characters_.ngram(feature - words_.features())) {
    append_utf8(name, static_cast<char32_t>(unit));
  }
  return name;
}

SparseMatrix TextFeatures::rows(std::span<const std::string_view> texts, const TokenSequences& tokens,
                                const RunContext& context) const {
  if (options_.words && tokens.rows() != texts.size()) {
    throw Error(ErrorCode::invalid_argument,
                concat("TextFeatures::rows: ", texts.size(), " texts, tokens of ", tokens.rows()));
  }
  std::vector<RowBlock> blocks(chunk_count(texts.size(), kTextsPerChunk));
  parallel_for(texts.size(), kTextsPerChunk, context, [&](const Chunk& chunk) {
    FeatureReader reader(*this);
    RowBlock& block = blocks[chunk.index];
    std::vector<std::uint64_t> order;
    for (std::size_t t = chunk.begin; t < chunk.end; t += FeatureReader::kTextsAtOnce) {
      const std::size_t end = std::min(t + FeatureReader::kTextsAtOnce, chunk.end);
      for (const FeatureRow& row : reader.read(texts, tokens, t, end)) append_sorted(row, order, block);
    }
  });
  return join(std::move(blocks), texts.size(), size(), context);
}

std::vector<FeatureOccurrence> TextFeatures::occurrences(std::string_view text,
                                                         const tokenize::Analyzer& analyzer) const {
  std::vector<FeatureOccurrence> places;
  const auto add = [&](std::span<const NgramIndex::Occurrence> found, std::span<const ByteSpan> spans,
                       std::int32_t first_column) {
    for (const NgramIndex::Occurrence& one : found) {
      const auto begin = static_cast<std::size_t>(one.begin);
      places.push_back({one.feature + first_column, spans[begin].begin,
                        spans[begin + static_cast<std::size_t>(one.length) - 1].end});
    }
  };
  std::vector<NgramIndex::Occurrence> found;
  std::vector<ByteSpan> spans;
  if (options_.words) {
    tokenize::AnalyzerSession session(analyzer);
    for (const tokenize::Token& token : session.analyze(text)) {
      if (token.dropped == tokenize::DropRule::kept) spans.push_back({token.begin, token.end});
    }
    words_.find(tokenize_texts(std::span(&text, 1), analyzer, options_.tags, terms_).row(0), found);
    add(found, spans, 0);
  }
  if (options_.characters) {
    std::vector<std::int32_t> units;
    spans.clear();
    found.clear();
    append_characters(text, within_words(options_), units, &spans);
    characters_.find(units, found);
    add(found, spans, words_.features());
  }
  return places;
}

FittedFeatures fit_features(std::span<const std::string_view> texts, TokenizedTexts tokens,
                            const FeatureOptions& options, const RunContext& context) {
  FeatureData data;
  data.options = options;
  std::vector<std::int32_t> documents;
  if (options.words) {
    LearnedNgrams learned = learn_ngrams(tokens.tokens, tokens.terms.size(), *options.words, context);
    data.words = std::move(learned.tree);
    data.terms = compact_terms(tokens.terms, data.words, tokens.tokens);
    documents = std::move(learned.documents);
  }
  if (options.characters) {
    LearnedNgrams learned = learn_ngrams(character_sequences(texts, within_words(options), context), kCodePoints,
                                         *options.characters, context);
    data.characters = std::move(learned.tree);
    documents.insert(documents.end(), learned.documents.begin(), learned.documents.end());
  }
  data.global = global_weights(options, documents, texts.size());
  FittedFeatures fitted{TextFeatures(std::move(data)), {}};
  SparseMatrix rows = fitted.features.rows(texts, tokens.tokens, context);
  fitted.rows.swap(rows);  // Eigen's matrices cannot be moved
  return fitted;
}

}  // namespace malmoi::neural
