#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/cli/labelled_corpora.h"
#include "tests/cli/program.h"

namespace malmoi::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class Int8Models : public ReviewCorpus {
 protected:
  json export_int8(const std::string& name) {
    return report_of({"models", corpus_, "--export", name, "-o", file(name), "--int8"});
  }
  double accuracy(const std::string& corpus, const std::string& model) {
    return figure(report_of({"evaluate", corpus, kReviews, "--model", model, "--draws", "0"}), "accuracy");
  }
  [[nodiscard]] std::string file(const std::string& name) const { return (folder_ / (name + ".model")).string(); }
};

TEST_F(Int8Models, AreLessThanHalfAsLargeAndAsGood) {
  const std::vector<Words> kinds = {{"--kind", "fasttext", "--epochs", "20"},
                                    {"--kind", "mlp", "--dim", "32", "--hidden", "32", "--epochs", "8"}};
  for (const Words& kind : kinds) {
    train(kind);
    const json report = export_int8(kind[1]);
    EXPECT_EQ(report["metrics"]["documents"], 300);
    EXPECT_EQ(report["metrics"]["of"], "test");
    const json& sizes = report["tables"]["sizes"];
    EXPECT_EQ(sizes[0]["numbers"], "float");
    EXPECT_EQ(sizes[1]["numbers"], "int8");
    EXPECT_GT(sizes[0]["accuracy"].get<double>(), 0.6) << kind[1];
    EXPECT_NEAR(sizes[1]["accuracy"].get<double>(), sizes[0]["accuracy"].get<double>(), 0.01) << kind[1];
    EXPECT_LT(2 * sizes[1]["bytes"].get<int>(), sizes[0]["bytes"].get<int>()) << kind[1];
    ASSERT_EQ(run_malmoi({"models", corpus_, "--export", kind[1], "-o", file("whole"), "--force"}).status, 0);
    EXPECT_LT(2 * std::filesystem::file_size(file(kind[1])), std::filesystem::file_size(file("whole"))) << kind[1];
  }
}

TEST_F(Int8Models, PredictAndEvaluateAlsoWhenImported) {
  train();
  const json report = export_int8("softmax");
  EXPECT_NEAR(report["tables"]["sizes"][1]["accuracy"].get<double>(),
              report["tables"]["sizes"][0]["accuracy"].get<double>(), 0.01);
  const Outcome predicted = run_malmoi({"predict", file("softmax"), "-"}, "정말 재미있고 감동적인 최고의 영화\n");
  EXPECT_THAT(predicted.out, HasSubstr("\t1\t0.")) << predicted.err;
  const json imported = report_of({"models", corpus_, "--import", file("softmax"), "--save", "small"});
  EXPECT_EQ(imported["metrics"]["imported"], "small");
  EXPECT_EQ(figure(report_of({"evaluate", corpus_, "--model", "small", "--draws", "0"}), "accuracy"),
            report["tables"]["sizes"][1]["accuracy"]);
  EXPECT_EQ(accuracy(file("softmax"), "small"), accuracy(corpus_, "small"));
  const Outcome again = run_malmoi({"models", corpus_, "--export", "small", "-o", file("again"), "--int8"});
  EXPECT_EQ(again.status, 1);
  EXPECT_THAT(again.err, HasSubstr("model \"small\": is int8 already"));
  EXPECT_FALSE(std::filesystem::exists(file("again")));
}

TEST_F(Int8Models, WithoutTheirDocumentsShowTheirSizeAlone) {
  train();
  ASSERT_EQ(run_malmoi({"models", corpus_, "--export", "softmax", "-o", file("whole")}).status, 0);
  const std::string other = (folder_ / "other.malmoi").string();
  ASSERT_EQ(run_malmoi({"index", other, "-", "--from", "lines", "--analyzer", "word"}, "좋다\n나쁘다\n").status, 0);
  ASSERT_EQ(run_malmoi({"models", other, "--import", file("whole")}).status, 0);
  const json report = report_of({"models", other, "--export", "softmax", "-o", file("softmax"), "--int8"});
  const json& sizes = report["tables"]["sizes"];
  EXPECT_FALSE(sizes[0].contains("accuracy"));
  EXPECT_LT(sizes[1]["bytes"].get<int>(), 0.7 * sizes[0]["bytes"].get<int>());
}

TEST_F(Int8Models, WordVectorsGoThereTooAndCountsDoNot) {
  report_of({"embed", corpus_, "--dim", "16", "--epochs", "1"});
  const json report = export_int8("vectors");
  const json& sizes = report["tables"]["sizes"];
  EXPECT_LT(2 * sizes[1]["bytes"].get<int>(), sizes[0]["bytes"].get<int>());
  report_of({"models", corpus_, "--import", file("vectors"), "--save", "small"});
  const json near = report_of({"nearest", corpus_, "영화", "--model", "small"});
  EXPECT_EQ(near["tables"]["nearest"].size(), 10U);
  report_of({"lda", corpus_, "--topics", "2", "--iterations", "2"});
  const Outcome counts = run_malmoi({"models", corpus_, "--export", "lda", "-o", file("lda"), "--int8"});
  EXPECT_EQ(counts.status, 1);
  EXPECT_THAT(counts.err, HasSubstr("model \"lda\": has no array of at least 256 floats"));
  EXPECT_EQ(run_malmoi({"models", corpus_, "--int8"}).status, 2);
}

}  // namespace
}  // namespace malmoi::testing
