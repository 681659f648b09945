#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "apps/command.h"
#include "corpus/base/run_context.h"
#include "corpus/document.h"
#include "corpus/readers.h"

namespace malmoi::apps {

/// Documents that come one after the other.
struct DocumentSource {
  std::function<bool(corpus::Document&)> next;  ///< false at the end
  std::function<bool()> ready;                  ///< whether next need not wait
  std::function<Progress()> progress;
};

/// What is done with a batch of documents. `place` is an index below pipeline_slots(context): into buffers that the
/// caller holds.
struct DocumentWork {
  /// On any thread, several batches at a time; the context is that of one thread.
  std::function<void(std::size_t place, std::span<const corpus::Document>, const RunContext&)> work;
  std::function<void(std::size_t place)> consume;  ///< one at a time, in the order of the documents
};

/// Works on the documents in batches, which do not wait for documents that are still to come. Returns how many there
/// were. Throws what the source and the work throw, canceled.
std::int64_t stream_documents(const DocumentSource& source, const DocumentWork& work, const RunContext& context);

/// New documents: files, folders or "-".
struct NewDocuments {
  const std::vector<std::string>& inputs;
  corpus::ReaderOptions reader;
  std::string stage;  ///< of the progress: "predicting"
};

/// The same of new documents; then tells what the reader guessed and skipped.
std::int64_t stream_inputs(const NewDocuments& documents, const DocumentWork& work, const CommonOptions& common,
                           Streams& io);

/// Notes on what a reader guessed and skipped.
void tell_reading(const corpus::DocumentReader& reader, const CommonOptions& common, Streams& io);

/// What a document is called that the corpus does not have: its id, or else where it was read.
[[nodiscard]] std::string name_of_input(const corpus::Document& document);

}  // namespace malmoi::apps
