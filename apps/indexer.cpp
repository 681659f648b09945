#include "apps/indexer.h"

#include <array>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>

#include "apps/dictionary.h"
#include "corpus/base/error.h"
#include "corpus/base/hex.h"
#include "corpus/base/parallel.h"

namespace malmoi::apps {
namespace {

using corpus::CorpusWriter;
using corpus::Document;
using corpus::TokenBatch;

constexpr std::size_t kBatchBytes = std::size_t{1} << 19U;
constexpr std::size_t kBatchDocuments = 8192;

// One place of the pipeline: a batch on its way from the reader to the writer.
struct Slot {
  tokenize::AnalyzerSession session;
  TokenBatch batch;
  std::uint64_t fingerprint = 0;
  Progress progress;
};

corpus::DroppedCounts named(const std::array<std::int64_t, tokenize::kDropRules>& dropped) {
  corpus::DroppedCounts counts;
  for (std::size_t rule = 0; rule < dropped.size(); ++rule) {
    if (dropped[rule] > 0) counts[std::string(name(static_cast<tokenize::DropRule>(rule)))] = dropped[rule];
  }
  return counts;
}

std::uint64_t fingerprint(const Document& document) {
  return hash_bytes(document.key) * 3 + hash_bytes(document.label) * 5 + hash_bytes(document.text) * 7;
}

void analyze(Slot& slot) {
  TokenBatch& batch = slot.batch;
  batch.clear_tokens();
  slot.fingerprint = 0;
  std::array<std::int64_t, tokenize::kDropRules> dropped{};
  for (const Document& document : batch.documents) {
    for (const tokenize::Token& token : slot.session.analyze(document.text)) {
      if (token.dropped == tokenize::DropRule::kept) {
        batch.tokens.push_back(batch.terms.intern(token.text));
      } else {
        ++dropped[static_cast<std::size_t>(token.dropped)];
      }
    }
    batch.ends.push_back(batch.tokens.size());
    slot.fingerprint = slot.fingerprint * 31 + fingerprint(document);
  }
  batch.dropped = named(dropped);
}

// Fills a batch from a stream of documents; false when there was none left.
bool fill(TokenBatch& batch, const std::function<bool(Document&)>& next) {
  std::size_t count = 0;
  std::size_t bytes = 0;
  while (count < kBatchDocuments && bytes < kBatchBytes) {
    if (count == batch.documents.size()) batch.documents.emplace_back();
    if (!next(batch.documents[count])) break;
    bytes += batch.documents[count].text.size();
    ++count;
  }
  batch.documents.resize(count);
  return count > 0;
}

struct Source {
  std::function<bool(Document&)> next;
  std::function<Progress()> progress;
};

// Documents from `source` through analysis into `store`, in order; returns a fingerprint of what went through.
std::uint64_t run_pipeline(const tokenize::Analyzer& analyzer, const Source& source,
                           const std::function<void(TokenBatch&)>& store, const RunContext& context) {
  std::vector<Slot> slots;
  for (std::size_t i = 0; i < pipeline_slots(context); ++i) {
    slots.push_back({tokenize::AnalyzerSession(analyzer), {}, 0, {}});
  }
  std::uint64_t total = 0;
  ordered_pipeline({.produce =
                        [&](std::size_t i) {
                          const bool filled = fill(slots[i].batch, source.next);
                          slots[i].progress = source.progress();
                          return filled;
                        },
                    .work = [&](std::size_t i) { analyze(slots[i]); },
                    .consume =
                        [&](std::size_t i) {
                          store(slots[i].batch);
                          total = total * 37 + slots[i].fingerprint;
                          context.report(slots[i].progress);
                        }},
                   context);
  return total;
}

// The work of index_documents, step by step.
class Indexing {
 public:
  Indexing(const std::filesystem::path& corpus, const IndexOptions& options, const RunContext& context)
      : options_(options),
        context_(context),
        writer_(corpus, {.known_key = known_key(options),
                         .dropped_in = [this](std::string_view text) { return dropped_in(text); },
                         .context = context}) {}

  void choose_analyzer() {
    const auto stored = writer_.store().setting("analyzer");
    tokenize::AnalyzerOptions wanted = stored ? tokenize::analyzer_options_from_json(*stored)
                                              : options_.analyzer.value_or(tokenize::AnalyzerOptions{});
    if (stored && options_.analyzer) {
      if (!options_.reanalyze && to_json(*options_.analyzer) != *stored) {
        throw Error(ErrorCode::invalid_argument,
                    "index: the corpus was analysed with other options; leave them out to use those of the corpus, or "
                    "give --reanalyze to analyse all its documents anew");
      }
      wanted = *options_.analyzer;
    }
    use(std::move(wanted));
  }

