#include "neural/text_units.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string>
#include <vector>

#include "corpus/base/parallel.h"

namespace malmoi::neural {
namespace {

constexpr std::size_t kTextsPerChunk = 512;

// Tags of words in other scripts; their terms stand for themselves.
constexpr std::array<std::string_view, 3> kForeignTags = {"SL", "SH", "SN"};

bool is_korean(std::string_view tag) {
  return !tag.empty() && std::find(kForeignTags.begin(), kForeignTags.end(), tag) == kForeignTags.end();
}

// What one chunk of texts gives: the tokens as numbers of its own terms.
struct Part {
  StringTable terms;
  std::vector<TermId> tokens;
  std::vector<std::size_t> lengths;
};

void read_text(const tokenize::Tokens& tokens, TermTags tags, Part& part) {
  std::string tagged;
  std::size_t kept = 0;
  for (const tokenize::Token& token : tokens) {
    if (token.dropped != tokenize::DropRule::kept) continue;
    ++kept;
    if (tags == TermTags::none || !is_korean(token.tag)) {
      part.tokens.push_back(part.terms.intern(token.text));
      continue;
    }
    tagged.assign(token.text).append("/").append(token.tag);
    part.tokens.push_back(part.terms.intern(tagged));
  }
  part.lengths.push_back(kept);
}

std::vector<Part> read_parts(std::span<const std::string_view> texts, const tokenize::Analyzer& analyzer, TermTags tags,
                             const RunContext& context) {
  std::vector<Part> parts(chunk_count(texts.size(), kTextsPerChunk));
  parallel_for(texts.size(), kTextsPerChunk, context, [&](const Chunk& chunk) {
    tokenize::AnalyzerSession session(analyzer);
    for (std::size_t t = chunk.begin; t < chunk.end; ++t) {
      read_text(session.analyze(texts[t]), tags, parts[chunk.index]);
    }
  });
  return parts;
}

TokenSequences empty_rows(std::span<const Part> parts, std::size_t texts) {
  TokenSequences sequences;
  sequences.row_ids.resize(texts);
  std::iota(sequences.row_ids.begin(), sequences.row_ids.end(), std::int64_t{0});
  sequences.offsets.reserve(texts + 1);
  for (const Part& part : parts) {
    for (const std::size_t length : part.lengths) sequences.offsets.push_back(sequences.offsets.back() + length);
  }
  sequences.terms.reserve(sequences.offsets.back());
  return sequences;
}

void append(std::span<const TermId> tokens, std::span<const TermId> numbers, TokenSequences& sequences) {
  for (const TermId token : tokens) sequences.terms.push_back(numbers[static_cast<std::size_t>(token)]);
}

}  // namespace

tokenize::AnalyzerOptions classification_analysis() {
  tokenize::AnalyzerOptions options;
  options.tags = tokenize::parse_tags("all");
  options.stop_words = std::vector<std::string>{};
  options.kinds.clear();
  for (int kind = 0; kind < tokenize::kTokenKinds; ++kind) {
    options.kinds.push_back(static_cast<tokenize::TokenKind>(kind));
  }
  return options;
}

TokenizedTexts tokenize_texts(std::span<const std::string_view> texts, const tokenize::Analyzer& analyzer,
                              TermTags tags, const RunContext& context) {
  const std::vector<Part> parts = read_parts(texts, analyzer, tags, context);
  TokenizedTexts result;
  result.tokens = empty_rows(parts, texts.size());
  std::vector<TermId> numbers;
  for (const Part& part : parts) {
    numbers.clear();
    for (std::int32_t t = 0; t < part.terms.size(); ++t) {
      numbers.push_back(result.terms.intern(part.terms.at(t), part.terms.hash(t)));
    }
    append(part.tokens, numbers, result.tokens);
  }
  return result;
}

TokenSequences tokenize_texts(std::span<const std::string_view> texts, const tokenize::Analyzer& analyzer,
                              TermTags tags, const StringTable& terms, const RunContext& context) {
  const std::vector<Part> parts = read_parts(texts, analyzer, tags, context);
  TokenSequences sequences = empty_rows(parts, texts.size());
  std::vector<TermId> numbers;
  for (const Part& part : parts) {
    terms.find_all(part.terms, numbers);
    append(part.tokens, numbers, sequences);
  }
  return sequences;
}

}  // namespace malmoi::neural
