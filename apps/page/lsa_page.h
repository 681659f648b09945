#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "apps/page/page_data.h"
#include "apps/page/topic_page.h"
#include "apps/workspace.h"
#include "corpus/base/run_context.h"
#include "topics/lsa.h"

namespace malmoi::apps {

/// A latent semantic analysis with what it was made of. What it refers to must outlive it.
struct LsaPageInput {
  const topics::Lsa& lsa;
  std::span<const std::string> terms;     ///< [terms]
  std::span<const TermId> term_ids;       ///< [terms] numbers in the corpus, -1: not there
  std::span<const std::int64_t> row_ids;  ///< [documents] numbers in the corpus, ascending
  std::string fingerprint;
  std::optional<std::uint64_t> seed;
};

/// The report page of an LSA: dimensions with both poles, the 20 terms and 10 documents at each end.
/// request.groupings are not used.
[[nodiscard]] PageData make_lsa_page(Workspace& workspace, const LsaPageInput& input, const PageRequest& request);

}  // namespace malmoi::apps
