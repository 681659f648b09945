// Word analysis against the bare libraries below it, on one thread, over the same documents: NSMC's training reviews
// and the training part of 20 Newsgroups. Needs the shared data beside the source folder.

#include <benchmark/benchmark.h>
#include <mecab.h>
#include <unicode/brkiter.h>
#include <unicode/unistr.h>
#include <unicode/utext.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/tokenize/shared_data.h"
#include "tokenize/analyzer.h"
#include "tokenize/word_scanner.h"

namespace malmoi::tokenize {
namespace {

constexpr const char* kDictionary = MALMOI_SHARE_DIR "/mecab-ko-dic";

/// The documents of one corpus.
struct Corpus {
  std::vector<std::string> documents;
  std::int64_t bytes = 0;

  void add(std::string_view document) {
    documents.emplace_back(document);
    bytes += static_cast<std::int64_t>(document.size());
  }
};

Corpus read_reviews() {
  const std::string file = read_shared("nsmc/ratings_train.txt");
  Corpus corpus;
  std::size_t begin = file.find('\n') + 1;  // behind the header
  for (std::size_t end = 0; (end = file.find('\n', begin)) != std::string::npos; begin = end + 1) {
    const std::size_t tab = file.find('\t', begin);
    corpus.add(std::string_view(file).substr(tab + 1, file.rfind('\t', end) - tab - 1));
  }
  return corpus;
}

Corpus read_newsgroups() {
  const std::string file = read_shared("20news/train.jsonl.gz");
  Corpus corpus;
  constexpr std::string_view kText = "\"text\": \"";
  for (std::size_t at = 0; (at = file.find(kText, at)) != std::string::npos;) {
    at += kText.size();
    const std::size_t end = std::min(file.find("{\"id\": ", at), file.size());
    corpus.add(std::string_view(file).substr(at, end - at));
  }
  return corpus;
}

const Corpus& corpus(bool korean) {
  static const Corpus kReviews = read_reviews();
  static const Corpus kNewsgroups = read_newsgroups();
  return korean ? kReviews : kNewsgroups;
}

std::unique_ptr<icu::BreakIterator> word_breaks() {
  UErrorCode status = U_ZERO_ERROR;
  return std::unique_ptr<icu::BreakIterator>(icu::BreakIterator::createWordInstance(icu::Locale::getRoot(), status));
}

std::int64_t count_breaks(icu::BreakIterator& breaks) {
  std::int64_t count = 0;
  while (breaks.next() != icu::BreakIterator::DONE) ++count;
  return count;
}

/// The floor: all text converted beforehand.
void icu_unicode_string(benchmark::State& state, bool korean) {
  std::vector<icu::UnicodeString> texts;
  for (const std::string& document : corpus(korean).documents) texts.push_back(icu::UnicodeString::fromUTF8(document));
  const auto breaks = word_breaks();
  for ([[maybe_unused]] auto _ : state) {
    std::int64_t count = 0;
    for (const icu::UnicodeString& text : texts) {
      breaks->setText(text);
      count += count_breaks(*breaks);
    }
    benchmark::DoNotOptimize(count);
  }
  state.SetBytesProcessed(state.iterations() * corpus(korean).bytes);
}

void icu_utf8(benchmark::State& state, bool korean) {
  const auto breaks = word_breaks();
  UText text = UTEXT_INITIALIZER;
  for ([[maybe_unused]] auto _ : state) {
    std::int64_t count = 0;
    for (const std::string& document : corpus(korean).documents) {
      UErrorCode status = U_ZERO_ERROR;
      utext_openUTF8(&text, document.data(), static_cast<std::int64_t>(document.size()), &status);
      breaks->setText(&text, status);
      count += count_breaks(*breaks);
    }
    benchmark::DoNotOptimize(count);
  }
  utext_close(&text);
  state.SetBytesProcessed(state.iterations() * corpus(korean).bytes);
}

void word_scanner(benchmark::State& state, bool korean) {
  WordScanner scanner;
  std::vector<Word> words;
  for ([[maybe_unused]] auto _ : state) {
    std::size_t count = 0;
    for (const std::string& document : corpus(korean).documents) {
      scanner.scan(document, words);
      count += words.size();
    }
    benchmark::DoNotOptimize(count);
  }
  state.SetBytesProcessed(state.iterations() * corpus(korean).bytes);
}

void analyze(benchmark::State& state, const AnalyzerOptions& options, bool korean) {
  const Analyzer analyzer(options, kDictionary);
  AnalyzerSession session(analyzer);
  for ([[maybe_unused]] auto _ : state) {
    std::size_t count = 0;
    for (const std::string& document : corpus(korean).documents) count += session.analyze(document).size();
    benchmark::DoNotOptimize(count);
  }
  state.SetBytesProcessed(state.iterations() * corpus(korean).bytes);
}

void analyze_words(benchmark::State& state, bool korean) {
  analyze(state, {.korean = KoreanUnit::word}, korean);
}

void analyze_stems(benchmark::State& state, bool korean) {
  analyze(state, {.korean = KoreanUnit::word, .stemmer = Stemmer::english}, korean);
}

void analyze_morphemes(benchmark::State& state, bool korean) {
  analyze(state, {}, korean);
}

/// Each review as it is, nodes walked and not used.
void mecab(benchmark::State& state, bool korean) {
  const std::unique_ptr<MeCab::Model> model(
      MeCab::createModel(("-r /dev/null -d " + std::string(kDictionary)).c_str()));
  if (model == nullptr) {
    state.SkipWithError("no Korean dictionary");
    return;
  }
  const std::unique_ptr<MeCab::Tagger> tagger(model->createTagger());
  const std::unique_ptr<MeCab::Lattice> lattice(model->createLattice());
  for ([[maybe_unused]] auto _ : state) {
    std::size_t count = 0;
    for (const std::string& document : corpus(korean).documents) {
      lattice->set_sentence(document.data(), document.size());
      tagger->parse(lattice.get());
      for (const MeCab::Node* node = lattice->bos_node(); node != nullptr; node = node->next) ++count;
    }
    benchmark::DoNotOptimize(count);
  }
  state.SetBytesProcessed(state.iterations() * corpus(korean).bytes);
}

BENCHMARK_CAPTURE(icu_unicode_string, nsmc, true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(icu_utf8, nsmc, true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(word_scanner, nsmc, true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(analyze_words, nsmc, true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(mecab, nsmc, true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(analyze_morphemes, nsmc, true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(icu_unicode_string, newsgroups, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(icu_utf8, newsgroups, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(word_scanner, newsgroups, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(analyze_words, newsgroups, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(analyze_stems, newsgroups, false)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace malmoi::tokenize

BENCHMARK_MAIN();
