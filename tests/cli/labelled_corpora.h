#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/cli/program.h"
#include "tests/support/temporary_folder.h"

namespace malmoi::testing {

/// A corpus with labels in a folder of its own, for tests of classifiers; all are analysed by words, so that no
/// dictionary is needed.
class LabelledCorpus : public ::testing::Test {
 protected:
  nlohmann::json train(const Words& more = {}) const { return report_of(Words{"train", corpus_} + more); }

  TemporaryFolder folder_;
  std::string corpus_ = (folder_ / "labelled.malmoi").string();
};

/// The sample of film reviews, good (1) and bad (0).
class ReviewCorpus : public LabelledCorpus {
 protected:
  void SetUp() override;
};

/// Topic and tone of news, told by a word each; every seventh document has no tone.
class NewsCorpus : public LabelledCorpus {
 protected:
  void SetUp() override;

  const Words fields_ = {"--label-field", "meta.topic", "--label-field", "meta.tone", "--save", "news"};
};

/// Documents about any of three things, told by a word each, and named in meta.tags: of eight one is about none, its
/// field is empty; every tenth lacks the field.
class TagCorpus : public LabelledCorpus {
 protected:
  void SetUp() override;

  const Words tags_ = {"--label-field", "meta.tags", "--label-separator", ","};
};

/// Documents of the words g0 ... g19, or of b0 ... b19, with train or test in meta.split. The 40 that have a label to
/// learn from have only the first four of each, the 100 of the test only others; 650 have no label, of which 50 are
/// called test.
class FewLabelsCorpus : public LabelledCorpus {
 protected:
  void SetUp() override;
};

/// Kills a training behind an epoch, however fast the machine is: a run that ended before is done again, and killed
/// sooner.
void stop_between_epochs(const Words& training, const std::string& corpus, const std::string& model,
                         const std::string& checkpoint = ".training.checkpoint");

}  // namespace malmoi::testing
