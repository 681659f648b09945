#include "apps/document_stream.h"

#include <utility>

#include "corpus/base/error.h"
#include "corpus/base/parallel.h"

namespace malmoi::apps {
namespace {

constexpr std::size_t kBatchBytes = std::size_t{1} << 18U;
constexpr std::size_t kBatchDocuments = 1024;

// One place of the pipeline.
struct Batch {
  std::vector<corpus::Document> documents;
  Progress progress;
};

// Documents that are there do not wait for those that are still to come.
bool fill(Batch& batch, const DocumentSource& source) {
  std::size_t count = 0;
  std::size_t bytes = 0;
  while (count < kBatchDocuments && bytes < kBatchBytes && (count == 0 || source.ready())) {
    if (count == batch.documents.size()) batch.documents.emplace_back();
    if (!source.next(batch.documents[count])) break;
    bytes += batch.documents[count].text.size();
    ++count;
  }
  batch.documents.resize(count);
  batch.progress = source.progress();
  return count > 0;
}

}  // namespace

std::int64_t stream_documents(const DocumentSource& source, const DocumentWork& work, const RunContext& context) {
  std::vector<Batch> batches(pipeline_slots(context));
  const RunContext one_thread{.threads = 1, .on_progress = {}, .stop = context.stop};
  std::int64_t documents = 0;
  bool ended = false;
  bool waiting = false;
  // Where the input makes a pause the pipeline runs empty: nothing in it waits for what comes next.
  const auto produce = [&](std::size_t place) {
    if (waiting && !source.ready()) return false;
    waiting = true;
    ended = !fill(batches[place], source);
    return !ended;
  };
  const auto consume = [&](std::size_t place) {
    work.consume(place);
    documents += std::ssize(batches[place].documents);
    context.report(batches[place].progress);
  };
  while (!ended) {
    waiting = false;
    ordered_pipeline({.produce = produce,
                      .work = [&](std::size_t place) { work.work(place, batches[place].documents, one_thread); },
                      .consume = consume},
                     context);
  }
  return documents;
}

std::int64_t stream_inputs(const NewDocuments& documents, const DocumentWork& work, const CommonOptions& common,
                           Streams& io) {
  const auto reader = corpus::open_reader(documents.inputs, documents.reader);
  const DocumentSource source{[&](corpus::Document& document) { return reader->read(document); },
                              [&] { return reader->ready(); },
                              [&] {
                                return Progress{documents.stage, reader->bytes_read(), reader->bytes_total()};
                              }};
  const std::int64_t count = stream_documents(source, work, common.run_context(io));
  tell_reading(*reader, common, io);
  return count;
}

void tell_reading(const corpus::DocumentReader& reader, const CommonOptions& common, Streams& io) {
  for (const std::string& guessed : reader.notes()) note(guessed, common, io);
  for (const corpus::SkippedRecord& skipped : reader.skipped()) {
    note(concat("skipped ", skipped.reason), common, io);
  }
}

std::string name_of_input(const corpus::Document& document) {
  return document.key.empty() ? concat(document.source, ':', document.line) : document.key;
}

}  // namespace malmoi::apps
