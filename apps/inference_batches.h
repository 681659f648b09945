#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "apps/document_stream.h"
#include "apps/model_space.h"
#include "apps/workspace.h"
#include "tokenize/analyzer.h"

namespace malmoi::apps {

/// Documents in the terms of a model.
struct CountedDocuments {
  std::vector<std::string> names;   ///< as the user calls them
  std::vector<std::int64_t> ids;    ///< numbers in the corpus; 0: not of the corpus
  vectorize::DocTermMatrix counts;  ///< [documents × terms of the model]
};

/// As DocumentWork.
struct CountedWork {
  std::function<void(std::size_t place, const CountedDocuments&, const RunContext&)> work;
  std::function<void(std::size_t place)> consume;
};

/// Documents of the corpus (ids ascending), by the tokens that the corpus has of them.
void work_on_stored(Workspace& workspace, const ModelSpace& space, std::span<const std::int64_t> ids,
                    const CountedWork& work, const RunContext& context);

/// New documents, analysed as those of the corpus. Returns how many there were.
std::int64_t work_on_new(const NewDocuments& documents, const tokenize::Analyzer& analyzer, const ModelSpace& space,
                         const CountedWork& work, const CommonOptions& common, Streams& io);

}  // namespace malmoi::apps
