#pragma once

#include <span>
#include <string_view>

#include "corpus/base/run_context.h"
#include "corpus/base/string_table.h"
#include "corpus/base/token_sequences.h"
#include "tokenize/analyzer.h"

namespace malmoi::neural {

/// The analysis that classifiers use unless told otherwise: nothing is dropped, for what an index does without
/// (endings, particles, punctuation, stop words) tells a lot about the opinion of a text. Korean is cut into morphemes.
[[nodiscard]] tokenize::AnalyzerOptions classification_analysis();

/// Whether a Korean morpheme is one term with its part of speech: 하/VV and 하/XSV apart. Other words have no tag.
enum class TermTags { none, korean };

/// Texts as the kept tokens of their analysis, in text order. tokens.row_ids counts the texts from 0.
struct TokenizedTexts {
  StringTable terms;      ///< numbered in the order of their first occurrence
  TokenSequences tokens;  ///< numbers in `terms`
};

/// Analyses texts on all threads. The result is the same for every number of threads.
/// Throws  what AnalyzerSession::analyze throws
[[nodiscard]] TokenizedTexts tokenize_texts(std::span<const std::string_view> texts, const tokenize::Analyzer& analyzer,
                                            TermTags tags, const RunContext& context = {});

/// The same in given terms; a token that is not among them is -1, so that neighbours stay neighbours.
[[nodiscard]] TokenSequences tokenize_texts(std::span<const std::string_view> texts, const tokenize::Analyzer& analyzer,
                                            TermTags tags, const StringTable& terms, const RunContext& context = {});

}  // namespace malmoi::neural
