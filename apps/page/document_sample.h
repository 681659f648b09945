#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "apps/page/page_data.h"
#include "apps/page/trends.h"
#include "corpus/base/run_context.h"
#include "topics/lda.h"

namespace malmoi::apps {

/// The documents with the highest shares of each topic, best first, among equals the lower row: [topics], Weighted by
/// row. Documents without a token of the topic are none of them.
[[nodiscard]] std::vector<std::vector<Weighted>> best_documents(const topics::Lda& model, std::size_t most,
                                                                const RunContext& context = {});

struct SampleOptions {
  std::size_t documents = 1000;  ///< at most
  std::uint64_t seed = 1;
};

/// Rows to be shown, the most important first: the best of all topics in turn, then rows drawn at random from all
/// groups in turn (without groups: from all), so that every period and label is represented as long as there is room.
///
/// best       as best_documents gives them
/// has_tokens [rows]; the others are never drawn
[[nodiscard]] std::vector<std::size_t> sample_rows(std::span<const std::vector<Weighted>> best,
                                                   std::span<const DocumentGroups> groups,
                                                   const std::vector<bool>& has_tokens, const SampleOptions& options);

}  // namespace malmoi::apps
