#include "apps/inference_batches.h"

#include <algorithm>
#include <utility>

#include "apps/topic_input.h"
#include "corpus/base/parallel.h"
#include "corpus/base/string_table.h"

namespace malmoi::apps {
namespace {

constexpr std::size_t kStoredBatch = 8192;

// Counts of the terms that the model has.
CountedDocuments count_new(std::span<const corpus::Document> documents, tokenize::AnalyzerSession& session,
                           const StringTable& terms) {
  CountedDocuments counted;
  TokenSequences tokens;
  for (const corpus::Document& document : documents) {
    for (const tokenize::Token& token : session.analyze(document.text)) {
      if (token.dropped != tokenize::DropRule::kept) continue;
      if (const auto column = terms.find(token.text)) tokens.terms.push_back(*column);
    }
    tokens.row_ids.push_back(0);
    tokens.offsets.push_back(tokens.terms.size());
    counted.names.push_back(name_of_input(document));
  }
  counted.ids.assign(documents.size(), 0);
  counted.counts = vectorize::count_terms(tokens, terms.size());
  return counted;
}

}  // namespace

void work_on_stored(Workspace& workspace, const ModelSpace& space, std::span<const std::int64_t> ids,
                    const CountedWork& work, const RunContext& context) {
  RunContext inner = context;  // the stages of a batch are too short to be shown
  inner.on_progress = {};
  for (std::size_t begin = 0; begin < ids.size(); begin += kStoredBatch) {
    const auto batch = ids.subspan(begin, std::min(kStoredBatch, ids.size() - begin));
    CountedDocuments documents;
    documents.counts = input_of(workspace, batch, space.terms, inner).counts;
    documents.ids = documents.counts.row_ids;
    for (const std::int64_t id : documents.ids) documents.names.push_back(name_of(*workspace.store().find(id)));
    work.work(0, documents, inner);
    work.consume(0);
    context.report({"inferring", std::ssize(ids.first(begin)) + std::ssize(batch), std::ssize(ids)});
  }
}

std::int64_t work_on_new(const NewDocuments& documents, const tokenize::Analyzer& analyzer, const ModelSpace& space,
                         const CountedWork& work, const CommonOptions& common, Streams& io) {
  StringTable terms;
  for (const std::string& term : space.terms) terms.intern(term);
  std::vector<tokenize::AnalyzerSession> sessions;
  const std::size_t places = pipeline_slots(common.run_context(io));
  for (std::size_t i = 0; i < places; ++i) sessions.emplace_back(analyzer);
  return stream_inputs(
      documents,
      {.work = [&](std::size_t place, std::span<const corpus::Document> batch,
                   const RunContext& context) { work.work(place, count_new(batch, sessions[place], terms), context); },
       .consume = work.consume},
      common, io);
}

}  // namespace malmoi::apps
