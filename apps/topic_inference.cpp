#include "apps/topic_inference.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "corpus/base/error.h"
#include "corpus/base/parallel.h"
#include "corpus/base/string_table.h"
#include "topics/lda.h"

namespace malmoi::apps {
namespace {

constexpr std::size_t kBatchBytes = std::size_t{1} << 18U;
constexpr std::size_t kBatchDocuments = 1024;
constexpr std::size_t kStoredBatch = 8192;

// One place of the pipeline: documents on their way from the reader to the sink.
struct Slot {
  tokenize::AnalyzerSession session;
  std::vector<corpus::Document> documents;
  vectorize::DocTermMatrix counts;
  topics::DenseMatrix shares;
  Progress progress;
};

bool fill(Slot& slot, corpus::DocumentReader& reader) {
  std::size_t count = 0;
  std::size_t bytes = 0;
  while (count < kBatchDocuments && bytes < kBatchBytes) {
    if (count == slot.documents.size()) slot.documents.emplace_back();
    if (!reader.read(slot.documents[count])) break;
    bytes += slot.documents[count].text.size();
    ++count;
  }
  slot.documents.resize(count);
  slot.progress = {"inferring", reader.bytes_read(), reader.bytes_total()};
  return count > 0;
}

// Counts of the terms that the model has.
void count(Slot& slot, const StringTable& terms) {
  TokenSequences tokens;
  for (const corpus::Document& document : slot.documents) {
    for (const tokenize::Token& token : slot.session.analyze(document.text)) {
      if (token.dropped != tokenize::DropRule::kept) continue;
      if (const auto column = terms.find(token.text)) tokens.terms.push_back(*column);
    }
    tokens.row_ids.push_back(0);
    tokens.offsets.push_back(tokens.terms.size());
  }
  slot.counts = vectorize::count_terms(tokens, terms.size());
}

std::vector<float> row_of(const topics::DenseMatrix& shares, Eigen::Index row) {
  const float* begin = shares.data() + row * shares.cols();
  return {begin, begin + shares.cols()};
}

// What a document is called that the corpus does not have: its id, or else where it was read.
std::string place_of(const corpus::Document& document) {
  return document.key.empty() ? concat(document.source, ':', document.line) : document.key;
}

}  // namespace

std::vector<TopicShare> largest_shares(std::span<const float> shares, const ShareLimits& limits) {
  std::vector<TopicShare> kept;
  for (std::size_t topic = 0; topic < shares.size(); ++topic) {
    const auto share = static_cast<double>(shares[topic]);
    if (share >= limits.min_share) kept.push_back({static_cast<std::int32_t>(topic), share});
  }
  const auto most = std::min<std::ptrdiff_t>(limits.most, std::ssize(kept));
  std::partial_sort(kept.begin(), kept.begin() + most, kept.end(), [](const TopicShare& a, const TopicShare& b) {
    return a.share != b.share ? a.share > b.share : a.topic < b.topic;
  });
  kept.resize(static_cast<std::size_t>(most));
  return kept;
}

void infer_stored(Workspace& workspace, const LdaModel& model, const corpus::Filter& where,
                  const topics::InferenceOptions& options, const InferenceSink& sink, const RunContext& context) {
  const topics::TopicModel topics = topics::topic_model(model.lda);
  const std::vector<std::int64_t> ids = workspace.store().matching(where);
  RunContext inner = context;  // the stages of a batch are too short to be shown
  inner.on_progress = {};
  for (std::size_t begin = 0; begin < ids.size(); begin += kStoredBatch) {
    const auto batch = std::span(ids).subspan(begin, std::min(kStoredBatch, ids.size() - begin));
    const TopicInput input = input_of(workspace, batch, model.terms, inner);
    const topics::DenseMatrix shares = topics::infer_topics(topics, input.counts, options, inner);
    const std::vector<std::int64_t> tokens = row_tokens(input.counts);
    for (std::size_t row = 0; row < tokens.size(); ++row) {
      const std::int64_t id = input.counts.row_ids[row];
      sink({name_of(*workspace.store().find(id)), id, tokens[row], row_of(shares, static_cast<Eigen::Index>(row))});
    }
    context.report(
        {"inferring", static_cast<std::int64_t>(begin + batch.size()), static_cast<std::int64_t>(ids.size())});
  }
}

void infer_new(const NewDocuments& documents, const LdaModel& model, const topics::InferenceOptions& options,
               const InferenceSink& sink, const RunContext& context) {
  const topics::TopicModel topics = topics::topic_model(model.lda);
  StringTable terms;
  for (const std::string& term : model.terms) terms.intern(term);
  std::vector<Slot> slots;
  for (std::size_t i = 0; i < pipeline_slots(context); ++i) {
    slots.push_back({tokenize::AnalyzerSession(documents.analyzer), {}, {}, {}, {}});
  }
  const RunContext one_thread{.threads = 1, .on_progress = {}, .stop = context.stop};
  ordered_pipeline({.produce = [&](std::size_t i) { return fill(slots[i], documents.reader); },
                    .work =
                        [&](std::size_t i) {
                          count(slots[i], terms);
                          slots[i].shares = topics::infer_topics(topics, slots[i].counts, options, one_thread);
                        },
                    .consume =
                        [&](std::size_t i) {
                          const std::vector<std::int64_t> tokens = row_tokens(slots[i].counts);
                          for (std::size_t row = 0; row < tokens.size(); ++row) {
                            sink({place_of(slots[i].documents[row]), 0, tokens[row],
                                  row_of(slots[i].shares, static_cast<Eigen::Index>(row))});
                          }
                          context.report(slots[i].progress);
                        }},
                   context);
}

}  // namespace malmoi::apps