  void read(const std::vector<std::string>& inputs, corpus::DocumentReader& reader, RunLog& run) {
    const auto progress = [&] { return Progress{"indexing", reader.bytes_read(), reader.bytes_total()}; };
    const std::uint64_t read = run_pipeline(
        *analyzer_, {[&](Document& d) { return reader.read(d); }, progress},
        [&](TokenBatch& batch) { writer_.add(batch); }, context_);
    nlohmann::ordered_json input;
    input["inputs"] = inputs;
    input["documents"] = writer_.summary().added;
    input["fingerprint"] = hex(read);
    run.set_input(input.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    skipped_ = reader.skipped_count() + writer_.summary().skipped;
  }

  void learn_phrases() {
    tokenize::AnalyzerOptions with_phrases = analyzer_->options();
    if (with_phrases.ngrams > 1) {
      throw Error(ErrorCode::invalid_argument,
                  "index: phrases are learned from single words, not together with n-grams");
    }
    with_phrases.phrases.clear();
    const StringTable& terms = writer_.terms().texts;
    for (const vectorize::Collocation& pair : collocations(writer_.tokens(), *options_.phrases, context_)) {
      with_phrases.phrases.push_back(concat(terms.at(pair.first), " ", terms.at(pair.second)));
    }
    use(std::move(with_phrases));
  }

  void analyze_again() {
    corpus::DocumentCursor documents = writer_.store().documents();
    const std::int64_t total = writer_.store().database().query_integer("SELECT count(*) FROM documents");
    std::int64_t done = 0;
    writer_.clear_index();
    run_pipeline(
        *analyzer_,
        {[&](Document& d) { return documents.next(d) && ++done > 0; },
         [&] {
           return Progress{"analysing anew", done, total};
         }},
        [&](TokenBatch& batch) { writer_.reindex(batch); }, context_);
  }

  Report remove(std::span<const std::int64_t> documents, const RunLog& run) {
    const std::int64_t removed = writer_.remove(documents);
    const corpus::CorpusSize size = writer_.finish();
    Report report;
    report.metrics = {{"documents_removed", removed}, {"documents", size.documents}, {"tokens", size.tokens}};
    writer_.record(run.finish(report));
    writer_.commit();
    return report;
  }

  Report finish(const RunLog& run) {
    const corpus::CorpusSize size = writer_.finish();
    Report report;
    report.metrics.push_back({"documents_added", writer_.summary().added});
    if (options_.replace) report.metrics.push_back({"documents_replaced", writer_.summary().replaced});
    if (options_.reader.on_error == corpus::OnError::skip) report.metrics.push_back({"records_skipped", skipped_});
    report.metrics.push_back({"documents", size.documents});
    report.metrics.push_back({"tokens", size.tokens});
    report.metrics.push_back({"terms", size.terms});
    if (options_.phrases) report.metrics.push_back({"phrases", analyzer_->options().phrases.size()});
    writer_.record(run.finish(report));
    writer_.commit();
    return report;
  }

 private:
  static corpus::KnownKey known_key(const IndexOptions& options) {
    if (options.replace) return corpus::KnownKey::replace;
    return options.reader.on_error == corpus::OnError::skip ? corpus::KnownKey::skip : corpus::KnownKey::refuse;
  }

  void use(tokenize::AnalyzerOptions wanted) {
    writer_.set("analyzer", to_json(wanted));
    analyzer_ = make_analyzer(std::move(wanted), options_.dictionary);
  }

  corpus::DroppedCounts dropped_in(std::string_view text) {
    std::array<std::int64_t, tokenize::kDropRules> dropped{};
    tokenize::AnalyzerSession session(*analyzer_);
    for (const tokenize::Token& token : session.analyze(text)) {
      if (token.dropped != tokenize::DropRule::kept) ++dropped[static_cast<std::size_t>(token.dropped)];
    }
    return named(dropped);
  }

  const IndexOptions& options_;
  const RunContext& context_;
  std::unique_ptr<tokenize::Analyzer> analyzer_;
  CorpusWriter writer_;
  std::int64_t skipped_ = 0;
};

}  // namespace

IndexResult index_documents(const std::filesystem::path& corpus, const std::vector<std::string>& inputs,
                            const IndexOptions& options, RunLog& run, const RunContext& context) {
  IndexResult result;
  std::unique_ptr<corpus::DocumentReader> reader;
  if (!inputs.empty()) reader = corpus::open_reader(inputs, options.reader);  // a wrong name fails before any work
  Indexing indexing(corpus, options, context);
  indexing.choose_analyzer();
  if (options.reanalyze) indexing.analyze_again();
  if (reader) indexing.read(inputs, *reader, run);
  if (options.phrases) {
    indexing.learn_phrases();
    indexing.analyze_again();
  }
  result.report = indexing.finish(run);
  if (reader) {
    result.notes = reader->notes();
    result.skipped = reader->skipped();
  }
  return result;
}

Report remove_documents(const std::filesystem::path& corpus, std::span<const std::int64_t> documents,
                        const std::filesystem::path& dictionary, const RunLog& run) {
  IndexOptions options;
  options.dictionary = dictionary;
  const RunContext context;
  Indexing indexing(corpus, options, context);
  indexing.choose_analyzer();
  return indexing.remove(documents, run);
}

}  // namespace malmoi::apps
