#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/report.h"
#include "apps/run_log.h"
#include "corpus/base/run_context.h"
#include "corpus/readers.h"
#include "corpus/writer.h"
#include "tokenize/analyzer.h"
#include "vectorize/association.h"

namespace malmoi::apps {

struct IndexOptions {
  /// nullopt: the analysis of the corpus that is there, or the default for a new one. A corpus has one analysis:
  /// another one is refused unless `reanalyze` is set.
  std::optional<tokenize::AnalyzerOptions> analyzer = std::nullopt;
  std::filesystem::path dictionary = {};  ///< folder of the Korean dictionary
  corpus::ReaderOptions reader = {};
  bool replace = false;    ///< documents with a known key take the place of the old ones
  bool reanalyze = false;  ///< all documents of the corpus are analysed anew
  std::optional<vectorize::CollocationOptions> phrases = std::nullopt;  ///< learn pairs, then analyse all with them
};

/// What indexing found out besides its figures.
struct IndexResult {
  Report report;
  std::vector<std::string> notes;  ///< what was guessed
  std::vector<corpus::SkippedRecord> skipped;
};

/// Reads documents from inputs, analyses them on all threads and adds them to the corpus, which is made if it is not
/// there: all in one transaction, so that the file holds the state before or after, whatever happens.
/// The stored bytes are the same for every thread count. `run` becomes the row in table runs.
/// Throws Error of the readers, the analyzer and the writer; invalid_argument for another analysis than the corpus has.
IndexResult index_documents(const std::filesystem::path& corpus, const std::vector<std::string>& inputs,
                            const IndexOptions& options, RunLog& run, const RunContext& context = {});

/// Removes documents, ids ascending; those that are not there are passed over. Returns the figures of what is left.
Report remove_documents(const std::filesystem::path& corpus, std::span<const std::int64_t> documents,
                        const std::filesystem::path& dictionary, const RunLog& run);

}  // namespace malmoi::apps
