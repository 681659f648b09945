#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "apps/lda_model.h"
#include "apps/workspace.h"
#include "corpus/readers.h"
#include "topics/inference.h"
#include "topics/topic_model.h"

namespace malmoi::apps {

/// A topic with its share in a document.
struct TopicShare {
  std::int32_t topic = 0;
  double share = 0;
  friend bool operator==(const TopicShare&, const TopicShare&) = default;
};

/// What is kept of a document's topics.
struct ShareLimits {
  std::int32_t most = 3;    ///< topics, the largest; ≥ 1
  double min_share = 0.01;  ///< and those at least this large
};

/// The largest shares, largest first, ties by number.
[[nodiscard]] std::vector<TopicShare> largest_shares(std::span<const float> shares, const ShareLimits& limits);

struct InferredDocument {
  std::string id;             ///< as the user calls it
  std::int64_t document = 0;  ///< number in the corpus; 0: not of the corpus
  std::int64_t tokens = 0;    ///< of terms that the model has
  std::vector<float> shares;  ///< [topics]; without tokens the prior's
};

/// Is given every document, in order.
using InferenceSink = std::function<void(const InferredDocument&)>;

/// The topics of the corpus' own documents that pass the filter, by the tokens that the corpus has of them.
void infer_stored(Workspace& workspace, const LdaModel& model, const corpus::Filter& where,
                  const topics::InferenceOptions& options, const InferenceSink& sink, const RunContext& context);

/// What new documents are read and analysed with; both must outlive the work.
struct NewDocuments {
  corpus::DocumentReader& reader;
  const tokenize::Analyzer& analyzer;
};

/// The topics of new documents, analysed as those of the corpus, on all threads.
void infer_new(const NewDocuments& documents, const LdaModel& model, const topics::InferenceOptions& options,
               const InferenceSink& sink, const RunContext& context);

}  // namespace malmoi::apps
