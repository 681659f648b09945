#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/models.h"
#include "corpus/store.h"
#include "tests/cli/program.h"
#include "tests/support/temporary_folder.h"

namespace malmoi::testing {

/// The addresses of 59 presidents, analysed by words, so that no dictionary is needed.
class Topics : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(run_malmoi({"index", corpus_, kSpeeches, "--analyzer", "word"}).status, 0); }
  nlohmann::json fit(const std::string& name, const std::vector<std::string>& more = {}) {
    return report_of(std::vector<std::string>{"lda", corpus_, "--save", name} + kOptions + more);
  }
  bool has_model(const std::string& name) { return corpus::has_model(corpus::Store::open(corpus_).database(), name); }

  const std::vector<std::string> kOptions = {"--topics", "8", "--iterations", "30", "--min-df", "3"};
  TemporaryFolder folder_;
  std::string corpus_ = (folder_ / "speeches.malmoi").string();
};

/// The objects that infer writes.
inline std::vector<nlohmann::json> inferred(const Words& args, std::string_view input = "") {
  const Outcome run = run_malmoi(Words{"infer"} + args + Words{"--format", "json"}, input);
  EXPECT_EQ(run.status, 0) << run.err;
  std::vector<nlohmann::json> objects;
  for (const std::string& line : lines_of(run.out)) objects.push_back(nlohmann::json::parse(line));
  return objects;
}

}  // namespace malmoi::testing
