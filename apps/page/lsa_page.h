#pragma once

#include "apps/lsa_model.h"
#include "apps/page/page_data.h"
#include "apps/page/topic_page.h"
#include "apps/workspace.h"

namespace malmoi::apps {

/// The report page of an LSA: dimensions with both poles, the 20 terms and 10 documents at each end.
/// request.groupings are not used.
[[nodiscard]] PageData make_lsa_page(Workspace& workspace, const LsaModel& model, const PageRequest& request);

}  // namespace malmoi::apps
